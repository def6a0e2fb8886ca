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

/// What the operator decides about people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeopleSettings {
    /// Whether owners, admins and operators need a second factor; in production they do unless this says otherwise.
    pub second_factor_for_admins: Option<bool>,
}

/// The same, decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeoplePolicy {
    /// Whether owners, admins and operators need a second factor.
    pub needs_second_factor: bool,
}
