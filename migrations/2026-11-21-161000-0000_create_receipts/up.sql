-- How often the address for a connection's receipts was replaced. The address itself follows from the tenant's keys.
ALTER TABLE connections ADD COLUMN receipt_generation integer NOT NULL DEFAULT 0 CHECK (receipt_generation >= 0);

-- A receipt is told of a delivery by connection and the provider's id.
CREATE INDEX deliveries_of_provider ON deliveries (tenant_id, connection_id, provider_id) WHERE provider_id IS NOT NULL;

-- How much a state says; core::receipt has the same order.
CREATE FUNCTION receipt_rank(state text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_position(
        ARRAY['unknown', 'sent', 'expired', 'undeliverable', 'rejected', 'delivered', 'read'], state);

-- What became of a message when receipts say no more; nothing while they may.
CREATE FUNCTION receipt_outcome(state text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN state IN ('delivered', 'read') THEN 'delivered'
        WHEN state IN ('expired', 'undeliverable', 'rejected') THEN 'undelivered'
    END;

-- What providers say of messages, one row per message. It may be here before the message's delivery is recorded, so nothing
-- refers to that. Every column that tenants see is the highest of what came, so receipts may come in any order and twice.
-- `due_at` is when somebody looks for the delivery, to record an event; `told` is the last event. `ask_at` is when a provider
-- that does not tell by itself is asked again.
CREATE TABLE receipts (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    connection_id uuid NOT NULL,
    provider_id text COLLATE "C" NOT NULL CHECK (char_length(provider_id) BETWEEN 1 AND 255),
    state text NOT NULL CHECK (receipt_rank(state) IS NOT NULL),
    reason text COLLATE "C" CHECK (char_length(reason) <= 255),
    happened_at timestamptz,
    price_micros bigint CHECK (price_micros >= 0),
    currency text COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    received_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz,
    told text CHECK (told IN ('delivered', 'undelivered')),
    asked smallint NOT NULL DEFAULT 0,
    ask_at timestamptz,
    PRIMARY KEY (tenant_id, connection_id, provider_id),
    CONSTRAINT receipts_price CHECK ((price_micros IS NULL) = (currency IS NULL))
);
CREATE INDEX receipts_due ON receipts (tenant_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX receipts_received ON receipts (tenant_id, received_at);

ALTER TABLE receipts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON receipts
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON receipts TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON receipts TO pinfold_app;

-- Stores receipts of one connection, with the caller's rights and in its transaction. Rows are taken in order, so that two
-- callers may wait but never deadlock; what says nothing new writes nothing.
CREATE FUNCTION store_receipts(
    owner uuid, connection uuid, provider_ids text[], states text[], reasons text[], happened_ats timestamptz[],
    prices bigint[], currencies text[]
) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT *
        FROM unnest(provider_ids, states, reasons, happened_ats, prices, currencies)
            AS input (provider_id, state, reason, happened_at, price_micros, currency)
        ORDER BY provider_id COLLATE "C"
    LOOP
        INSERT INTO receipts AS r (
            tenant_id, connection_id, provider_id, state, reason, happened_at, price_micros, currency, due_at)
        VALUES (
            owner, connection, given.provider_id, given.state, given.reason, given.happened_at, given.price_micros,
            given.currency, CASE WHEN receipt_outcome(given.state) IS NOT NULL THEN now() END)
        ON CONFLICT (tenant_id, connection_id, provider_id) DO UPDATE SET
            (state, reason, happened_at) = (
                SELECT * FROM (VALUES
                    (r.state, r.reason, r.happened_at), (EXCLUDED.state, EXCLUDED.reason, EXCLUDED.happened_at)
                ) AS candidate (state, reason, happened_at)
                ORDER BY receipt_rank(state) DESC, happened_at NULLS LAST, reason COLLATE "C" NULLS LAST
                LIMIT 1),
            (price_micros, currency) = (
                SELECT * FROM (VALUES (r.price_micros, r.currency), (EXCLUDED.price_micros, EXCLUDED.currency))
                    AS candidate (price_micros, currency)
                ORDER BY price_micros DESC NULLS LAST, currency COLLATE "C"
                LIMIT 1),
            due_at = CASE
                WHEN receipt_rank(EXCLUDED.state) > receipt_rank(r.state)
                    AND receipt_outcome(EXCLUDED.state) IS DISTINCT FROM coalesce(r.told, '') THEN EXCLUDED.due_at
                ELSE r.due_at
            END
        WHERE receipt_rank(EXCLUDED.state) > receipt_rank(r.state)
            OR receipt_rank(EXCLUDED.state) = receipt_rank(r.state)
                AND (coalesce(EXCLUDED.happened_at, 'infinity'), EXCLUDED.reason IS NULL, coalesce(EXCLUDED.reason, ''))
                    < (coalesce(r.happened_at, 'infinity'), r.reason IS NULL, coalesce(r.reason, ''))
            OR EXCLUDED.price_micros >= coalesce(r.price_micros, 0)
                AND (EXCLUDED.price_micros, EXCLUDED.currency) IS DISTINCT FROM (r.price_micros, r.currency);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION
    store_receipts(uuid, uuid, text[], text[], text[], timestamptz[], bigint[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    store_receipts(uuid, uuid, text[], text[], text[], timestamptz[], bigint[], text[]) TO pinfold_app;

-- Records events for receipts that say how a delivery ended, each kind once per delivery: of the named messages, or of all
-- tenants' that are due. One whose delivery is not recorded yet is looked at again, less and less often, for a day.
-- The event's id begins with a character below all digits: whoever reads the newest of a partition does not meet it.
CREATE FUNCTION tell_receipts(owner uuid, connection uuid, provider_ids text[], most integer) RETURNS integer
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

-- Messages of the last hour that went over connections of these kinds and whose end nobody knows, to be asked for now. Each
-- is handed to one caller, and again after ever longer waits.
CREATE FUNCTION take_polls(kinds text[], most integer) RETURNS TABLE (tenant_id uuid, connection_id uuid, provider_id text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH open AS (
            SELECT d.tenant_id, d.connection_id, d.provider_id
            FROM connections AS c
            JOIN deliveries AS d ON d.tenant_id = c.tenant_id AND d.connection_id = c.id AND d.provider_id IS NOT NULL
                -- No PIN lives so long that its messages are of another day than these.
                AND d.created_at > now() - interval '2 days'
            LEFT JOIN receipts AS r
                ON r.tenant_id = d.tenant_id AND r.connection_id = d.connection_id AND r.provider_id = d.provider_id
            WHERE c.kind = ANY (kinds) AND d.sent_at BETWEEN now() - interval '1 hour' AND now() - interval '3 seconds'
              AND char_length(d.provider_id) BETWEEN 1 AND 255
              AND (r.state IS NULL OR receipt_outcome(r.state) IS NULL AND coalesce(r.ask_at, now()) <= now())
            ORDER BY d.sent_at
            LIMIT most
        )
        INSERT INTO receipts AS r (tenant_id, connection_id, provider_id, state, asked, ask_at)
        SELECT open.tenant_id, open.connection_id, open.provider_id, 'unknown', 1, now() + interval '10 seconds'
        FROM open
        -- A provider may have given one id to several messages.
        GROUP BY open.tenant_id, open.connection_id, open.provider_id
        ORDER BY open.tenant_id, open.connection_id, open.provider_id COLLATE "C"
        ON CONFLICT (tenant_id, connection_id, provider_id) DO UPDATE SET
            asked = r.asked + 1, ask_at = now() + least(interval '10 seconds' * 2 ^ r.asked, interval '10 minutes')
        WHERE coalesce(r.ask_at, now()) <= now()
        RETURNING r.tenant_id, r.connection_id, r.provider_id;
    END;

-- Forgets receipts that came before `keep_from`, at most so many of a tenant at once. Returns how many.
CREATE FUNCTION prune_receipts(keep_from timestamptz, most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT r.tenant_id, r.connection_id, r.provider_id
            FROM tenants AS t CROSS JOIN LATERAL (
                SELECT r.tenant_id, r.connection_id, r.provider_id
                FROM receipts AS r
                WHERE r.tenant_id = t.id AND r.received_at < keep_from
                ORDER BY r.received_at
                LIMIT most
            ) AS r
        ), pruned AS (
            DELETE FROM receipts AS r USING old
            WHERE r.tenant_id = old.tenant_id AND r.connection_id = old.connection_id AND r.provider_id = old.provider_id
            RETURNING 1
        )
        SELECT count(*) FROM pruned;
    END;

REVOKE ALL ON FUNCTION
    tell_receipts(uuid, uuid, text[], integer), take_polls(text[], integer), prune_receipts(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tell_receipts(uuid, uuid, text[], integer), take_polls(text[], integer), prune_receipts(timestamptz, integer)
    TO pinfold_app;
