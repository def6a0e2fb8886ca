#![doc = include_str!("../README.md")]

mod cancel;
mod connection;
mod dead_letters;
mod error;
mod events;
mod function;
mod job;
mod keys;
mod metrics;
mod peek;
mod probe;
mod queue;
mod record;
mod release;
mod resend;
mod send;
mod settings;
mod settle;
mod tokens;
mod verify;

pub use connection::Hot;
pub use dead_letters::DeadLetter;
pub use error::Error;
pub use events::{EventEntry, EventReader};
pub use job::Job;
pub use keys::Partition;
pub use metrics::FunctionMetrics;
pub use probe::{Depth, Probe};
pub use queue::{JobEntry, Queue};
pub use record::{Flags, Record};
pub use resend::Resend;
pub use send::{Idempotency, Pointer, Send};
pub use settings::{Mode, Settings};
pub use settle::{Settlement, Then};
pub use tokens::TokenKind;
pub use verify::{Guess, GuessOf, Judged};
