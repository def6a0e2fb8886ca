//! The system of record against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod alert_mails;
mod audit;
mod caps;
mod configuration;
mod fraud;
mod isolation;
mod migrations;
mod outages;
mod pages;
mod receipts;
mod recorder;
mod routes;
mod snapshots;
mod test_numbers;
mod traffic;
mod webhooks;
mod world;
