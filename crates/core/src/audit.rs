//! The audit log's chain: each entry's hash covers its text and the hash before it. A checkpoint is the end of every chain
//! at one moment, under the platform's key, kept where whoever can change the database cannot change it.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use crate::access::Actor;
use crate::keys::MasterKey;

/// Who did what the log tells of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The platform itself.
    #[default]
    System,
    /// Whoever runs the platform, by a command.
    Operator,
    /// Somebody without a credential.
    Anonymous,
    /// More than are told one by one.
    Several,
    /// A key or a person of the tenant.
    Known(Actor),
}

impl From<Option<Actor>> for Who {
    fn from(actor: Option<Actor>) -> Self {
        actor.map_or(Self::Anonymous, Self::Known)
    }
}

impl fmt::Display for Who {
    /// As the log names them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Operator => f.write_str("operator"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::Several => f.write_str("several"),
            Self::Known(actor) => actor.fmt(f),
        }
    }
}

/// The hash of an entry whose text is `payload`, behind the entry with the hash `previous`; the first is behind zeros.
#[must_use]
pub fn next_hash(previous: &[u8; 32], payload: &str) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(previous);
    context.update(payload.as_bytes());
    *context.finish().as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
}

/// The ends of all chains at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// When it was taken, in milliseconds since 1970.
    pub at_ms: u64,
    /// The chains.
    pub chains: Vec<ChainEnd>,
}

/// The end of one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainEnd {
    /// Whose chain it is: a tenant's id, or zeros for the platform's.
    pub tenant: String,
    /// How many entries it has.
    pub sequence: u64,
    /// The last entry's hash, in hexadecimal digits.
    pub hash: String,
}

/// A line is no checkpoint of this platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCheckpoint {
    /// It cannot be read.
    #[error("it is no checkpoint")]
    Malformed,
    /// It was changed, or written by somebody without the platform's key.
    #[error("its signature is not this platform's")]
    Forged,
}

#[derive(Serialize, Deserialize)]
struct Line {
    checkpoint: String,
    mac: String,
}

impl Checkpoint {
    /// The checkpoint as a line of JSON, under the platform's key.
    #[must_use]
    pub fn signed(&self, master: &MasterKey) -> String {
        let checkpoint = serde_json::to_string(self).expect("numbers and text are JSON");
        let mac = hex::encode(mac(master, &checkpoint));
        serde_json::to_string(&Line { checkpoint, mac }).expect("text is JSON")
    }

    /// Reads such a line.
    ///
    /// # Errors
    /// [`InvalidCheckpoint`].
    pub fn read(line: &str, master: &MasterKey) -> Result<Self, InvalidCheckpoint> {
        let line: Line = serde_json::from_str(line).map_err(|_| InvalidCheckpoint::Malformed)?;
        let given = hex::decode(&line.mac).map_err(|_| InvalidCheckpoint::Malformed)?;
        verify_slices_are_equal(&given, &mac(master, &line.checkpoint)).map_err(|_| InvalidCheckpoint::Forged)?;
        serde_json::from_str(&line.checkpoint).map_err(|_| InvalidCheckpoint::Malformed)
    }
}

/// No credential has a line break in it, so nothing else is ever hashed alike.
fn mac(master: &MasterKey, checkpoint: &str) -> [u8; 32] {
    master.credential_hash(&format!("audit checkpoint\n{checkpoint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_covers_the_entry_and_all_before_it() {
        let first = next_hash(&[0; 32], "one");
        assert_eq!(first, next_hash(&[0; 32], "one"));
        assert_ne!(first, next_hash(&[0; 32], "two"));
        assert_ne!(next_hash(&first, "two"), next_hash(&[0; 32], "two"));
    }

    #[test]
    fn a_checkpoint_is_believed_only_as_it_was_signed() {
        let (ours, theirs) = (MasterKey::new(&[1; 32]), MasterKey::new(&[2; 32]));
        let chains = vec![ChainEnd { tenant: "0".repeat(32), sequence: 7, hash: "ab".repeat(32) }];
        let checkpoint = Checkpoint { at_ms: 1, chains };
        let line = checkpoint.signed(&ours);
        assert!(!line.contains('\n'));
        assert_eq!(Checkpoint::read(&line, &ours), Ok(checkpoint));
        assert_eq!(Checkpoint::read(&line, &theirs), Err(InvalidCheckpoint::Forged));
        assert_eq!(Checkpoint::read(&line.replace(":7,", ":8,"), &ours), Err(InvalidCheckpoint::Forged));
        for rubbish in ["", "{}", "null", "[]", "{\"checkpoint\": \"\", \"mac\": \"zz\"}"] {
            assert_eq!(Checkpoint::read(rubbish, &ours), Err(InvalidCheckpoint::Malformed), "{rubbish}");
        }
    }
}
