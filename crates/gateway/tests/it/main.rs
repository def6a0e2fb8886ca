//! The gateway over HTTP, with real PostgreSQL and real Redis.

mod authenticate;
mod forward;
mod installation;
mod pages;
mod sessions;
mod simulator;
