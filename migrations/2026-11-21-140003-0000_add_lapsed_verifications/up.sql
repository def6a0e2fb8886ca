-- When somebody noticed that a PIN died unverified, and so that nobody needs to look at it again.
ALTER TABLE verifications ADD COLUMN lapsed_at timestamptz;
-- Only PINs without an end: it stays small.
CREATE INDEX verifications_open ON verifications (tenant_id, expires_at)
    WHERE verified_at IS NULL AND exhausted_at IS NULL AND canceled_at IS NULL AND lapsed_at IS NULL;

-- PINs of all tenants that died before `dead_before` and that nothing else ended, at most so many of a tenant. The
-- recorder's other half: who asks records an event for each, and then says so with mark_lapsed().
CREATE FUNCTION lapsed_verifications(dead_before timestamptz, most integer)
    RETURNS TABLE (
        tenant_id uuid, pin_id uuid, created_at timestamptz, expires_at timestamptz, message_id uuid, subject bytea, channel text
    )
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT t.id, v.pin_id, v.created_at, v.expires_at, v.message_id, v.subject, v.channel
        FROM tenants AS t CROSS JOIN LATERAL (
            SELECT v.pin_id, v.created_at, v.expires_at, v.message_id, v.subject, v.channel
            FROM verifications AS v
            WHERE v.tenant_id = t.id AND v.expires_at < dead_before
              AND v.verified_at IS NULL AND v.exhausted_at IS NULL AND v.canceled_at IS NULL AND v.lapsed_at IS NULL
              -- Days that hold no living PIN are not looked at.
              AND v.created_at > dead_before - interval '3 days'
            ORDER BY v.expires_at
            LIMIT most
        ) AS v;
    END;

-- Says that these PINs were looked at.
CREATE FUNCTION mark_lapsed(tenant_ids uuid[], pin_ids uuid[], created_ats timestamptz[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH seen AS (
            -- In the recorder's order, so that the two may wait for each other but never deadlock.
            SELECT v.tenant_id, v.pin_id, v.created_at
            FROM unnest(tenant_ids, pin_ids, created_ats) AS seen (tenant_id, pin_id, created_at)
            JOIN verifications AS v ON v.tenant_id = seen.tenant_id AND v.pin_id = seen.pin_id AND v.created_at = seen.created_at
            ORDER BY v.tenant_id, v.pin_id, v.created_at
            FOR UPDATE OF v
        )
        UPDATE verifications AS v SET lapsed_at = v.expires_at
        FROM seen
        WHERE v.tenant_id = seen.tenant_id AND v.pin_id = seen.pin_id AND v.created_at = seen.created_at;
    END;

REVOKE ALL ON FUNCTION lapsed_verifications(timestamptz, integer), mark_lapsed(uuid[], uuid[], timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lapsed_verifications(timestamptz, integer), mark_lapsed(uuid[], uuid[], timestamptz[]) TO pinfold_app;
