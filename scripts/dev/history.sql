-- Some weeks of what a sign-in and a payment service would have sent, so that no chart of the demo tenant is empty. It goes in by the
-- function that records every real event; nothing here is a person: subjects are random, recipients are not even made up.
-- Run by history.py as the owner, with \set days.
SET client_min_messages = warning;
SELECT setseed(0.42);
SELECT create_partitions((now() AT TIME ZONE 'UTC')::date - :days, :days + 1);

CREATE TEMPORARY TABLE place (region text, share double precision, arrives double precision, micros bigint, line integer);
INSERT INTO place VALUES
    ('CH', 0.34, 0.985, 52000, 1), ('DE', 0.25, 0.978, 68000, 2), ('AT', 0.09, 0.981, 61000, 2), ('FR', 0.09, 0.962, 49000, 2),
    ('GB', 0.08, 0.970, 38000, 2), ('US', 0.06, 0.951, 9000, 3), ('IN', 0.04, 0.871, 4000, 3), ('NG', 0.03, 0.742, 91000, 3),
    ('ID', 0.02, 0.664, 142000, 3);

CREATE TEMPORARY TABLE wish AS
WITH tenant AS (SELECT id FROM tenants WHERE slug = 'demo'), hour AS (
    SELECT at, extract(hour FROM at) AS hour, extract(isodow FROM at) AS weekday
    FROM generate_series(date_trunc('hour', now()) - make_interval(days => :days), now(), '1 hour') AS at
), busy AS (
    -- Quiet nights, a morning and an evening peak, calmer weekends, slow growth.
    SELECT at, greatest(1, round((3 + 15 * exp(-((hour - 9) ^ 2) / 10) + 19 * exp(-((hour - 19) ^ 2) / 14))
        * CASE WHEN weekday > 5 THEN 0.7 ELSE 1 END
        * (0.75 + 0.5 * extract(epoch FROM at - (now() - make_interval(days => :days))) / (86400 * :days))
        * (0.85 + 0.3 * random())))::integer AS pins
    FROM hour
)
SELECT
    (SELECT id FROM tenant) AS tenant_id, gen_random_uuid() AS pin_id, date_trunc('milliseconds', at + random() * interval '1 hour') AS created_at,
    random() AS where_to, random() AS which, random() AS fate, random() AS by, random() AS speed, random() AS luck, random() AS spare
FROM busy CROSS JOIN LATERAL generate_series(1, pins);
DELETE FROM wish WHERE created_at > now() - interval '2 minutes';

