//! An application: one use case of a tenant, with its own limits.

use serde::{Deserialize, Serialize};

use crate::id::ApplicationId;
use crate::limits::Limits;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Its name, shown to the tenant only.
    pub name: String,
    /// The tenant's short name for it: what 8x8 calls a sub-account.
    pub slug: Option<String>,
    /// Whether it sends and verifies.
    pub is_enabled: bool,
    /// What it allows.
    pub limits: Limits,
    /// How sure its answers are.
    pub durability: Durability,
}

impl Application {
    /// A new one that is switched on, with a random id and no short name.
    #[must_use]
    pub fn new(name: impl Into<String>, limits: Limits) -> Self {
        let durability = Durability::default();
        Self { id: ApplicationId::random(), name: name.into(), slug: None, is_enabled: true, limits, durability }
    }
}

/// What must have happened before a send, resend, verification or cancellation is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Redis has it, and writes it to disk within a second: who takes over from a server that died may miss the last of it.
    #[default]
    Standard,
    /// A replica has it, too: what was answered is not lost with the server.
    Strict,
}

impl Durability {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Strict];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }
}

/// Checks an application's short name: 3 to 50 letters, digits and `.`, `_`, `&`, `-`, as 8x8 has it for sub-accounts.
///
/// # Errors
/// The bound it breaks, as text.
pub fn check_slug(slug: &str) -> Result<(), &'static str> {
    let is_plain = slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._&-".contains(&byte));
    if (3..=50).contains(&slug.len()) && is_plain { Ok(()) } else { Err("must have 3 to 50 letters, digits or . _ & -") }
}

/// Checks the name of something a tenant configures: 1 to 255 characters, none of them a control character.
///
/// # Errors
/// The bound it breaks, as text.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let length = name.chars().count();
    if name.trim().is_empty() {
        Err("must not be blank")
    } else if length > 255 || name.chars().any(char::is_control) {
        Err("must have 1 to 255 characters and no control characters")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check_slug;

    #[test]
    fn slugs_are_what_stands_in_a_path() {
        for slug in ["amazing_hq", "a.b", "A&B-1", "x".repeat(50).as_str()] {
            assert_eq!(check_slug(slug), Ok(()), "{slug}");
        }
        for slug in ["", "ab", "a/b", "a b", "é23", "a%2", "..\n", "x".repeat(51).as_str()] {
            assert!(check_slug(slug).is_err(), "{slug:?}");
        }
    }
}
