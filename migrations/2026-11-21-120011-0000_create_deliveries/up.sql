-- One row per message of a PIN: the first send, then resends. `decisive_*` is the event that the details come from.
CREATE TABLE deliveries (
    tenant_id uuid NOT NULL,
    pin_id uuid NOT NULL,
    delivery smallint NOT NULL,
    created_at timestamptz NOT NULL,
    channel text NOT NULL,
    attempts smallint NOT NULL,
    connection_id uuid,
    provider_id text,
    segments integer,
    reason text,
    sent_at timestamptz,
    failed_at timestamptz,
    skipped_at timestamptz,
    decisive_rank smallint NOT NULL,
    decisive_at timestamptz NOT NULL,
    decisive_event text COLLATE "C" NOT NULL,
    status text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN sent_at IS NOT NULL THEN 'sent'
            WHEN failed_at IS NOT NULL THEN 'failed'
            WHEN skipped_at IS NOT NULL THEN 'skipped'
            ELSE 'retrying'
        END
    ) STORED,
    PRIMARY KEY (tenant_id, pin_id, delivery, created_at)
) PARTITION BY RANGE (created_at);

ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON deliveries
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON deliveries TO CURRENT_USER USING (true) WITH CHECK (true);
-- Written by record_events() only.
GRANT SELECT ON deliveries TO pinfold_app;
