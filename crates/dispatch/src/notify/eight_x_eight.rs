//! Callbacks of 8x8's sessions: the session as a read of it tells it, posted to the address that came with it, when it ends. The
//! address is sealed in the PIN's record and is told to nobody; when the record is gone, so is the callback. A PIN without such
//! an address has nothing to tell here.

use std::time::Duration;

use pinfold_channels::Reply;
use pinfold_core::id::PinId;
use pinfold_core::webhook::WebhookSecret;
use pinfold_http::clock::{rfc3339_micros, rfc3339_millis, stopwatch};
use pinfold_postgres::{SettledWebhook, Snapshot, TakenWebhook};
use pinfold_redis::Record;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Notifier;
use super::attempt::signature;

/// What the dialect noted with the PIN.
#[derive(Deserialize)]
struct Note {
    #[serde(rename = "p")]
    pause_s: u64,
    #[serde(rename = "t")]
    sent_ms: Option<u64>,
    callback: Callback,
}

#[derive(Deserialize)]
struct Callback {
    url: String,
    version: u8,
}

/// A session that ended.
struct Session<'a> {
    pin: PinId,
    sub_account: &'a str,
    record: Record,
    digits: String,
    note: Note,
}

impl Notifier {
    /// Makes one attempt. `None` when it could not even be made.
    pub(super) async fn tell_as_eight_x_eight(
        &self,
        taken: &TakenWebhook,
        snapshot: &Snapshot,
        secrets: &[WebhookSecret],
    ) -> Option<SettledWebhook> {
        let nothing = Reply { status: None, reason: None, retry_after: None };
        let Some(pin) = taken.data.get("pinId").and_then(Value::as_str).and_then(|id| id.parse::<PinId>().ok()) else {
            return Some(self.judge(taken, &nothing, Duration::ZERO));
        };
        let record = match self.hot.peek(taken.tenant(), pin).await {
            Ok(record) => record,
            Err(error) => {
                tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "a record cannot be read for a callback");
                return None;
            }
        };
        let Some(record) = record else {
            // Whether there was a callback is not known any more, unless one was tried.
            let settled = self.judge(taken, &nothing, Duration::ZERO);
            let is_lost = taken.tries() > 0;
            return Some(if is_lost { SettledWebhook { outcome: "record_gone".into(), ..settled } } else { settled });
        };
        let Some((session, status)) = session(snapshot, pin, record).zip(status(&taken.kind)) else {
            return Some(self.judge(taken, &nothing, Duration::ZERO));
        };
        let body = serde_json::to_vec(&session.body(status)).expect("JSON with text keys serialises");
        let started = stopwatch();
        let reply = self.callbacks.post(&session.note.callback.url, &signature(taken, secrets, &body), body).await;
        self.metrics.attempt(&reply);
        Some(self.judge(taken, &reply, started.elapsed()))
    }
}

/// The session of a PIN, if it has a callback.
fn session(snapshot: &Snapshot, pin: PinId, record: Record) -> Option<Session<'_>> {
    let envelope = snapshot.keys.open_envelope(record.key_version, pin, &record.sealed).ok()?;
    let note = serde_json::from_str(envelope.note.as_deref()?).ok()?;
    let application = snapshot.messages.get(&record.message)?.application;
    let (sub_account, _) = snapshot.slugs.iter().find(|(_, known)| **known == application)?;
    Some(Session { pin, sub_account, record, digits: envelope.recipient.text().to_owned(), note })
}

/// What an end is called.
fn status(kind: &str) -> Option<&'static str> {
    match kind {
        "pin.verified" => Some("VERIFIED"),
        "pin.exhausted" => Some("FAILED"),
        "pin.expired" | "pin.canceled" => Some("EXPIRED"),
        _ => None,
    }
}

impl Session<'_> {
    /// The session in the shape of the version that began it.
    fn body(&self, status: &str) -> Value {
        let (record, id) = (&self.record, self.pin.to_string().to_ascii_lowercase());
        // The check that was right is no failed one.
        let attempt = record.attempts_used.saturating_sub(u8::from(status == "VERIFIED"));
        let next_ms = self.note.sent_ms.unwrap_or(record.created_ms) + self.note.pause_s * 1_000;
        if self.note.callback.version == 1 {
            json!({
                "uid": Uuid::from(self.pin), "resourceUri": format!("/verify/v1/{}/{id}", self.sub_account),
                "msisdn": self.digits.parse::<u64>().unwrap_or_default(), "status": status, "attempt": attempt,
                "expiresAt": rfc3339_micros(record.expires_ms), "nextSmsAfter": rfc3339_micros(next_ms),
            })
        } else {
            json!({
                "sessionId": id, "verifyUri": format!("/api/v2/subaccounts/{}/sessions/{id}", self.sub_account),
                "destination": format!("+{}", self.digits), "status": status, "attempt": attempt,
                "expiresAt": rfc3339_millis(record.expires_ms), "retryAfter": rfc3339_millis(next_ms),
            })
        }
    }
}
