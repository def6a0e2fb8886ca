//! What needs a tenant's eye: the rules by which failures of verifications raise alerts. They are counted over ten minutes, by
//! minutes, and raised once in an episode.

use serde_json::{Value, json};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal),+ $(,)?) => {
        /// A kind of alert.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AlertKind { $($(#[$doc])* $variant),+ }

        impl AlertKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire and in the system of record.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

kinds! {
    /// One number failed many checks.
    NumberFailures "number_failures",
    /// More than half of the tenant's checks fail.
    FailureRatio "failure_ratio",
    /// Many numbers are locked.
    Lockouts "lockouts",
    /// Somebody guesses once at each of many PINs.
    Spraying "spraying",
    /// The fraud guard found something and let it go.
    FraudRecorded "fraud_recorded",
    /// The fraud guard refuses something.
    FraudBlocked "fraud_blocked",
    /// A cap of the day is used by 80 or 100 of 100.
    DailyCap "daily_cap",
    /// A cap of the month is used by 80 or 100 of 100.
    MonthlyCap "monthly_cap",
}

impl AlertKind {
    /// The kind of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// How far back failures count, in minutes.
pub const WINDOW_MINUTES: u64 = 10;
/// Failures of one number that raise an alert.
pub const NUMBER_FAILURES: u64 = 10;
/// From so many checks on the share of failed ones counts.
pub const RATIO_CHECKS: u64 = 100;
/// Locks above which an alert is raised.
pub const LOCKOUTS: u64 = 20;

/// What happened to a tenant's PINs within the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Checks that failed.
    pub failed: u64,
    /// Checks that were right.
    pub right: u64,
    /// Numbers that were locked.
    pub locks: u64,
}

impl Checked {
    /// The alerts that it raises, with their figures.
    #[must_use]
    pub fn alerts(&self) -> Vec<(AlertKind, Value)> {
        let mut alerts = Vec::new();
        let checks = self.failed + self.right;
        if checks >= RATIO_CHECKS && self.failed * 2 > checks {
            let figures = json!({ "failures": self.failed, "checks": checks, "percent": 50, "threshold": RATIO_CHECKS });
            alerts.push((AlertKind::FailureRatio, figures));
        }
        if self.locks > LOCKOUTS {
            alerts.push((AlertKind::Lockouts, json!({ "lockouts": self.locks, "threshold": LOCKOUTS })));
        }
        alerts
    }
}

/// The alert that failures of one number raise.
#[must_use]
pub fn of_number(failures: u64) -> Option<(AlertKind, Value)> {
    let figures = || json!({ "failures": failures, "threshold": NUMBER_FAILURES });
    (failures >= NUMBER_FAILURES).then(|| (AlertKind::NumberFailures, figures()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_raised_at_their_thresholds_and_not_before() {
        let kinds = |failed, right, locks| {
            let alerts = Checked { failed, right, locks }.alerts();
            alerts.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(99, 0, 20), []);
        assert_eq!(kinds(50, 50, 0), []);
        assert_eq!(kinds(51, 49, 0), [AlertKind::FailureRatio]);
        assert_eq!(kinds(20_000, 100_000, 21), [AlertKind::Lockouts]);
        assert_eq!(of_number(9), None);
        assert_eq!(of_number(10).map(|(kind, _)| kind), Some(AlertKind::NumberFailures));
    }
}
