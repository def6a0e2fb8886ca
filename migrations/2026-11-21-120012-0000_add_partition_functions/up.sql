-- Makes the partitions of `days` days from `first` on; those that exist are left alone. Returns how many it made.
-- A partition is made apart and then attached: attaching does not wait for writers, as CREATE … PARTITION OF would.
-- Nobody is granted anything on a partition, and its own row-level security closes it: the way in is its parent.
CREATE FUNCTION create_partitions(first date, days integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' SET timezone = 'UTC'
AS $$
DECLARE
    parent text;
    child text;
    day date;
    made integer := 0;
BEGIN
    IF days NOT BETWEEN 0 AND 366 OR first NOT BETWEEN date '2020-01-01' AND date '2199-12-31' THEN
        RAISE EXCEPTION 'no partitions for % days from %', days, first USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- One at a time, whoever asks: the next one finds the partitions made.
    PERFORM pg_advisory_xact_lock(hashtext('pinfold partitions'), 0);
    FOREACH parent IN ARRAY ARRAY['events', 'verifications', 'deliveries'] LOOP
        FOR day IN SELECT first + nth FROM generate_series(0, days - 1) AS nth LOOP
            child := parent || to_char(day, '"_"YYYYMMDD');
            CONTINUE WHEN to_regclass('public.' || quote_ident(child)) IS NOT NULL;
            EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL EXCLUDING INDEXES)', child, parent);
            EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', child);
            EXECUTE format(
                'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                parent, child, day::timestamptz, (day + 1)::timestamptz);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

-- Drops the partitions of days before `keep_from`, at most the day before yesterday's. Returns how many it dropped.
-- Dropping waits for writers and readers of the parent, but never longer than the timeout: the next call goes on.
CREATE FUNCTION drop_partitions(keep_from date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '500ms' SET timezone = 'UTC'
AS $$
DECLARE
    child regclass;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pinfold partitions'), 0);
    FOR child IN
        SELECT part.oid
        FROM pg_inherits
        JOIN pg_class AS part ON part.oid = inhrelid
        WHERE inhparent IN ('public.events'::regclass, 'public.verifications'::regclass, 'public.deliveries'::regclass)
          AND part.relname ~ '_[0-9]{8}$'
          AND to_date(right(part.relname, 8), 'YYYYMMDD') < least(keep_from, current_date - 1)
        ORDER BY part.relname
    LOOP
        EXECUTE format('DROP TABLE %s', child);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

REVOKE ALL ON FUNCTION create_partitions(date, integer), drop_partitions(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_partitions(date, integer), drop_partitions(date) TO pinfold_app;

-- Today and a week ahead, so that a fresh installation records at once.
SELECT create_partitions((now() AT TIME ZONE 'UTC')::date, 8);
