//! The gateway over HTTP, with real PostgreSQL and real Redis.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod application_tokens;
mod authenticate;
mod forward;
mod installation;
mod pages;
mod sessions;
mod simulator;
