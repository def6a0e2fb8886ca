//! Alerts and mutes as clients see them.

use pinfold_core::id::AlertId;
use pinfold_http::clock::rfc3339;
use pinfold_postgres::Alert;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Something that needs your eye: one episode.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Alert)]
pub(crate) struct AlertView {
    /// Its id.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    id: AlertId,
    /// Its kind: `number_failures`, `failure_ratio`, `lockouts`, `spraying`, `fraud_recorded`, `fraud_blocked`, `daily_cap` or `monthly_cap`.
    #[schema(example = "number_failures")]
    kind: String,
    /// What it is about. Numbers are masked.
    #[schema(example = "…6727")]
    about: String,
    /// The figures, as they were noticed last.
    #[schema(value_type = Object, example = json!({"failures": 12, "threshold": 10, "windowSeconds": 600}))]
    figures: Value,
    /// When it was raised.
    #[schema(example = "2026-11-21T12:00:00Z")]
    raised_at: String,
    /// When it was noticed last.
    #[schema(example = "2026-11-21T12:05:00Z")]
    last_at: String,
    /// How often it was noticed.
    #[schema(example = 3)]
    times: u32,
    /// Whether nobody was told, because the kind was muted.
    muted: bool,
    /// When it was acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    acknowledged_at: Option<String>,
    /// Who acknowledged it: a person, or an API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "person 0933F3BC087D2A617AC6DCB2EF5B8A61")]
    acknowledged_by: Option<String>,
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        let (at, by) = alert.acknowledged.unzip();
        Self {
            id: alert.id,
            kind: alert.kind,
            about: alert.about,
            figures: alert.figures,
            raised_at: rfc3339(alert.raised_ms),
            last_at: rfc3339(alert.last_ms),
            times: alert.times,
            muted: alert.is_muted,
            acknowledged_at: at.map(rfc3339),
            acknowledged_by: by,
        }
    }
}

/// A kind of alerts that nobody is told of for a while.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertMute)]
pub(crate) struct MuteView {
    /// The kind.
    #[schema(example = "fraud_recorded")]
    pub(super) kind: String,
    /// Until when.
    #[schema(example = "2026-11-22T12:00:00Z")]
    pub(super) until: String,
}

/// The kinds that nobody is told of.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertMutes)]
pub(crate) struct MutesView {
    /// The mutes. They take the place of those before.
    pub(super) mutes: Vec<MuteView>,
}

impl From<Vec<(String, u64)>> for MutesView {
    fn from(mutes: Vec<(String, u64)>) -> Self {
        Self { mutes: mutes.into_iter().map(|(kind, until_ms)| MuteView { kind, until: rfc3339(until_ms) }).collect() }
    }
}
