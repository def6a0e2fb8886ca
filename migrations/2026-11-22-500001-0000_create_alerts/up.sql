-- What needs a tenant's eye. One row is one episode: what goes on is counted in it, and what comes back after it was quiet is a
-- new one.
CREATE TABLE alerts (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 64),
    -- What it is about, as people read it; never a whole number.
    about text NOT NULL CHECK (char_length(about) BETWEEN 1 AND 128),
    figures jsonb NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    times integer NOT NULL DEFAULT 1,
    is_muted boolean NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text CHECK (char_length(acknowledged_by) BETWEEN 1 AND 128),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX alerts_newest ON alerts (tenant_id, raised_at DESC, id DESC);
CREATE INDEX alerts_open ON alerts (tenant_id, kind, about, last_at DESC);
ALTER TABLE alerts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON alerts
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON alerts TO CURRENT_USER USING (true) WITH CHECK (true);
-- Written by raise_alert(); people acknowledge.
GRANT SELECT, UPDATE (acknowledged_at, acknowledged_by) ON alerts TO pinfold_app;

-- Kinds of alerts that a tenant does not want to be told of until some time. They are listed all the same.
CREATE TABLE alert_mutes (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 64),
    until_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, kind)
);
ALTER TABLE alert_mutes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON alert_mutes
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON alert_mutes TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_mutes TO pinfold_app;

-- Tells a tenant's endpoints that want this type, as far as its backlog has room. For what has no PIN.
CREATE FUNCTION tell_endpoints(owner uuid, what text, at timestamptz, told jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    room integer;
BEGIN
    PERFORM FROM webhook_endpoints
    WHERE tenant_id = owner AND is_enabled AND what = ANY (event_types)
    ORDER BY id
    FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT greatest(most - waiting, 0) INTO room FROM webhook_backlogs WHERE tenant_id = owner FOR UPDATE;
    INSERT INTO webhook_messages (tenant_id, endpoint_id, type, happened_at, data)
    SELECT owner, w.id, what, at, told
    FROM webhook_endpoints AS w
    WHERE w.tenant_id = owner AND w.is_enabled AND what = ANY (w.event_types)
    ORDER BY w.id
    LIMIT room;
END
$$;
REVOKE ALL ON FUNCTION tell_endpoints(uuid, text, timestamptz, jsonb) FROM PUBLIC;

-- Raises an alert, once in an episode: one of the same kind about the same that was noticed within `quiet` goes on. Says whether
-- it is a new one that somebody is to be told of.
CREATE FUNCTION raise_alert(owner uuid, what text, about_what text, with_figures jsonb, quiet interval, is_told boolean)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    muted boolean;
    new_id uuid;
BEGIN
    -- Two that notice the same at once are one.
    PERFORM pg_advisory_xact_lock(hashtext('pinfold alerts'), hashtext(owner::text || what || about_what));
    UPDATE alerts AS a SET last_at = now(), times = a.times + 1, figures = with_figures
    WHERE a.tenant_id = owner AND a.id = (
        SELECT o.id FROM alerts AS o
        WHERE o.tenant_id = owner AND o.kind = what AND o.about = about_what AND o.last_at > now() - quiet
        ORDER BY o.last_at DESC LIMIT 1
    );
    IF FOUND THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM tenants WHERE id = owner) THEN
        RETURN false;
    END IF;
    muted := EXISTS (SELECT FROM alert_mutes AS m WHERE m.tenant_id = owner AND m.kind = what AND m.until_at > now());
    INSERT INTO alerts (tenant_id, kind, about, figures, is_muted)
    VALUES (owner, what, about_what, with_figures, muted)
    RETURNING id INTO new_id;
    IF is_told AND NOT muted THEN
        PERFORM tell_endpoints(owner, 'alert.raised', now(),
            jsonb_build_object('alert', what, 'alertId', public_id(new_id), 'about', about_what) || with_figures);
    END IF;
    RETURN NOT muted;
