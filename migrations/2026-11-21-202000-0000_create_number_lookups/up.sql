-- The connection that a tenant has numbers looked up with before a message, what it charges, how long what it says is
-- believed, and how long a send waits for it.
CREATE TABLE number_lookups (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    connection_id uuid NOT NULL,
    cache_seconds integer NOT NULL CHECK (cache_seconds BETWEEN 60 AND 2592000),
    deadline_ms integer NOT NULL CHECK (deadline_ms BETWEEN 100 AND 5000),
    price_micros bigint CHECK (price_micros >= 0),
    currency text COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT number_lookups_connection FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id),
    CONSTRAINT number_lookups_price CHECK ((price_micros IS NULL) = (currency IS NULL))
);
ALTER TABLE number_lookups ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON number_lookups
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON number_lookups TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON number_lookups TO pinfold_app;
CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON number_lookups
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

-- How often numbers were looked up; the money is with that of the messages.
ALTER TABLE usage_days ADD COLUMN lookups bigint NOT NULL DEFAULT 0;

-- Adds a lookup for an application of the tenant of this transaction to what it used.
CREATE FUNCTION record_lookup(application uuid, price bigint, unit text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    owner uuid := nullif(current_setting('app.tenant', true), '')::uuid;
BEGIN
    INSERT INTO usage_days AS u (tenant_id, day, application_id, currency, messages, micros, lookups)
    SELECT owner, (now() AT TIME ZONE 'UTC')::date, application, given.currency, 0, given.micros, given.lookups
    FROM (VALUES ('', 0::bigint, 1), (unit, price, 0)) AS given (currency, micros, lookups)
    WHERE given.currency IS NOT NULL
    ORDER BY given.currency COLLATE "C"
    ON CONFLICT (tenant_id, day, application_id, currency) DO UPDATE SET
        micros = u.micros + EXCLUDED.micros, lookups = u.lookups + EXCLUDED.lookups;
    IF price > 0 AND EXISTS (SELECT FROM caps WHERE tenant_id = owner) THEN
        PERFORM raise_cap_alerts(ARRAY[owner]);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION record_lookup(uuid, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_lookup(uuid, bigint, text) TO pinfold_app;
