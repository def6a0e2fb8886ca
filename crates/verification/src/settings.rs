//! Settings of the verification role.

use serde::Deserialize;

/// What the role decides by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The life of a session token, in seconds, when the caller names none.
    pub session_seconds: u64,
    /// How long a report waits for what was just written, in milliseconds.
    pub report_patience_ms: u64,
}

/// The longest life of a session token, in seconds.
pub const LONGEST_SESSION_S: u64 = 86_400;

impl Default for Settings {
    fn default() -> Self {
        Self { session_seconds: LONGEST_SESSION_S, report_patience_ms: 1_500 }
    }
}

impl Settings {
    /// What is wrong with the settings, if anything.
    ///
    /// # Errors
    /// One clear sentence for each fault.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut faults = Vec::new();
        if !(60..=LONGEST_SESSION_S).contains(&self.session_seconds) {
            faults.push(format!("verification.session_seconds must be between 60 and {LONGEST_SESSION_S}"));
        }
        if self.report_patience_ms > 5_000 {
            faults.push("verification.report_patience_ms must be at most 5000".to_owned());
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}
