//! Settings of the role.

use serde::Deserialize;

/// What the operator decides about the configuration operations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether a new application is answered with 201, as the vendor documents, instead of the 200 that the vendor's own
    /// Python client needs.
    pub create_status_201: bool,
}
