//! The role's operations over HTTP, against a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod api_keys;
mod applications;
mod caps;
mod connections;
mod fallbacks;
mod hostile;
mod messages;
mod origins;
mod outages;
mod public_keys;
mod reference;
mod routes;
mod test_numbers;
mod webhooks;
mod world;
