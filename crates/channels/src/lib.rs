#![doc = include_str!("../README.md")]

pub mod address;
mod callback;
mod check;
mod client;
mod connector;
mod eight_x_eight;
mod fcm;
mod fetch;
mod http;
mod infobip;
mod iprog;
mod kinds;
mod outcome;
mod outgoing;
mod receipts;
mod received;
mod settings;
mod simulator;
mod smpp;
mod smstools;
mod smtp;
mod twilio;
mod vendor;
mod vonage;
mod web_push;

pub use callback::{Callbacks, Reply, check_callback};
pub use check::check;
pub use connector::{Connector, Connectors, InvalidConnection};
pub use fetch::{Fetch, NoAnswer};
pub use outcome::{Fault, Outcome, Reason};
pub use outgoing::Outgoing;
pub use receipts::{ReceiptRequest, Refused, pushes_receipts, receipts};
pub use received::{ReceiptSink, ReceivedReceipt};
pub use settings::{LONGEST_DEADLINE, Settings, SimulatorEndpoint};