END
$$;
REVOKE ALL ON FUNCTION raise_alert(uuid, text, text, jsonb, interval, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION raise_alert(uuid, text, text, jsonb, interval, boolean) TO pinfold_app;

-- Caps are told of by their own trigger; here they are listed.
CREATE FUNCTION list_cap_alert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM raise_alert(NEW.tenant_id, CASE NEW.period WHEN 'day' THEN 'daily_cap' ELSE 'monthly_cap' END,
        coalesce('application ' || public_id(NEW.application_id), 'tenant') || ', ' || NEW.counted || ', ' || NEW.percent || ' %',
        jsonb_strip_nulls(jsonb_build_object('counted', NEW.counted, 'percent', NEW.percent, 'cap', NEW.most, 'used', NEW.used,
            'currency', NEW.currency, 'startsOn', NEW.starts_on)), interval '0', false);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION list_cap_alert() FROM PUBLIC;
CREATE TRIGGER list_cap_alert AFTER INSERT ON cap_alerts FOR EACH ROW EXECUTE FUNCTION list_cap_alert();

-- Records what the guard decided, each once, tells of it, and raises an alert when it begins; of what was only recorded the alert is
-- listed and nobody is told. Returns how many were new.
CREATE FUNCTION record_fraud_decisions(
    ids text[], happened_ats timestamptz[], tenant_ids uuid[], pin_ids uuid[], actions text[], channels text[], message_ids uuid[],
    maskeds text[], regions text[], sends_alike integer[], findings jsonb[]
) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    decision fraud_decisions;
    count integer := 0;
BEGIN
    FOR decision IN
        INSERT INTO fraud_decisions (tenant_id, id, happened_at, action, rule, about, channel, pin_id, message_id, masked, region, sends, finding)
        SELECT i.tenant_id, i.id, i.happened_at, i.action, i.finding ->> 'rule', i.finding ->> 'about', i.channel,
               CASE i.action WHEN 'recorded' THEN i.pin_id END, i.message_id, i.masked, i.region, i.sends, i.finding
        FROM unnest(ids, happened_ats, tenant_ids, pin_ids, actions, channels, message_ids, maskeds, regions, sends_alike, findings)
            AS i (id, happened_at, tenant_id, pin_id, action, channel, message_id, masked, region, sends, finding)
        WHERE EXISTS (SELECT FROM tenants AS t WHERE t.id = i.tenant_id)
        ORDER BY i.tenant_id, i.id COLLATE "C"
        ON CONFLICT DO NOTHING
        RETURNING *
    LOOP
        count := count + 1;
        PERFORM tell_endpoints(decision.tenant_id, 'fraud.' || decision.action, decision.happened_at, jsonb_strip_nulls(
            decision.finding || jsonb_build_object('pinId', public_id(decision.pin_id), 'channel', decision.channel,
                'number', decision.masked, 'country', decision.region, 'alike', decision.sends)));
        PERFORM raise_alert(decision.tenant_id, 'fraud_' || decision.action, decision.rule || ', ' || decision.about,
            decision.finding - 'about', interval '1 hour', decision.action = 'blocked');
    END LOOP;
    RETURN count;
END
$$;
REVOKE ALL ON FUNCTION record_fraud_decisions(text[], timestamptz[], uuid[], uuid[], text[], text[], uuid[], text[], text[], integer[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_fraud_decisions(text[], timestamptz[], uuid[], uuid[], text[], text[], uuid[], text[], text[], integer[], jsonb[]) TO pinfold_app;

-- Forgets decisions and alerts from before a day. Returns how many rows.
CREATE FUNCTION prune_decisions(keep_from timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH alerts AS (
            DELETE FROM alerts WHERE last_at < keep_from RETURNING 1
        ), decisions AS (
            DELETE FROM fraud_decisions WHERE happened_at < keep_from RETURNING 1
        )
        SELECT (SELECT count(*) FROM alerts) + (SELECT count(*) FROM decisions);
    END;
REVOKE ALL ON FUNCTION prune_decisions(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune_decisions(timestamptz) TO pinfold_app;

SELECT audit_changes_of('alert_mutes', 'alert_mute', 'kind');
