#![doc = include_str!("../README.md")]

mod api_keys;
mod applications;
mod connect;
mod connections;
mod conversions;
mod database;
mod error;
mod events;
mod fallbacks;
mod lapsed;
mod messages;
mod migrate;
mod origins;
mod page;
mod partitions;
mod public_keys;
mod receipts;
mod role;
mod routes;
mod schema;
mod settings;
mod signing_keys;
pub mod snapshots;
mod story;
mod template_sets;
mod tenant_scope;
mod tenants;
mod time;
mod verifications;
mod webhooks;

pub use api_keys::{ApiKeys, IssuedKey, KeyFilter, KeyOrder, NewKey};
pub use applications::Applications;
pub use connections::{Connections, connection_place};
pub use conversions::Window;
pub use database::Database;
pub use error::Error;
pub use events::{EventId, Recorded};
pub use fallbacks::Fallbacks;
pub use messages::Messages;
pub use migrate::migrate;
pub use origins::{Origin, Origins};
pub use page::Page;
pub use public_keys::{PublicKeys, StoredPublicKey};
pub use receipts::{DeliveryState, Poll, Receipts};
pub use role::RoleFault;
pub use routes::Routes;
pub use settings::Settings;
pub use signing_keys::{SigningKey, SigningKeys};
pub use snapshots::{Snapshot, Snapshots, Unavailable, built_in_id};
pub use story::{DeliveryStatus, RecordedDelivery, RecordedEvent, RecordedReceipt, Story};
pub use template_sets::{MOST_SETS, StoredFragment, TemplateSets};
pub use tenant_scope::TenantScope;
pub use tenants::{Tenant, Tenants};
pub use verifications::{Verification, VerificationFilter, VerificationStatus, Verifications};
pub use webhooks::{
    NewWebhookEndpoint, Queued, SettledWebhook, TakenWebhook, WebhookAttempt, WebhookChange, WebhookDepth, WebhookEndpoint,
    WebhookEndpointChange, WebhookEndpoints, WebhookFilter, WebhookLease, WebhookMessage, WebhookMessages, WebhookShares,
};
