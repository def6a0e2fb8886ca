//! Endpoints and messages as a client sees them. A secret is there once, in the answer that makes it.

use pinfold_core::id::{WebhookEndpointId, WebhookMessageId};
use pinfold_core::webhook::{WebhookSecret, header_id};
use pinfold_http::clock::rfc3339;
use pinfold_postgres::{WebhookAttempt, WebhookEndpoint, WebhookMessage};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

/// An address that is told what happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
pub(super) struct EndpointView {
    /// Its id.
    #[schema(value_type = String, example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A")]
    id: WebhookEndpointId,
    /// Where messages go.
    #[schema(example = "https://example.com/hooks/pins")]
    url: String,
    /// What it is for.
    #[schema(example = "Sign-in service")]
    description: String,
    /// The types it wants.
    #[schema(example = json!(["pin.verified", "pin.failed"]))]
    event_types: Vec<String>,
    /// How it is told: `standard`, `vonage`, or `eight_x_eight` for the callbacks of 8x8's sessions.
    #[schema(value_type = String, example = "standard")]
    format: &'static str,
    /// Whether it is told anything.
    enabled: bool,
    /// Why it is not: `manual`, `gone` (it answered 410) or `failing` (it took nothing for days).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "failing")]
    disabled_reason: Option<String>,
    /// Since when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    disabled_at: Option<String>,
    /// Since when it has taken nothing; absent while it takes messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    failing_since: Option<String>,
    /// Until when the secret before the current one signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    previous_secret_expires_at: Option<String>,
    /// When it was created.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    created_at: String,
    /// The secret that signs, in this answer and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD3SVYZVpmmlI=")]
    secret: Option<String>,
}

/// A message to an endpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookMessage)]
pub(super) struct MessageView {
    /// Its id.
    #[schema(value_type = String, example = "9B1DEB4D3B7D4BAD9BDD2B0D7B3DCB6D")]
    id: WebhookMessageId,
    /// The header `webhook-id` of its attempts.
    #[schema(example = "msg_9B1DEB4D3B7D4BAD9BDD2B0D7B3DCB6D")]
    webhook_id: String,
    /// Its type.
    #[schema(example = "pin.verified")]
    r#type: String,
    /// When what it tells of happened.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    timestamp: String,
    /// What it tells.
    #[schema(value_type = Object, example = json!({"pinId": "0933F3BC087D2A617AC6DCB2EF5B8A61", "status": "verified", "channel": "sms"}))]
    data: serde_json::Value,
    /// `waiting`, `delivered` or `failed`.
    #[schema(example = "delivered")]
    status: String,
    /// Attempts made.
    #[schema(example = 1)]
    attempts: u32,
    /// What the last attempt came to: `delivered`, or why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "http_503")]
    last_outcome: Option<String>,
    /// When the next attempt is due, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    next_attempt_at: Option<String>,
    /// When it was queued.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    created_at: String,
    /// When it was delivered or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    finished_at: Option<String>,
}

/// A message with all its attempts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookMessageDetail)]
pub(super) struct MessageDetailView {
    #[serde(flatten)]
    message: MessageView,
    /// Its attempts, oldest first.
    attempt_log: Vec<AttemptView>,
}

/// One attempt at a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookAttempt)]
struct AttemptView {
    /// Which one, from 1.
    number: u32,
    /// When it ended.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    ended_at: String,
    /// `delivered`, or why not.
    #[schema(example = "http_503")]
    outcome: String,
    /// What the receiver answered, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 503)]
    status_code: Option<u16>,
    /// How long it took, in milliseconds.
    #[schema(example = 182)]
    duration_ms: u32,
}

impl From<WebhookEndpoint> for EndpointView {
    fn from(endpoint: WebhookEndpoint) -> Self {
        let (disabled_reason, disabled_ms) = endpoint.disabled.unzip();
        Self {
            id: endpoint.id,
            url: endpoint.url,
            description: endpoint.description,
            event_types: endpoint.types,
            format: endpoint.format.name(),
            enabled: disabled_reason.is_none(),
            disabled_reason,
            disabled_at: disabled_ms.map(rfc3339),
            failing_since: endpoint.failing_since_ms.map(rfc3339),
            previous_secret_expires_at: endpoint.previous_expires_ms.map(rfc3339),
            created_at: rfc3339(endpoint.created_ms),
            secret: None,
        }
    }
}

impl EndpointView {
    /// An endpoint whose secret was just made.
    pub(super) fn with_secret(endpoint: WebhookEndpoint, secret: &WebhookSecret) -> Self {
        Self { secret: Some(secret.text().expose_secret().to_owned()), ..endpoint.into() }
    }
}

impl From<WebhookMessage> for MessageView {
    fn from(message: WebhookMessage) -> Self {
        Self {
            id: message.id,
            webhook_id: header_id(message.id),
            r#type: message.kind,
            timestamp: rfc3339(message.happened_ms),
            data: message.data,
            status: message.status,
            attempts: message.attempts,
            last_outcome: message.last_outcome,
            next_attempt_at: message.due_ms.map(rfc3339),
            created_at: rfc3339(message.created_ms),
            finished_at: message.finished_ms.map(rfc3339),
        }
    }
}

impl MessageDetailView {
    pub(super) fn new(message: WebhookMessage, attempts: Vec<WebhookAttempt>) -> Self {
        let attempt = |attempt: WebhookAttempt| AttemptView {
            number: attempt.number,
            ended_at: rfc3339(attempt.ended_ms),
            outcome: attempt.outcome,
            status_code: attempt.status_code,
            duration_ms: attempt.duration_ms,
        };
        Self { message: message.into(), attempt_log: attempts.into_iter().map(attempt).collect() }
    }
}
