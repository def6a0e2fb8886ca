#![doc = include_str!("../README.md")]

mod api_keys;
mod applications;
mod connect;
mod connections;
mod challenges;
mod conversions;
mod database;
mod error;
mod entities;
mod events;
mod factors;
mod fallbacks;
mod lapsed;
mod messages;
mod messaging_configurations;
mod migrate;
mod page;
mod partitions;
mod rate_limits;
mod receipts;
mod role;
mod routes;
mod safe_numbers;
mod schema;
mod services;
mod settings;
mod signing_keys;
pub mod snapshots;
mod story;
mod tenant_scope;
mod tenants;
mod time;
mod verifications;
mod webhooks;

pub use api_keys::{ApiKeys, IssuedKey, KeyFilter, KeyOrder, NewKey};
pub use applications::Applications;
pub use challenges::{Challenge, ChallengeStanding, Challenges, NewChallenge};
pub use connections::{Connections, connection_place};
pub use conversions::Window;
pub use database::Database;
pub use error::Error;
pub use entities::{Entities, Entity};
pub use events::{EventId, Recorded};
pub use factors::{Factor, FactorChange, Factors, NewFactor};
pub use fallbacks::Fallbacks;
pub use messages::Messages;
pub use messaging_configurations::{MessagingConfiguration, MessagingConfigurations};
pub use migrate::migrate;
pub use page::Page;
pub use rate_limits::{Added, Bucket, NamedLimit, RateLimit, RateLimits};
pub use receipts::{DeliveryState, Poll, Receipts};
pub use role::RoleFault;
pub use routes::Routes;
pub use safe_numbers::SafeNumbers;
pub use services::{Service, Services};
pub use settings::Settings;
pub use signing_keys::{SigningKey, SigningKeys};
pub use snapshots::{Snapshot, Snapshots, Unavailable, built_in_id};
pub use story::{DeliveryStatus, RecordedDelivery, RecordedEvent, RecordedReceipt, Story};
pub use tenant_scope::TenantScope;
pub use tenants::{Tenant, Tenants};
pub use verifications::{Verification, VerificationFilter, VerificationStatus, Verifications};
pub use webhooks::{
    NewWebhookEndpoint, Queued, SettledWebhook, TakenWebhook, WebhookAttempt, WebhookChange, WebhookDepth, WebhookEndpoint,
    WebhookEndpointChange, WebhookEndpoints, WebhookFilter, WebhookLease, WebhookMessage, WebhookMessages, WebhookShares,
};
