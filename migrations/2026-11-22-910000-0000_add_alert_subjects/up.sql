-- Two numbers may look alike masked: an episode is known by the digest of its number, in hexadecimal, and shown as `about`. Null for
-- what is about no number, whose `about` says all.
ALTER TABLE alerts ADD COLUMN subject text CHECK (char_length(subject) BETWEEN 1 AND 64);
DROP INDEX alerts_open;
CREATE INDEX alerts_open ON alerts (tenant_id, kind, coalesce(subject, about), last_at DESC);

-- Raises an alert, once in an episode: one of the same kind about the same that was noticed within `quiet` goes on. Says whether
-- it is a new one that somebody is to be told of.
CREATE FUNCTION raise_alert(
    owner uuid, what text, about_what text, subject_of text, with_figures jsonb, quiet interval, is_told boolean
)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    same text := coalesce(subject_of, about_what);
    muted boolean;
    new_id uuid;
BEGIN
    -- Two that notice the same at once are one.
    PERFORM pg_advisory_xact_lock(hashtext('pinfold alerts'), hashtext(owner::text || what || same));
    UPDATE alerts AS a SET last_at = now(), times = a.times + 1, figures = with_figures
    WHERE a.tenant_id = owner AND a.id = (
        SELECT o.id FROM alerts AS o
        WHERE o.tenant_id = owner AND o.kind = what AND coalesce(o.subject, o.about) = same AND o.last_at > now() - quiet
        ORDER BY o.last_at DESC LIMIT 1
    );
    IF FOUND THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM tenants WHERE id = owner) THEN
        RETURN false;
    END IF;
    muted := EXISTS (SELECT FROM alert_mutes AS m WHERE m.tenant_id = owner AND m.kind = what AND m.until_at > now());
    INSERT INTO alerts (tenant_id, kind, about, subject, figures, is_muted, mail)
    VALUES (owner, what, about_what, subject_of, with_figures, muted,
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
REVOKE ALL ON FUNCTION raise_alert(uuid, text, text, text, jsonb, interval, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION raise_alert(uuid, text, text, text, jsonb, interval, boolean) TO pinfold_app;

-- The same for what is about no number, and for the version that knew no subjects.
CREATE OR REPLACE FUNCTION raise_alert(owner uuid, what text, about_what text, with_figures jsonb, quiet interval, is_told boolean)
    RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT raise_alert(owner, what, about_what, NULL, with_figures, quiet, is_told);
    END;

-- A recipient who is forgotten is forgotten here too,
CREATE OR REPLACE FUNCTION redact_subjects(subjects bytea[]) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH redacted AS (
            UPDATE verifications SET subject = no_subject()
            WHERE tenant_id = nullif(current_setting('app.tenant', true), '')::uuid AND subject = ANY (subjects)
            RETURNING 1
        ), alerted AS (
            UPDATE alerts SET subject = NULL
            WHERE tenant_id = nullif(current_setting('app.tenant', true), '')::uuid
                AND subject IN (SELECT encode(s, 'hex') FROM unnest(subjects) AS s)
        )
        SELECT count(*) FROM redacted;
    END;

-- and with the episode: no digest is kept that none can go on by.
CREATE OR REPLACE FUNCTION prune_decisions(keep_from timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH ended AS (
            UPDATE alerts SET subject = NULL
            WHERE subject IS NOT NULL AND last_at >= keep_from AND last_at < now() - interval '1 day'
        ), alerts AS (
            DELETE FROM alerts WHERE last_at < keep_from RETURNING 1
        ), decisions AS (
            DELETE FROM fraud_decisions WHERE happened_at < keep_from RETURNING 1
        )
        SELECT (SELECT count(*) FROM alerts) + (SELECT count(*) FROM decisions);
    END;
