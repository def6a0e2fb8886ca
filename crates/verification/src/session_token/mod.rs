//! Session tokens: a JWT (RFC 7519, Ed25519) that says that a person was just verified, and the public keys by which
//! anyone checks it.

pub(crate) mod jwks;
mod signer;

pub(crate) use signer::Verified;
pub use signer::{SETTLE_MS, Signer, generate_signing_key};