-- The stretch of an afternoon on which one provider answered late and refused much.
CREATE TEMPORARY TABLE story AS
WITH app AS (
    SELECT a.id, a.name, row_number() OVER (ORDER BY a.name) AS nth, count(*) OVER () AS apps
    FROM applications AS a JOIN tenants AS t ON t.id = a.tenant_id AND t.slug = 'demo'
), line AS (
    SELECT c.id, row_number() OVER (ORDER BY c.name) AS nth, count(*) OVER () AS lines
    FROM connections AS c JOIN tenants AS t ON t.id = c.tenant_id AND t.slug = 'demo'
), range AS (
    SELECT region, arrives, micros, line, sum(share) OVER (ORDER BY share DESC, region) - share AS low, sum(share) OVER (ORDER BY share DESC, region) AS high
    FROM place
), placed AS (
    SELECT
        w.*, r.region, r.arrives, r.micros,
        CASE WHEN by < 0.88 THEN 'sms' WHEN by < 0.95 THEN 'email' ELSE 'voice' END AS channel,
        (SELECT l.id FROM line AS l WHERE l.nth = 1 + (r.line - 1) % l.lines) AS connection_id,
        (SELECT a.id FROM app AS a WHERE a.nth = 1 + floor(which * which * a.apps)) AS app_id,
        created_at BETWEEN date_trunc('day', now()) - interval '2 days' + interval '14 hours'
            AND date_trunc('day', now()) - interval '2 days' + interval '17 hours' AND r.line = 2 AS is_bad_hour
    FROM wish AS w JOIN range AS r ON w.where_to >= r.low AND w.where_to < r.high
), fated AS (
    SELECT
        placed.*,
        fate > CASE WHEN is_bad_hour THEN 0.62 ELSE 0.992 END AS is_failed,
        luck < arrives - CASE WHEN is_bad_hour THEN 0.2 ELSE 0 END AS is_arrived,
        -- Most people take ten to forty seconds; a call or a mail takes longer.
        (6 + 14 * exp(1.1 * sqrt(-2 * ln(greatest(speed, 1e-9))) * cos(2 * pi() * spare)) + CASE channel WHEN 'sms' THEN 0 ELSE 22 END)
            * interval '1 second' AS took,
        (60 + 160 * exp(0.9 * sqrt(-2 * ln(greatest(luck, 1e-9))) * cos(2 * pi() * speed)) + CASE WHEN is_bad_hour THEN 2600 ELSE 0 END)::integer AS latency_ms
    FROM placed
)
SELECT
    fated.*,
    is_arrived AND NOT is_failed AND spare < 0.945 AND took < interval '5 minutes' AS is_verified,
    CASE WHEN is_arrived AND NOT is_failed AND which > 0.9 THEN CASE WHEN which > 0.985 THEN 2 ELSE 1 END ELSE 0 END AS wrong,
    is_arrived AND NOT is_failed AND spare > 0.985 AS is_exhausted,
    is_arrived AND NOT is_failed AND spare BETWEEN 0.97 AND 0.98 AS is_canceled,
    'demo-' || replace(pin_id::text, '-', '') AS provider_id,
    substring(sha256(convert_to(pin_id::text, 'UTF8')) FOR 12) AS subject
FROM fated;

CREATE TEMPORARY TABLE happening AS
SELECT tenant_id, pin_id, created_at, channel, app_id, subject, connection_id, provider_id, kind, at, attempt, reason, detail
FROM story CROSS JOIN LATERAL (
    SELECT 'retried' AS kind, created_at + latency_ms * interval '1 millisecond' AS at, 1 AS attempt, 'http_503' AS reason,
        jsonb_build_object('region', region, 'latency_ms', latency_ms, 'fault', 'connection') AS detail
    WHERE NOT is_failed AND is_bad_hour
    UNION ALL
    SELECT 'failed', created_at + (latency_ms + 400) * interval '1 millisecond', 3, CASE WHEN is_bad_hour THEN 'http_503' ELSE 'http_422' END,
        jsonb_build_object('region', region, 'latency_ms', latency_ms, 'fault', CASE WHEN is_bad_hour THEN 'connection' ELSE 'recipient' END)
    WHERE is_failed
    UNION ALL
    SELECT 'sent', created_at + (latency_ms * CASE WHEN is_bad_hour THEN 2 ELSE 1 END + 15) * interval '1 millisecond', CASE WHEN is_bad_hour THEN 2 ELSE 1 END, NULL,
        jsonb_build_object('region', region, 'latency_ms', latency_ms)
            || CASE channel WHEN 'sms' THEN jsonb_build_object('price_micros', micros, 'currency', 'EUR') ELSE '{}' END
    WHERE NOT is_failed
    UNION ALL
    SELECT 'wrong', created_at + took * nth / (wrong + 1), NULL, NULL, NULL FROM generate_series(1, wrong) AS nth WHERE is_verified
    UNION ALL
    SELECT CASE nth WHEN 5 THEN 'exhausted' ELSE 'wrong' END, created_at + took + nth * interval '4 seconds', NULL, NULL, NULL
    FROM generate_series(1, 5) AS nth WHERE is_exhausted AND NOT is_verified
    UNION ALL
    SELECT 'canceled', created_at + took, NULL, NULL, NULL WHERE is_canceled AND NOT is_verified
    UNION ALL
    SELECT 'verified', created_at + took, NULL, NULL, NULL WHERE is_verified
) AS happened
WHERE at < now();

