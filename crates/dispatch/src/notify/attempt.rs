//! One attempt at one message: written, signed, posted, judged.

use std::time::Duration;

use pinfold_channels::Reply;
use pinfold_core::entropy;
use pinfold_core::webhook::{TEST, WebhookFormat, WebhookSecret, header_id};
use pinfold_http::clock::{now_ms, rfc3339, stopwatch};
use pinfold_postgres::{SettledWebhook, TakenWebhook};
use serde::Serialize;

use super::Notifier;

/// What a receiver reads.
#[derive(Serialize)]
struct Content<'a> {
    r#type: &'a str,
    timestamp: String,
    data: &'a serde_json::Value,
}

/// The headers of Standard Webhooks for this body, now.
pub(super) fn signature(taken: &TakenWebhook, secrets: &[WebhookSecret], body: &[u8]) -> [(&'static str, String); 3] {
    let (id, timestamp_s) = (header_id(taken.id()), now_ms() / 1_000);
    let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(&id, timestamp_s, body)).collect();
    [("webhook-id", id), ("webhook-timestamp", timestamp_s.to_string()), ("webhook-signature", signatures.join(" "))]
}

impl Notifier {
    /// Makes one attempt. `None` when it could not even be made, through no fault of the receiver: the message is taken
    /// again when its lease is over.
    pub(super) async fn attempt(&self, taken: TakenWebhook) -> Option<SettledWebhook> {
        let (tenant, endpoint) = (taken.tenant(), taken.endpoint());
        let snapshot = match self.snapshots.tenant(tenant).await {
            Ok(found) => found?,
            Err(error) => {
                self.postgres.begin(&*error.0);
                return None;
            }
        };
        let secrets = match taken.secrets(&snapshot.keys, now_ms()) {
            Ok(secrets) => secrets,
            Err(error) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::error!(error, tenant.id = %tenant, endpoint.id = %endpoint, "a webhook cannot be signed");
                return None;
            }
        };
        match taken.format() {
            WebhookFormat::Vonage if taken.kind != TEST => return self.tell_as_vonage(&taken, &snapshot, &secrets[0]).await,
            WebhookFormat::EightXEight if taken.kind != TEST => {
                return self.tell_as_eight_x_eight(&taken, &snapshot, &secrets).await;
            }
            _ => {}
        }
        let content = Content { r#type: &taken.kind, timestamp: rfc3339(taken.happened_ms()), data: &taken.data };
        let body = serde_json::to_vec(&content).expect("JSON with text keys serialises");
        let headers = signature(&taken, &secrets, &body);
        let started = stopwatch();
        let reply = self.callbacks.post(&taken.url, &headers, body).await;
        let duration = started.elapsed();
        self.metrics.attempt(&reply);
        let settled = self.judge(&taken, &reply, duration);
        if reply.reason.is_none() && taken.tries() == 0 {
            self.metrics.delivered(Duration::from_millis(settled.ended_ms.saturating_sub(taken.created_ms())));
        }
        tracing::debug!(
            tenant.id = %tenant,
            endpoint.id = %endpoint,
            webhook.id = %taken.id(),
            webhook.kind = taken.kind,
            outcome = settled.outcome,
            "an attempt at a webhook ended"
        );
        Some(settled)
    }

    pub(super) fn judge(&self, taken: &TakenWebhook, reply: &Reply, duration: Duration) -> SettledWebhook {
        let ended_ms = now_ms();
        let next = reply.reason.as_ref().and_then(|_| {
            self.schedule.wait(taken.tries() + 1, reply.retry_after, entropy::fraction()).map(|wait| wait.as_millis() as u64)
        });
        SettledWebhook {
            endpoint: taken.endpoint(),
            id: taken.id(),
            ended_ms,
            outcome: reply.reason.as_deref().unwrap_or("delivered").to_owned(),
            status_code: reply.status,
            duration,
            next_ms: next.map(|wait| ended_ms + wait),
        }
    }
}
