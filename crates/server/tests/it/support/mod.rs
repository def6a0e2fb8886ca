//! An installation for one test: own database, own Redis, own processes.

#![allow(dead_code, unused_imports, reason = "each test uses its part")]

mod app;
mod client;
mod leaks;
mod load;
pub mod person;
mod process;
mod provider;
mod wire;

pub use app::{App, Options};
pub use client::{Answer, Client, pin_in};
pub use load::{Accepted, Load, insist};
pub use process::{Process, free_port, run};
pub use provider::{Given, Provider};
pub use wire::{Reply, command};
