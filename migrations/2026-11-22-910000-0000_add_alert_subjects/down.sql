CREATE OR REPLACE FUNCTION prune_decisions(keep_from timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH alerts AS (
            DELETE FROM alerts WHERE last_at < keep_from RETURNING 1
        ), decisions AS (
            DELETE FROM fraud_decisions WHERE happened_at < keep_from RETURNING 1
        )
        SELECT (SELECT count(*) FROM alerts) + (SELECT count(*) FROM decisions);
    END;

CREATE OR REPLACE FUNCTION redact_subjects(subjects bytea[]) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH redacted AS (
            UPDATE verifications SET subject = no_subject()
            WHERE tenant_id = nullif(current_setting('app.tenant', true), '')::uuid AND subject = ANY (subjects)
            RETURNING 1
        )
        SELECT count(*) FROM redacted;
    END;

CREATE OR REPLACE FUNCTION raise_alert(owner uuid, what text, about_what text, with_figures jsonb, quiet interval, is_told boolean)
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
    INSERT INTO alerts (tenant_id, kind, about, figures, is_muted, mail)
    VALUES (owner, what, about_what, with_figures, muted,
        -- Caps tell endpoints by a trigger of their own, and are mailed like what is told of here.
        CASE WHEN NOT muted AND (is_told OR what IN ('daily_cap', 'monthly_cap')) THEN 'due' END)
    RETURNING id INTO new_id;
    IF is_told AND NOT muted THEN
        PERFORM tell_endpoints(owner, 'alert.raised', now(),
            jsonb_build_object('alert', what, 'alertId', public_id(new_id), 'about', about_what) || with_figures);
    END IF;
    RETURN NOT muted;
END
$$;
DROP FUNCTION raise_alert(uuid, text, text, text, jsonb, interval, boolean);

DROP INDEX alerts_open;
CREATE INDEX alerts_open ON alerts (tenant_id, kind, about, last_at DESC);
ALTER TABLE alerts DROP COLUMN subject;
