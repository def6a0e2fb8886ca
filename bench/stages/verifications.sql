-- Verifications of one tenant over some weeks, recorded by the function that records every real event, so that the tables are
-- left as they are in use. Run as the owner, with \set slug, verifications, days, and subject: the hash of a number that
-- comes up now and then.
SET client_min_messages = warning;
SELECT setseed(0.42);
SELECT create_partitions((now() AT TIME ZONE 'UTC')::date - :days, :days + 1);

CREATE TEMPORARY TABLE pin AS
WITH owner AS (
    SELECT t.id AS tenant_id, array_agg(a.id ORDER BY a.name) AS applications, (array_agg(c.id))[1] AS connection_id
    FROM tenants AS t JOIN applications AS a ON a.tenant_id = t.id JOIN connections AS c ON c.tenant_id = t.id
    WHERE t.slug = :'slug'
    GROUP BY t.id
), drawn AS (
    SELECT
        nth, gen_random_uuid() AS pin_id, random() AS fate, random() AS way, random() AS which,
        date_trunc('milliseconds', now() - random() * make_interval(days => :days)) AS created_at
    FROM generate_series(1, :verifications) AS nth
)
SELECT
    tenant_id, connection_id, pin_id, created_at,
    CASE WHEN nth % 2000 = 0 THEN decode(:'subject', 'hex') ELSE substring(sha256(pin_id::text::bytea) FOR 12) END AS subject,
    -- The text that is built in has the application's id.
    applications[1 + floor(which * which * cardinality(applications))] AS message_id,
    CASE WHEN way < 0.9 THEN 'sms' WHEN way < 0.995 THEN 'email' ELSE 'voice' END AS channel,
    CASE
        WHEN fate < 0.78 THEN 'verified' WHEN fate < 0.95 THEN 'sent' WHEN fate < 0.97 THEN 'exhausted'
        WHEN fate < 0.98 THEN 'failed' WHEN fate < 0.999 THEN 'canceled' WHEN fate < 0.9999 THEN 'skipped' ELSE 'retried'
    END AS fate
FROM drawn, owner;

CREATE TEMPORARY TABLE happened AS
SELECT pin.*, event.*
FROM pin CROSS JOIN LATERAL (
    SELECT
        1 AS nth, created_at + interval '0.3 seconds' AS at,
        CASE WHEN fate IN ('failed', 'skipped', 'retried') THEN fate ELSE 'sent' END AS kind
    UNION ALL
    SELECT 1 + nth, created_at + 10 * nth * interval '1 second', CASE WHEN nth = 3 THEN 'exhausted' ELSE 'wrong' END
    FROM generate_series(1, 3) AS nth WHERE fate = 'exhausted'
    UNION ALL
    SELECT 2, created_at + interval '20 seconds', fate WHERE fate IN ('verified', 'canceled')
) AS event
WHERE at < now();

SELECT record_events(
    array_agg(replace(pin_id::text, '-', '') || '-' || nth), array_agg(at), array_agg(tenant_id), array_agg(pin_id),
    array_agg(kind), array_agg(channel), array_agg(created_at), array_agg(created_at + interval '15 minutes'),
    array_agg(message_id), array_agg(subject), array_agg(CASE WHEN nth = 1 THEN 1::smallint END),
    array_agg(CASE WHEN nth = 1 THEN 1::smallint END), array_agg(CASE WHEN nth = 1 THEN connection_id END),
    array_agg(CASE WHEN kind = 'sent' THEN 'bench-' || pin_id END), array_agg(CASE WHEN kind = 'sent' AND channel = 'sms' THEN 1 END),
    array_agg(CASE kind WHEN 'skipped' THEN 'expired' WHEN 'retried' THEN 'http_503' WHEN 'failed' THEN 'http_422' END),
    array_agg(CASE WHEN nth = 1 THEN '{"region":"CH","latency_ms":300}'::jsonb END))
FROM happened
GROUP BY date_trunc('day', created_at);

-- What autovacuum does within a minute, partition by partition: the parents it never looks at.
SELECT format('VACUUM (ANALYZE) %s', inhrelid::regclass)
FROM pg_inherits WHERE inhparent IN ('verifications'::regclass, 'deliveries'::regclass, 'events'::regclass)
\gexec
SELECT count(*) FROM verifications JOIN pin USING (tenant_id, pin_id, created_at);
