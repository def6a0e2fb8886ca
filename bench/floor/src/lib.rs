//! What the floor's programs share: the key names, the secrets, and the reading of flags.

pub mod flags;
pub mod keys;
pub mod ledger;
pub mod vault;

/// Any failure a program of the floor ends with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
