//! Webhooks: where a tenant wants to be told, what it was told, and the outbox between an event and its delivery. Messages
//! are queued by a trigger, in the transaction that records their event.

mod endpoints;
mod messages;
mod outbox;

pub use endpoints::{NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointChange, WebhookEndpoints};
pub use messages::{Queued, WebhookAttempt, WebhookFilter, WebhookMessage, WebhookMessages};
pub use outbox::{SettledWebhook, TakenWebhook, WebhookChange, WebhookDepth, WebhookLease, WebhookShares};
