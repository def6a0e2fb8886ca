DROP FUNCTION take_alert_mails(integer, integer);

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

DROP INDEX alerts_mails;
ALTER TABLE alerts DROP COLUMN mailed_at, DROP COLUMN mail;
