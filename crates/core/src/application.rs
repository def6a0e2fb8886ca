//! An application: one use case of a tenant, with its own limits.

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
