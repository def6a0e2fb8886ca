//! An entry of the audit log as it is read, and which entries a list shows.

use serde::Deserialize;
use serde_json::Value;

use crate::Error;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AuditEntry {
    /// Its place in the chain, from 1.
    pub sequence: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who: `key:…`, `person:…`, `operator`, `system`, `anonymous`.
    pub actor: String,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// By which operation.
    pub operation: Option<String>,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub object: String,
    /// To which one.
    pub object_id: Option<String>,
    /// What changed, as it was.
    pub before: Option<Value>,
    /// What changed, as it is now.
    pub after: Option<Value>,
    /// What else there is to say.
    pub detail: Option<Value>,
}

impl AuditEntry {
    /// What [`Self::cells`] are called.
    pub const COLUMNS: [&str; 12] = [
        "sequence",
        "at",
        "actor",
        "address",
        "request_id",
        "operation",
        "action",
        "object",
        "object_id",
        "before",
        "after",
        "detail",
    ];

    /// The entry as cells of a table, with its time written by `time`.
    #[must_use]
    pub fn cells(&self, time: impl Fn(u64) -> String) -> [String; 12] {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let json = |json: &Option<Value>| json.as_ref().map(Value::to_string).unwrap_or_default();
        [
            self.sequence.to_string(),
            time(self.at_ms),
            self.actor.clone(),
            text(&self.address),
            text(&self.request_id),
            text(&self.operation),
            self.action.clone(),
            self.object.clone(),
            text(&self.object_id),
            json(&self.before),
            json(&self.after),
            json(&self.detail),
        ]
    }

    pub(super) fn read(sequence: i64, payload: &str) -> Result<Self, Error> {
        serde_json::from_str(payload).map_err(|_| Error::corrupt("audit_entries", "payload", sequence))
    }
}

/// Which entries a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those before this place in the chain.
    pub before: Option<u64>,
    /// Those of this time or later, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Those earlier than this.
    pub to_ms: Option<u64>,
    /// Those of this actor.
    pub actor: Option<String>,
    /// Those of this action.
    pub action: Option<String>,
    /// Those about this kind of thing.
    pub object: Option<String>,
    /// Those about this one.
    pub object_id: Option<String>,
    /// The most entries.
    pub size: u32,
}
