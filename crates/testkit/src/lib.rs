#![doc = include_str!("../README.md")]

mod checkout;
mod http_answer;
mod http_peer;
mod postgres;
mod psql;
mod redis;
mod redis_process;
mod redis_wire;
mod smtp_peer;

pub use http_answer::Answer;
pub use http_peer::{HttpPeer, Received};
pub use postgres::{Database, Postgres, Role};
pub use redis::{AppendOnly, Redis, RedisServer};
pub use smtp_peer::{Mail, SmtpOptions, SmtpPeer};
