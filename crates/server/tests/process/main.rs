//! The executable as a process: its commands, its settings, how it starts, how it tells of its health, how it ends.

#![expect(clippy::disallowed_methods, reason = "a test watches the clock")]

mod commands;
mod ends;
mod health;
mod refused_starts;
mod settings;
mod support;
mod telemetry;
