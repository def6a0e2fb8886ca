//! The life of a PIN, as a pure model: what send, resend, verify and cancel decide, and what they leave behind.
//!
//! In production the same rules run as atomic scripts inside Redis; a property test replays random histories against
//! both and wants the same outcomes. `outcome` is the vocabulary both sides share.

mod model;
mod outcome;

pub use model::{Model, ModelFallBack, ModelResend, ModelSend, ModelVerify};
pub use outcome::{CancelOutcome, FallBackOutcome, Refusal, ResendOutcome, SendOutcome, Status, Terminal, Verdict, WhenLive};
