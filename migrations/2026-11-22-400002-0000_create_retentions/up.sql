-- How long a tenant keeps what leads to people. The whole recipient is nowhere in this database: a verification has a keyed
-- hash of it. After the days given here the hash goes, too, and what stays are figures.
CREATE TABLE retentions (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    recipient_days integer NOT NULL CHECK (recipient_days BETWEEN 1 AND 3650)
);
ALTER TABLE retentions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON retentions
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON retentions TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON retentions TO pinfold_app;
SELECT audit_changes_of('retentions', 'retention', '');

-- What stands in the place of a recipient's hash that is gone.
CREATE FUNCTION no_subject() RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp
    RETURN decode('000000000000000000000000', 'hex');

-- Forgets the recipients of the transaction's tenant that have these hashes. Returns how many verifications lost theirs.
CREATE FUNCTION redact_subjects(subjects bytea[]) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH redacted AS (
            UPDATE verifications SET subject = no_subject()
            WHERE tenant_id = nullif(current_setting('app.tenant', true), '')::uuid AND subject = ANY (subjects)
            RETURNING 1
        )
        SELECT count(*) FROM redacted;
    END;

-- Forgets recipients that are older than their tenant keeps them, at most so many at once. Returns how many.
CREATE FUNCTION purge_subjects(at timestamptz, default_days integer, most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH due AS (
            SELECT v.tenant_id, v.pin_id, v.created_at
            FROM tenants AS t
            LEFT JOIN retentions AS r ON r.tenant_id = t.id
            JOIN verifications AS v ON v.tenant_id = t.id
                AND v.created_at < at - make_interval(days => coalesce(r.recipient_days, default_days))
                AND v.subject <> no_subject()
            LIMIT most
        ), purged AS (
            UPDATE verifications AS v SET subject = no_subject()
            FROM due WHERE v.tenant_id = due.tenant_id AND v.pin_id = due.pin_id AND v.created_at = due.created_at
            RETURNING 1
        )
        SELECT count(*) FROM purged;
    END;
REVOKE ALL ON FUNCTION redact_subjects(bytea[]), purge_subjects(timestamptz, integer, integer), no_subject() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION redact_subjects(bytea[]), purge_subjects(timestamptz, integer, integer) TO pinfold_app;
