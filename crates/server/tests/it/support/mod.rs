//! An installation for one test: own database, own Redis, own processes.

#![allow(dead_code, reason = "each test uses its part")]

mod app;
mod client;
mod process;

pub use app::{App, Options};
pub use client::{Answer, Client, pin_in};
pub use process::Process;
