-- Records first messages that a provider took at the first attempt, which most events are: nothing of theirs is there yet,
-- so that rows are inserted as they come, where record_events() has to look at each PIN and what is known of it. The caller
-- names each template once (`templates` with their tenants, and for each event its place among them), keeps the order of
-- tenants, PINs and creation times, in which all writers go, and has summed up what was used.
-- Says whether it did; `false` changes nothing, and means that a tenant is gone or that something was recorded before:
-- record_events() takes the same events then.
CREATE FUNCTION record_sent(
    template_tenants uuid[], templates uuid[], nths integer[], ids text[], happened_ats timestamptz[], pin_ids uuid[],
    channels text[], created_ats timestamptz[], expires_ats timestamptz[], subjects bytea[], connection_ids uuid[],
    provider_ids text[], segment_counts integer[], details jsonb[],
    used_nths integer[], used_days date[], used_currencies text[], used_messages bigint[], used_micros bigint[]
) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- Nothing here depends on how many there are: planned once for a connection.
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    nobody constant uuid := '00000000-0000-0000-0000-000000000000';
    owners uuid[] := ARRAY(SELECT DISTINCT owner FROM unnest(template_tenants) AS owner);
    applications uuid[];
BEGIN
    IF (SELECT count(*) FROM tenants WHERE id = ANY (owners)) < cardinality(owners) THEN
        RETURN false;
    END IF;
    applications := ARRAY(
        -- A message of its own, or the built-in text, which has the application's id.
        SELECT coalesce(
            (SELECT m.application_id FROM messages AS m WHERE m.tenant_id = template.owner AND m.id = template.id),
            (SELECT a.id FROM applications AS a WHERE a.tenant_id = template.owner AND a.id = template.id),
            nobody)
        FROM unnest(template_tenants, templates) WITH ORDINALITY AS template (owner, id, nth)
        ORDER BY nth);

    INSERT INTO events (tenant_id, id, happened_at, pin_id, kind, channel, delivery, attempt, connection_id, provider_id, segments,
                        detail)
    SELECT template_tenants[nth], id, happened_at, pin_id, 'sent', channel, 1, 1, connection_id, provider_id, segments, detail
    FROM (
        SELECT
            unnest(nths) AS nth, unnest(ids) AS id, unnest(happened_ats) AS happened_at, unnest(pin_ids) AS pin_id,
            unnest(channels) AS channel, unnest(connection_ids) AS connection_id, unnest(provider_ids) AS provider_id,
            unnest(segment_counts) AS segments, unnest(details) AS detail
    ) AS input
    -- In the order of record_events().
    ORDER BY template_tenants[nth], id COLLATE "C", happened_at;

    INSERT INTO verifications (tenant_id, pin_id, created_at, expires_at, application_id, message_id, subject, channel,
                               deliveries, wrong_guesses, sent_at, newest_at, newest_event)
    SELECT
        template_tenants[nth], pin_id, created_at, expires_at, nullif(applications[nth], nobody), templates[nth], subject, channel,
        1, 0, happened_at, happened_at, id
    FROM (
        SELECT
            unnest(nths) AS nth, unnest(ids) AS id, unnest(happened_ats) AS happened_at, unnest(pin_ids) AS pin_id,
            unnest(channels) AS channel, unnest(created_ats) AS created_at, unnest(expires_ats) AS expires_at,
            unnest(subjects) AS subject
    ) AS input;

    INSERT INTO deliveries (tenant_id, pin_id, delivery, created_at, channel, attempts, connection_id, provider_id, segments,
                            sent_at, decisive_rank, decisive_at, decisive_event)
    SELECT
        -- The rank of `sent` in record_events().
        template_tenants[nth], pin_id, 1, created_at, channel, 1, connection_id, provider_id, segments, happened_at, 4, happened_at, id
    FROM (
        SELECT
            unnest(nths) AS nth, unnest(ids) AS id, unnest(happened_ats) AS happened_at, unnest(pin_ids) AS pin_id,
            unnest(channels) AS channel, unnest(created_ats) AS created_at, unnest(connection_ids) AS connection_id,
            unnest(provider_ids) AS provider_id, unnest(segment_counts) AS segments
    ) AS input;

    INSERT INTO usage_days AS u (tenant_id, day, application_id, currency, messages, micros)
    SELECT template_tenants[used.nth], used.day, applications[used.nth], used.currency, sum(used.messages), sum(used.micros)
    FROM unnest(used_nths, used_days, used_currencies, used_messages, used_micros)
        AS used (nth, day, currency, messages, micros)
    GROUP BY 1, 2, 3, 4
    ORDER BY 1, 2, 3, used.currency COLLATE "C"
    ON CONFLICT (tenant_id, day, application_id, currency) DO UPDATE SET
        messages = u.messages + EXCLUDED.messages, micros = u.micros + EXCLUDED.micros;

    IF EXISTS (SELECT FROM caps WHERE tenant_id = ANY (owners)) THEN
        PERFORM raise_cap_alerts(owners);
    END IF;
    RETURN true;
EXCEPTION WHEN unique_violation THEN
    RETURN false;
END
$$;
REVOKE ALL ON FUNCTION record_sent(
    uuid[], uuid[], integer[], text[], timestamptz[], uuid[], text[], timestamptz[], timestamptz[], bytea[], uuid[], text[],
    integer[], jsonb[], integer[], date[], text[], bigint[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_sent(
    uuid[], uuid[], integer[], text[], timestamptz[], uuid[], text[], timestamptz[], timestamptz[], bytea[], uuid[], text[],
    integer[], jsonb[], integer[], date[], text[], bigint[], bigint[]) TO pinfold_app;
