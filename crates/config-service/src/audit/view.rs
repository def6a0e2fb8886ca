//! An entry of the audit log as clients see it.

use pinfold_http::clock::rfc3339;
use pinfold_postgres::AuditEntry;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One thing that was done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
pub(super) struct EntryView {
    /// Its place in the tenant's log, from 1 without gaps.
    #[schema(example = 17)]
    sequence: u64,
    /// When, in UTC.
    #[schema(format = DateTime, example = "2026-11-21T12:00:00.000Z")]
    at: String,
    /// Who: `key:` or `person:` and an id, `operator`, `system` or `anonymous`.
    #[schema(example = "key:0933F3BC087D2A617AC6DCB2EF5B8A61")]
    actor: String,
    /// From which address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "192.0.2.7")]
    address: Option<String>,
    /// In which request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "8f14e45fceea167a5a36dedd4bea2543")]
    request_id: Option<String>,
    /// By which operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "applications.update")]
    operation: Option<String>,
    /// What was done: `created`, `updated`, `deleted`, `denied`, `revealed`, `exported` and the like.
    #[schema(example = "updated")]
    action: String,
    /// To what kind of thing.
    #[schema(example = "application")]
    object: String,
    /// To which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    object_id: Option<String>,
    /// What changed, as it was. Secrets are named, and `hidden`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    before: Option<Value>,
    /// What changed, as it is since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    after: Option<Value>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    detail: Option<Value>,
}

impl From<AuditEntry> for EntryView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            sequence: entry.sequence,
            at: rfc3339(entry.at_ms),
            actor: entry.actor,
            address: entry.address,
            request_id: entry.request_id,
            operation: entry.operation,
            action: entry.action,
            object: entry.object,
            object_id: entry.object_id,
            before: entry.before,
            after: entry.after,
            detail: entry.detail,
        }
    }
}
