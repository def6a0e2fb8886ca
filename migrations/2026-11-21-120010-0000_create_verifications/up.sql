-- One row per PIN. Every column is a minimum, a maximum, a sum or taken from the newest event, and the status follows
-- from them: events of one PIN may be recorded in any order.
CREATE TABLE verifications (
    tenant_id uuid NOT NULL,
    pin_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    application_id uuid,
    message_id uuid NOT NULL,
    subject bytea NOT NULL,
    channel text NOT NULL,
    deliveries smallint NOT NULL,
    wrong_guesses integer NOT NULL,
    sent_at timestamptz,
    verified_at timestamptz,
    exhausted_at timestamptz,
    canceled_at timestamptz,
    failed_at timestamptz,
    expired_at timestamptz,
    locked_at timestamptz,
    newest_at timestamptz NOT NULL,
    newest_event text COLLATE "C" NOT NULL,
    status text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN verified_at IS NOT NULL THEN 'verified'
            WHEN exhausted_at IS NOT NULL THEN 'exhausted'
            WHEN canceled_at IS NOT NULL THEN 'canceled'
            -- A message that left outweighs another one of the same PIN that did not.
            WHEN sent_at IS NOT NULL THEN 'sent'
            WHEN failed_at IS NOT NULL THEN 'failed'
            WHEN expired_at IS NOT NULL THEN 'expired'
            ELSE 'waiting'
        END
    ) STORED,
    PRIMARY KEY (tenant_id, pin_id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX verifications_of_subject ON verifications (tenant_id, subject, created_at);

ALTER TABLE verifications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON verifications
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON verifications TO CURRENT_USER USING (true) WITH CHECK (true);
-- Written by record_events() only.
GRANT SELECT ON verifications TO pinfold_app;
