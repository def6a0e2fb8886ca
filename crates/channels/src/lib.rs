#![doc = include_str!("../README.md")]

pub mod address;
mod callback;
mod check;
mod client;
mod connector;
mod eight_x_eight;
mod http;
mod infobip;
mod iprog;
mod kinds;
mod outcome;
mod outgoing;
mod receipts;
mod settings;
mod simulator;
mod smstools;
mod smtp;
mod twilio;
mod vendor;
mod vonage;

pub use callback::{Callbacks, Reply, check_callback};
pub use check::check;
pub use connector::{Connector, Connectors, InvalidConnection};
pub use outcome::{Outcome, Reason};
pub use outgoing::Outgoing;
pub use receipts::{ReceiptRequest, Refused, receipts};
pub use settings::{LONGEST_DEADLINE, Settings, SimulatorEndpoint};
