//! What is wrong with one field of a request: the name the client used, and the bound it broke.

use std::borrow::Cow;

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
