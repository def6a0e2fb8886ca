#![doc = include_str!("../README.md")]

mod application_token;
mod authenticate;
mod client_address;
mod credential_field;
mod forward;
mod key_uses;
mod operations;
mod pages;
mod presented;
mod session;
mod settings;
mod simulator;
mod state;

pub use authenticate::authenticate;
pub use forward::{Forward, InvalidTarget};
pub use key_uses::KeyUses;
pub use operations::mount;
pub use session::SessionCache;
pub use settings::{ForwardedHeader, Settings};
pub use simulator::{Simulator, SimulatorAccess, mount_simulator};
pub use state::State;
