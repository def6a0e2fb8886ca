-- When the figures of dashboards are due. Processes take turns, and one that starts does not begin anew.
ALTER TABLE traffic_state
    ADD COLUMN due_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN late_due_at timestamptz NOT NULL DEFAULT '-infinity';

-- Takes a turn for so long, if one is due: true when what late receipts change is due as well. Null when none is due, or somebody
-- has it.
CREATE FUNCTION take_traffic_turn(lease_ms bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        UPDATE traffic_state SET due_at = now() + make_interval(secs => lease_ms / 1000.0)
        WHERE due_at <= now()
        RETURNING late_due_at <= now();
    END;
REVOKE ALL ON FUNCTION take_traffic_turn(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_traffic_turn(bigint) TO pinfold_app;

-- Ends a turn: when the next is due, and when late receipts are due again, if the turn was about them.
CREATE FUNCTION end_traffic_turn(pause_ms bigint, late_pause_ms bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        UPDATE traffic_state SET
            due_at = now() + make_interval(secs => pause_ms / 1000.0),
            late_due_at = coalesce(now() + make_interval(secs => late_pause_ms / 1000.0), late_due_at);
    END;
REVOKE ALL ON FUNCTION end_traffic_turn(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_traffic_turn(bigint, bigint) TO pinfold_app;
