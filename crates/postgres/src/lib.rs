#![doc = "The system of record: tenant configuration and what a tenant may dispute, in PostgreSQL."]
