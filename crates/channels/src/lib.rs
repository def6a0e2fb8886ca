#![doc = include_str!("../README.md")]

pub mod address;
mod check;
mod client;
mod connector;
mod http;
mod kinds;
mod outcome;
mod outgoing;
mod settings;
mod simulator;
mod smtp;

pub use check::check;
pub use connector::{Connector, Connectors, InvalidConnection};
pub use outcome::{Outcome, Reason};
pub use outgoing::Outgoing;
pub use settings::{LONGEST_DEADLINE, Settings, SimulatorEndpoint};
