//! The worker against real neighbours: Redis, PostgreSQL, a provider over HTTP.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod delivery;
mod endings;
mod fairness;
mod fallback;
mod poison;
mod recording;
mod retries;
mod routes;
mod stopping;
mod takeover;
mod webhook_ends;
mod webhook_guide;
mod webhook_world;
mod webhooks;
mod wire;
mod world;
