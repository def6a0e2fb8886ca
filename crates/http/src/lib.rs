#![doc = include_str!("../README.md")]

mod api_exception;
mod authorized;
mod body;
mod caller;
pub mod clock;
mod code;
pub mod dialect;
pub mod edge;
mod form;
pub mod identify;
pub mod identity;
pub mod metrics;
mod mount;
mod named;
mod params;
mod problem;
mod strict;
pub mod twilio;
pub mod vonage;

pub use api_exception::ApiException;
pub use authorized::{Authorized, ConfigRead, ConfigWrite, KeysManage, Permission, PinSend, PinVerify, ReportsRead};
pub use body::{Body, OptionalBody, parse_json};
pub use caller::Caller;
pub use code::Code;
pub use form::{Anywhere, Form};
pub use mount::{Documents, Mount};
pub use params::Params;
pub use problem::{Problem, ProblemView};
