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
    /// Whether it sends and verifies.
    pub is_enabled: bool,
    /// What it allows.
    pub limits: Limits,
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
