//! What is wrong with one field of a request: the name the client used, and the bound it broke.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field as the client wrote it, dotted for nested ones (`configuration.pinTimeToLive`).
    pub field: Cow<'static, str>,
    /// What must hold, with the bound.
    pub must: Cow<'static, str>,
}

impl FieldError {
    /// A violation of `field`, which `must` hold.
    pub fn new(field: impl Into<Cow<'static, str>>, must: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), must: must.into() }
    }
}

/// Collects violations, so that a client learns of all of them at once.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// Keeps the value of `result`; notes its error under `field`.
    pub fn take<T, E: std::fmt::Display>(&mut self, field: &'static str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.0.push(FieldError::new(field, error.to_string()))).ok()
    }

    /// Notes a violation unless `holds`.
    pub fn require(&mut self, holds: bool, field: &'static str, must: impl Into<Cow<'static, str>>) {
        if !holds {
            self.0.push(FieldError::new(field, must));
        }
    }

    /// Notes one violation.
    pub fn push(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// `Ok` when nothing was noted.
    ///
    /// # Errors
    /// All violations, in the order they were found.
    pub fn finish(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// A list, or text with commas between its items, as variables have it.
///
/// # Errors
/// When an item does not parse.
pub fn list<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: FromStr<Err: std::fmt::Display>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Items(Vec<String>),
    }
    let items = match Written::deserialize(deserializer)? {
        Written::Items(items) => items,
        Written::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    let items = items.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
    items.map(|item| item.parse().map_err(|error| serde::de::Error::custom(format!("{item}: {error}")))).collect()
}
