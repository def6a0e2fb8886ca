#![doc = include_str!("../README.md")]

mod admission;
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
mod paths;
mod problem;
mod raw_body;
mod strict;
pub mod twilio;
pub mod visit;
pub mod vonage;

pub use admission::{Admission, RequestQuota};
pub use api_exception::ApiException;
pub use authorized::{
    AlertsManage, Argument, Arguments, AuditRead, Authorized, ConfigRead, ConfigWrite, KeysManage, MembersManage, Permission,
    PinSend, PinVerify, RecipientsReveal, ReportsRead, TenantManage,
};
pub use body::{Body, OptionalBody, parse_json};
pub use caller::{Caller, ClientAddress, Refused};
pub use code::Code;
pub use form::{Anywhere, Form};
pub use mount::{Answering, Documents, Mount, SCOPE};
pub use params::Params;
pub use paths::pattern;
pub use problem::{Problem, ProblemView};
pub use raw_body::{RawBody, whole_body};
pub use visit::{HalfWay, SignedIn, Visitor};
