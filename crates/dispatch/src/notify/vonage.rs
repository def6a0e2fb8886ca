//! Messages to an endpoint that wants to be told as Vonage tells its customers: what became of a channel, and of a
//! verification. What the events do not know, the caller's reference and the workflow, is read from the PIN's record, which
//! outlives the PIN by a while. A PIN that was not started as a verification of Vonage's has nothing to tell here.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use pinfold_channels::Reply;
use pinfold_core::entropy;
use pinfold_core::id::{ApplicationId, PinId};
use pinfold_core::webhook::WebhookSecret;
use pinfold_http::clock::{now_ms, rfc3339_millis, stopwatch};
use pinfold_postgres::{SettledWebhook, Snapshot, TakenWebhook};
use pinfold_redis::Record;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Notifier;

/// How long a token is good, in seconds.
const LIFE_S: u64 = 300;

/// What the dialect noted with the PIN.
#[derive(Debug, Deserialize)]
struct Note {
    client_ref: Option<String>,
    channel_timeout: u64,
    workflow: Vec<String>,
}

/// What is known of a verification.
struct Verification {
    pin: PinId,
    application: ApplicationId,
    record: Record,
    note: Note,
}

impl Notifier {
    /// Makes one attempt. `None` when it could not even be made.
    pub(super) async fn tell_as_vonage(
        &self,
        taken: &TakenWebhook,
        snapshot: &Snapshot,
        secret: &WebhookSecret,
    ) -> Option<SettledWebhook> {
        let nothing = || Reply { status: None, reason: None, retry_after: None };
        let started = stopwatch();
        let pin = taken.data.get("pinId").and_then(Value::as_str).and_then(|id| id.parse::<PinId>().ok());
        let record = match pin {
            // About other things than PINs.
            None => return Some(self.judge(taken, &nothing(), Duration::ZERO)),
            Some(pin) => self.hot.peek(taken.tenant(), pin).await,
        };
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "a record cannot be read for a webhook");
                return None;
            }
        };
        let found = pin.zip(record).and_then(|(pin, record)| verification(snapshot, pin, record));
        let Some(found) = found else { return Some(self.judge(taken, &nothing(), started.elapsed())) };
        let mut reply = nothing();
        for body in found.bodies(&taken.kind, taken.happened_ms()) {
            reply = self.post_signed(&taken.url, &found, secret, &body).await;
            self.metrics.attempt(&reply);
            if reply.reason.is_some() {
                break;
            }
        }
        Some(self.judge(taken, &reply, started.elapsed()))
    }

    async fn post_signed(&self, url: &str, of: &Verification, secret: &WebhookSecret, body: &Value) -> Reply {
        let bytes = serde_json::to_vec(body).expect("JSON with text keys serialises");
        let now_s = now_ms() / 1_000;
        let hash = hex::encode(digest(&SHA256, &bytes));
        let claims = json!({
            "iss": "Vonage", "iat": now_s, "exp": now_s + LIFE_S, "jti": Uuid::from_bytes(entropy::bytes()).to_string(),
            "application_id": Uuid::from(of.application).to_string(), "payload_hash": hash,
        });
        let headers = [("authorization", format!("Bearer {}", secret.token(&claims)))];
        self.callbacks.post(url, &headers, bytes).await
    }
}

/// What is known of a PIN, if it was started as a verification of Vonage's.
fn verification(snapshot: &Snapshot, pin: PinId, record: Record) -> Option<Verification> {
    let envelope = snapshot.keys.open_envelope(record.key_version, pin, &record.sealed).ok()?;
    let note = serde_json::from_str(envelope.note.as_deref()?).ok()?;
    let application = snapshot.messages.get(&record.message)?.application;
    Some(Verification { pin, application, record, note })
}

impl Verification {
    /// What an event of this kind is told as: nothing, the end of a channel, the end of it all.
    fn bodies(&self, kind: &str, at_ms: u64) -> Vec<Value> {
        match kind {
            "pin.failed" => vec![self.event("failed", at_ms)],
            "pin.verified" => vec![self.event("completed", at_ms), self.summary("completed")],
            "pin.exhausted" => vec![self.event("failed", at_ms), self.summary("failed")],
            "pin.canceled" => vec![self.summary("failed")],
            "pin.expired" => vec![self.summary("expired")],
            _ => Vec::new(),
        }
    }

    fn event(&self, status: &str, at_ms: u64) -> Value {
        self.referred(json!({
            "request_id": Uuid::from(self.pin), "triggered_at": rfc3339_millis(self.record.created_ms), "type": "event",
            "channel": self.record.channel.name(), "status": status, "finalized_at": rfc3339_millis(at_ms),
        }))
    }

    fn summary(&self, status: &str) -> Value {
        let current = usize::from(self.record.steps_taken);
        let step = |(place, channel): (usize, &String)| {
            let status = match place.cmp(&current) {
                std::cmp::Ordering::Less => "expired",
                std::cmp::Ordering::Equal => status,
                std::cmp::Ordering::Greater => "unused",
            };
            let mut step = json!({ "channel": channel, "status": status });
            if place == 0 {
                step["initiated_at"] = json!(rfc3339_millis(self.record.created_ms));
            }
            step
        };
        let workflow: Vec<Value> = self.note.workflow.iter().enumerate().map(step).collect();
        self.referred(json!({
            "request_id": Uuid::from(self.pin), "submitted_at": rfc3339_millis(self.record.created_ms), "status": status,
            "type": "summary", "channel_timeout": self.note.channel_timeout, "workflow": workflow,
        }))
    }

    /// With the caller's own reference, if there is one.
    fn referred(&self, mut body: Value) -> Value {
        if let Some(reference) = &self.note.client_ref {
            body["client_ref"] = json!(reference);
        }
        body
    }
}
