-- Which version of the master key sealed a data key, for counting what is left of an older one; what opens decides. A data key that
-- is not for sealing yet is there for reading: every process knows it before any seals with it.
ALTER TABLE tenant_keys
    ADD COLUMN master_version integer NOT NULL DEFAULT 1 CHECK (master_version BETWEEN 1 AND 65535),
    ADD COLUMN seals boolean NOT NULL DEFAULT true;
ALTER TABLE signing_keys
    ADD COLUMN master_version integer NOT NULL DEFAULT 1 CHECK (master_version BETWEEN 1 AND 65535);
