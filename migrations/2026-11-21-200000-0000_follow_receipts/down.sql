CREATE OR REPLACE FUNCTION webhook_type(kind text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE kind
        WHEN 'sent' THEN 'pin.sent'
        WHEN 'delivered' THEN 'pin.delivered'
        WHEN 'failed' THEN 'pin.failed'
        WHEN 'verified' THEN 'pin.verified'
        WHEN 'exhausted' THEN 'pin.exhausted'
        WHEN 'expired' THEN 'pin.expired'
        WHEN 'canceled' THEN 'pin.canceled'
        WHEN 'locked' THEN 'pin.locked'
        WHEN 'alert' THEN 'alert.raised'
    END;

DROP FUNCTION take_undelivered(integer);

CREATE OR REPLACE FUNCTION tell_receipts(owner uuid, connection uuid, provider_ids text[], most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    recorded integer;
BEGIN
    WITH due AS (
        SELECT r.tenant_id, r.connection_id, r.provider_id, r.reason, r.received_at, r.told, receipt_outcome(r.state) AS outcome
        FROM receipts AS r
        WHERE r.due_at <= now()
          AND (owner IS NULL OR r.tenant_id = owner AND r.connection_id = connection AND r.provider_id = ANY (provider_ids))
        ORDER BY r.tenant_id, r.connection_id, r.provider_id
        LIMIT most
        FOR UPDATE SKIP LOCKED
    ), matched AS (
        SELECT due.*, d.pin_id, d.delivery, d.channel, d.attempts
        FROM due LEFT JOIN LATERAL (
            SELECT d.pin_id, d.delivery, d.channel, d.attempts
            FROM deliveries AS d
            WHERE d.tenant_id = due.tenant_id AND d.connection_id = due.connection_id AND d.provider_id = due.provider_id
              -- Days that cannot hold the delivery are not looked at.
              AND d.created_at BETWEEN due.received_at - interval '8 days' AND due.received_at + interval '1 day'
            ORDER BY d.created_at DESC
            LIMIT 1
        ) AS d ON true
    ), settled AS (
        UPDATE receipts AS r SET
            told = CASE WHEN matched.pin_id IS NULL THEN r.told ELSE matched.outcome END,
            due_at = CASE
                WHEN matched.pin_id IS NULL AND now() < r.received_at + interval '1 day'
                    THEN now() + greatest(interval '1 second', (now() - r.received_at) / 2)
            END
        FROM matched
        WHERE r.tenant_id = matched.tenant_id AND r.connection_id = matched.connection_id
          AND r.provider_id = matched.provider_id
    ), inserted AS (
        INSERT INTO events (
            tenant_id, id, happened_at, pin_id, kind, channel, delivery, attempt, connection_id, provider_id, reason)
        SELECT
            tenant_id, '#' || outcome || '-' || upper(replace(pin_id::text, '-', '')) || '-' || delivery, now(), pin_id, outcome,
            channel, delivery, attempts, connection_id, provider_id, reason
        FROM matched
        WHERE pin_id IS NOT NULL AND outcome IS DISTINCT FROM told
          -- A message that left twice has two ids, and ends once.
          AND NOT EXISTS (
              SELECT FROM events AS e
              WHERE e.tenant_id = matched.tenant_id AND e.pin_id = matched.pin_id AND e.delivery = matched.delivery
                AND e.kind = matched.outcome AND e.happened_at > now() - interval '10 days')
        ORDER BY tenant_id, 2
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*) INTO recorded FROM inserted;
    RETURN recorded;
END
$$;

DROP INDEX receipts_to_follow;
ALTER TABLE receipts DROP COLUMN follow_at, DROP COLUMN pin_id, DROP COLUMN delivery;
