-- What becomes of an alert's mail: it is due, it was written, it was the one that says that more were raised, or there is none after
-- all. Null for an alert that nobody is told of, and for those from before.
ALTER TABLE alerts ADD COLUMN mail text CHECK (mail IN ('due', 'alert', 'more', 'none'));
ALTER TABLE alerts ADD COLUMN mailed_at timestamptz CHECK ((mailed_at IS NOT NULL) = coalesce(mail IN ('alert', 'more'), false));
-- Few are due, or were mailed, at a time: the first are looked for across tenants, the others by tenant.
CREATE INDEX alerts_mails ON alerts (tenant_id, mailed_at) WHERE mail IN ('due', 'alert', 'more');

-- The same as the function before it, and a mail is due for what is told.
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

-- Takes alerts whose mails are due, with whom they go to: the owners and admins of the tenant, who all have shown that their mailbox is
-- theirs. Whoever takes them writes the mails in the same transaction, so that none is lost and none comes twice. A tenant has at
-- most so many alerts mailed within an hour, and then one mail that says that more were raised. What was raised a day ago, was muted
-- since, or belongs to a tenant that is closed is not told of any more.
CREATE FUNCTION take_alert_mails(most integer, most_per_hour integer)
    RETURNS TABLE (tenant_name text, kind text, about text, figures jsonb, is_more boolean, emails text[], names text[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    due alerts;
    fate text;
    told integer := 0;
BEGIN
    -- One at a time, so that two that count a tenant's mails never count past each other.
    IF NOT pg_try_advisory_xact_lock(hashtext('pinfold alert mails')) THEN
        RETURN;
    END IF;
    -- What nobody is told of costs little: a tenant with thousands of alerts keeps others waiting for a moment only.
    FOR due IN
        SELECT * FROM alerts AS a WHERE a.mail = 'due' ORDER BY a.raised_at, a.id LIMIT 20 * most FOR UPDATE SKIP LOCKED
    LOOP
        SELECT t.name, array_agg(p.email ORDER BY m.created_at, p.id), array_agg(p.name ORDER BY m.created_at, p.id)
        INTO tenant_name, emails, names
        FROM tenants AS t
        JOIN memberships AS m ON m.tenant_id = t.id AND m.role IN ('owner', 'admin')
        JOIN people AS p ON p.id = m.person_id
        WHERE t.id = due.tenant_id AND t.is_enabled AND due.raised_at > now() - interval '1 day'
          AND NOT EXISTS (
              SELECT FROM alert_mutes AS u WHERE u.tenant_id = due.tenant_id AND u.kind = due.kind AND u.until_at > now()
          )
        GROUP BY t.id;
        IF NOT FOUND THEN
            fate := 'none';
        ELSE
            SELECT CASE
                WHEN count(*) FILTER (WHERE a.mail = 'alert') < most_per_hour THEN 'alert'
                WHEN count(*) FILTER (WHERE a.mail = 'more') = 0 THEN 'more'
                ELSE 'none'
            END INTO fate
            FROM alerts AS a
            WHERE a.tenant_id = due.tenant_id AND a.mail IN ('alert', 'more') AND a.mailed_at > now() - interval '1 hour';
        END IF;
        UPDATE alerts AS a SET mail = fate, mailed_at = CASE WHEN fate <> 'none' THEN now() END
        WHERE a.tenant_id = due.tenant_id AND a.id = due.id;
        IF fate <> 'none' THEN
            kind := due.kind;
            about := due.about;
            figures := due.figures;
            is_more := fate = 'more';
            RETURN NEXT;
            told := told + 1;
            EXIT WHEN told = most;
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION take_alert_mails(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_alert_mails(integer, integer) TO pinfold_app;
