#![doc = include_str!("../README.md")]

mod alerts;
mod api_keys;
mod applications;
mod attempts;
mod audit;
mod caps;
mod challenges;
mod column;
mod connect;
mod connections;
mod conversions;
mod database;
mod entities;
mod error;
mod events;
mod export;
mod factors;
mod fallbacks;
mod first_sends;
mod fraud;
mod fraud_decisions;
mod key_ring;
mod lapsed;
mod messages;
mod messaging_configurations;
mod migrate;
mod number_lookup;
mod offboarding;
mod origins;
mod page;
mod partitions;
mod people;
mod privacy;
mod public_keys;
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
mod template_sets;
mod tenant_scope;
mod tenants;
mod test_numbers;
mod time;
mod traffic;
mod verifications;
mod webhooks;

pub use alerts::{Alert, AlertFilter, Alerts};
pub use api_keys::{ApiKeys, IssuedKey, KeyFilter, KeyOrder, NewKey};
pub use applications::Applications;
pub use attempts::{Attempt, AttemptFilter};
pub use audit::{Acting, Audit, AuditEntry, AuditFault, AuditFilter, ChainHead, Note, PLATFORM, Verified, acting_as};
pub use caps::{TenantCaps, UsageRow};
pub use challenges::{Challenge, ChallengeStanding, Challenges, NewChallenge};
pub use connections::{Connections, connection_place};
pub use conversions::Window;
pub use database::Database;
pub use entities::{Entities, Entity};
pub use error::Error;
pub use events::{EventId, Recorded};
pub use factors::{Factor, FactorChange, Factors, NewFactor};
pub use fallbacks::Fallbacks;
pub use fraud::{Fraud, FraudEntry};
pub use fraud_decisions::{DecisionFilter, FraudDecision};
pub use key_ring::{KeyRing, Rewrapped};
pub use messages::Messages;
pub use messaging_configurations::{MessagingConfiguration, MessagingConfigurations};
pub use migrate::migrate;
pub use number_lookup::NumberLookups;
pub use offboarding::{Offboarding, TenantFigures};
pub use origins::{Origin, Origins};
pub use page::Page;
pub use people::{
    Addressee, AlertToMail, Asserted, Attempts, Budget, Change, DueMail, Invitation, Invitations, LoginFactors, Mails, Member,
    Members, Membership, NewInvitation, NewSession, Passkey, Passkeys, People, Person, PersonTokens, RECOVERY_CODES, SessionRow,
    Sessions, ShownSession, SignUp, SingleSignOn, SingleSignOns, Stage,
};
pub use privacy::{Privacy, RECIPIENT_DAYS};
pub use public_keys::{PublicKeys, StoredPublicKey};
pub use rate_limits::{Added, Bucket, NamedLimit, RateLimit, RateLimits};
pub use receipts::{DeliveryState, Poll, Receipts, Undelivered};
pub use role::RoleFault;
pub use routes::Routes;
pub use safe_numbers::SafeNumbers;
pub use services::{Service, Services};
pub use settings::Settings;
pub use signing_keys::{SigningKey, SigningKeys};
pub use snapshots::{Snapshot, Snapshots, Unavailable, built_in_id};
pub use story::{DeliveryStatus, RecordedDelivery, RecordedEvent, RecordedReceipt, Story};
pub use template_sets::{MOST_SETS, StoredFragment, TemplateSets};
pub use tenant_scope::TenantScope;
pub use tenants::{Tenant, Tenants};
pub use test_numbers::ApplicationTestNumbers;
pub use traffic::{Figures, Traffic, TrafficFilter, TrafficGroup, TrafficKey, TrafficTurn};
pub use verifications::{Verification, VerificationFilter, VerificationStatus, Verifications};
pub use webhooks::{
    NewWebhookEndpoint, Queued, SettledWebhook, TakenWebhook, WebhookAttempt, WebhookChange, WebhookDepth, WebhookEndpoint,
    WebhookEndpointChange, WebhookEndpoints, WebhookFilter, WebhookLease, WebhookMessage, WebhookMessages, WebhookShares,
};
