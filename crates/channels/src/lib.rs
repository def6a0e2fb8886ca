#![doc = include_str!("../README.md")]

pub mod address;
mod check;
mod client;
mod connector;
mod http;
mod kinds;
mod outcome;
mod outgoing;
mod receipts;
mod settings;
mod simulator;
mod smtp;
mod vendor;

pub use check::check;
pub use connector::{Connector, Connectors, InvalidConnection};
pub use outcome::{Outcome, Reason};
pub use outgoing::Outgoing;
pub use receipts::{ReceiptRequest, Refused, receipts};
pub use settings::{LONGEST_DEADLINE, Settings, SimulatorEndpoint};
