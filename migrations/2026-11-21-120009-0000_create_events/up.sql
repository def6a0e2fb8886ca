-- What happened, once per event of the hot state's streams. One partition per day, made ahead, dropped when old.
CREATE TABLE events (
    tenant_id uuid NOT NULL,
    id text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL,
    pin_id uuid NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    delivery smallint,
    attempt smallint,
    connection_id uuid,
    provider_id text,
    segments integer,
    reason text,
    PRIMARY KEY (tenant_id, id, happened_at)
) PARTITION BY RANGE (happened_at);
CREATE INDEX events_of_pin ON events (tenant_id, pin_id);

ALTER TABLE events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON events
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON events TO CURRENT_USER USING (true) WITH CHECK (true);
-- Written by record_events() only.
GRANT SELECT ON events TO pinfold_app;
