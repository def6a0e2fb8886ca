//! The system of record against a real PostgreSQL.

mod configuration;
mod isolation;
mod migrations;
mod outages;
mod recorder;
mod snapshots;
mod world;