SELECT record_events(
    array_agg('demo-' || replace(pin_id::text, '-', '') || '-' || nth), array_agg(at), array_agg(tenant_id), array_agg(pin_id),
    array_agg(kind), array_agg(channel), array_agg(created_at), array_agg(created_at + interval '5 minutes'), array_agg(app_id),
    array_agg(subject),
    array_agg(CASE WHEN kind IN ('sent', 'retried', 'failed') THEN 1::smallint END), array_agg(attempt::smallint),
    array_agg(CASE WHEN kind IN ('sent', 'retried', 'failed') THEN connection_id END),
    array_agg(CASE kind WHEN 'sent' THEN provider_id END), array_agg(CASE WHEN kind = 'sent' AND channel = 'sms' THEN 1 END),
    array_agg(reason), array_agg(detail))
FROM (SELECT *, row_number() OVER (PARTITION BY pin_id ORDER BY at) AS nth FROM happening) AS numbered
GROUP BY date_trunc('day', at);

-- Receipts: most say that it arrived, some that it will not, and e-mail says nothing.
CREATE TEMPORARY TABLE receipt AS
SELECT tenant_id, connection_id, provider_id, pin_id, channel, is_arrived, created_at + least(took * 0.4, interval '40 seconds') AS at
FROM story WHERE NOT is_failed AND channel <> 'email';
DELETE FROM receipt WHERE at > now();
INSERT INTO receipts (tenant_id, connection_id, provider_id, state, reason, happened_at, received_at, told)
SELECT tenant_id, connection_id, provider_id, CASE WHEN is_arrived THEN 'delivered' ELSE 'undeliverable' END,
    CASE WHEN NOT is_arrived THEN 'absent_subscriber' END, at, at, CASE WHEN is_arrived THEN 'delivered' ELSE 'undelivered' END
FROM receipt;
INSERT INTO events (tenant_id, id, happened_at, pin_id, kind, channel, delivery, attempt, connection_id, provider_id, reason)
SELECT tenant_id, 'demo-' || replace(pin_id::text, '-', '') || '-receipt', at, pin_id,
    CASE WHEN is_arrived THEN 'delivered' ELSE 'undelivered' END, channel, 1, 1, connection_id, provider_id,
    CASE WHEN NOT is_arrived THEN 'absent_subscriber' END
FROM receipt;

-- An hour of the night in which somebody pumped numbers abroad, and stragglers through the day; the guard only recorded it.
SELECT record_fraud_decisions(
    array_agg('demo-' || n), array_agg(at), array_agg(tenant_id), array_agg(NULL::uuid), array_agg('recorded'::text), array_agg('sms'::text),
    array_agg(gen_random_uuid()), array_agg(masked), array_agg(region), array_agg(alike),
    array_agg(jsonb_build_object('rule', rule, 'about', about, 'sends', sends, 'verified', verified, 'threshold', threshold, 'percent', percent)))
FROM (
    SELECT
        row_number() OVER () AS n, t.id AS tenant_id, p.*, 1 + floor(9 * random() * exp(-((hour - 9) ^ 2) / p.width))::integer AS alike,
        now() - make_interval(hours => 23 - hour, secs => 600 * random()) AS at, 34 + 3 * hour AS sends, hour % 4 AS verified
    FROM tenants AS t
    CROSS JOIN (VALUES
        ('pumping', 'prefix 6281290', '6281…', 'ID', 40, 15, 30.0), ('pumping', 'prefix 2348031', '2348…', 'NG', 40, 15, 12.0),
        ('conversion', 'country ID', '6281…', 'ID', 50, 20, 50.0), ('velocity', 'prefix 9198100', '9198…', 'IN', 30, 0, 4.0)
    ) AS p (rule, about, masked, region, threshold, percent, width)
    CROSS JOIN generate_series(1, 22) AS hour
    WHERE t.slug = 'demo' AND random() < exp(-((hour - 9) ^ 2) / p.width) + 0.06
) AS found;

SELECT roll_up_traffic(now() - make_interval(days => :days + 1), now());
SELECT 'history: ' || count(*) || ' PINs in ' || :days || ' days' FROM story;
