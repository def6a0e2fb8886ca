-- The ways of a channel: for everybody (prefix ''), for numbers that start with some digits, or for a country. Each has
-- legs, one per connection. A connection that a leg uses cannot be deleted.
CREATE TABLE prefix_routes (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('sms', 'voice', 'email', 'push')),
    prefix text NOT NULL CHECK (prefix ~ '^([1-9][0-9]{0,14}|[A-Z]{2})?$'),
    strategy text NOT NULL CHECK (strategy IN ('ordered', 'weighted', 'ranked')),
    -- What ranking weighs, in any proportion.
    conversion_weight integer NOT NULL DEFAULT 80 CHECK (conversion_weight BETWEEN 0 AND 1000),
    cost_weight integer NOT NULL DEFAULT 10 CHECK (cost_weight BETWEEN 0 AND 1000),
    latency_weight integer NOT NULL DEFAULT 10 CHECK (latency_weight BETWEEN 0 AND 1000),
    PRIMARY KEY (tenant_id, channel, prefix)
);

CREATE TABLE route_legs (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    channel text NOT NULL,
    prefix text NOT NULL,
    place smallint NOT NULL CHECK (place BETWEEN 0 AND 7),
    connection_id uuid NOT NULL,
    weight integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1000),
    sender text CHECK (char_length(sender) BETWEEN 1 AND 64),
    -- Per segment, call or mail, in millionths of the currency's unit.
    price_micros bigint CHECK (price_micros >= 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (tenant_id, channel, prefix, place),
    UNIQUE (tenant_id, channel, prefix, connection_id),
    CHECK ((price_micros IS NULL) = (currency IS NULL)),
    FOREIGN KEY (tenant_id, channel, prefix) REFERENCES prefix_routes (tenant_id, channel, prefix) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
CREATE INDEX legs_of_connection ON route_legs (tenant_id, connection_id);

ALTER TABLE prefix_routes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON prefix_routes
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON prefix_routes TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON prefix_routes TO pinfold_app;

ALTER TABLE route_legs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON route_legs
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON route_legs TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON route_legs TO pinfold_app;

INSERT INTO prefix_routes (tenant_id, channel, prefix, strategy) SELECT tenant_id, channel, '', 'ordered' FROM routes;
INSERT INTO route_legs (tenant_id, channel, prefix, place, connection_id)
    SELECT tenant_id, channel, '', 0, connection_id FROM routes;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON prefix_routes
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON route_legs
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

-- The version before this one reads and writes `routes` alone, the default ways with one connection each. What it writes
-- is taken over here; this version writes `routes` first, with the first leg, and the legs after it.
CREATE FUNCTION follow_routes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM prefix_routes WHERE tenant_id = OLD.tenant_id AND channel = OLD.channel AND prefix = '';
        RETURN NULL;
    END IF;
    INSERT INTO prefix_routes (tenant_id, channel, prefix, strategy) VALUES (NEW.tenant_id, NEW.channel, '', 'ordered')
        ON CONFLICT (tenant_id, channel, prefix) DO UPDATE SET strategy = 'ordered';
    DELETE FROM route_legs WHERE tenant_id = NEW.tenant_id AND channel = NEW.channel AND prefix = '';
    INSERT INTO route_legs (tenant_id, channel, prefix, place, connection_id)
        VALUES (NEW.tenant_id, NEW.channel, '', 0, NEW.connection_id);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION follow_routes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION follow_routes() TO pinfold_app;
CREATE TRIGGER follow_routes AFTER INSERT OR UPDATE OR DELETE ON routes FOR EACH ROW EXECUTE FUNCTION follow_routes();
