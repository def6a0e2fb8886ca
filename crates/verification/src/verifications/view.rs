//! A PIN's story as a client sees it.

use pinfold_core::id::{ApplicationId, ConnectionId, PinId};
use pinfold_core::price::Price;
use pinfold_http::clock::rfc3339;
use pinfold_postgres::{RecordedDelivery, RecordedEvent, RecordedReceipt, Snapshot, Verification};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::story::Known;

/// Everything that is known of one PIN.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoryView {
    /// The PIN.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    pin_id: PinId,
    /// Its application; absent when that is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    application_id: Option<ApplicationId>,
    /// The application's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    application_name: Option<String>,
    /// Its message template; the application's id for the built-in text.
    message_id: String,
    /// The channels of its messages, in their order.
    #[schema(value_type = Vec<String>)]
    channels: Vec<&'static str>,
    /// The recipient with at most four characters shown; absent once the PIN's record is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "…6727")]
    recipient: Option<String>,
    /// `waiting`, `sent`, `verified`, `exhausted`, `canceled`, `failed` or `expired`.
    #[schema(value_type = String, example = "verified")]
    status: &'static str,
    /// When it was accepted.
    created_at: String,
    /// When it dies.
    expires_at: String,
    /// When a provider first took a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sent_at: Option<String>,
    /// When it was first verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verified_at: Option<String>,
    /// Wrong guesses.
    wrong_guesses: u32,
    /// True for a test number: the code was fixed and no message left. Absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
    /// Its messages, in order.
    deliveries: Vec<DeliveryView>,
    /// What happened, in order.
    events: Vec<EventView>,
}

/// One message of a PIN.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
pub(super) struct DeliveryView {
    /// Its number, from 1.
    number: u8,
    /// The way it went.
    #[schema(value_type = String, example = "sms")]
    channel: &'static str,
    /// What became of the attempts: `sent`, `failed`, `skipped` or `retrying`.
    #[schema(value_type = String, example = "sent")]
    status: &'static str,
    /// How many SMS the text took.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    segments: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    receipt: Option<ReceiptView>,
    /// The attempts at it, in order.
    attempts: Vec<AttemptView>,
}

/// What the provider says of a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryReceipt)]
struct ReceiptView {
    /// `unknown`, `sent`, `expired`, `undeliverable`, `rejected`, `delivered` or `read`.
    #[schema(value_type = String, example = "delivered")]
    state: &'static str,
    /// The provider's code of the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// When it happened, by the provider's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    at: Option<String>,
    /// When the first receipt came.
    received_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    price: Option<PriceView>,
}

/// One attempt at a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryAttempt)]
struct AttemptView {
    /// Its number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    number: Option<u8>,
    /// When it ended.
    at: String,
    /// `sent`, `retried` when another followed, `failed` or `skipped`.
    #[schema(example = "sent")]
    outcome: String,
    /// Why it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "http_503")]
    reason: Option<String>,
    /// The connection it went over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    connection_id: Option<ConnectionId>,
    /// The connection's name; absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    connection_name: Option<String>,
    /// The provider's id of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider_id: Option<String>,
    /// How long the provider took to answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    latency_ms: Option<u64>,
    /// The country of the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "CH")]
    region: Option<String>,
    /// Whose fault a failure was: `connection`, `recipient`, `message` or `unclear`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    price: Option<PriceView>,
    /// How the connection was chosen, as it was recorded; absent where there was no choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Object>)]
    decision: Option<Value>,
}

/// What a message costs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessagePrice)]
struct PriceView {
    /// Millionths of the currency's unit.
    #[schema(example = 7500)]
    micros: u64,
    /// The currency (ISO 4217).
    #[schema(example = "EUR")]
    currency: String,
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = VerificationEvent)]
pub(super) struct EventView {
    /// When.
    at: String,
    /// `sent`, `retried`, `failed`, `skipped`, `delivered`, `undelivered`, `verified`, `wrong`, `exhausted`, `locked`,
    /// `canceled` or `expired`; more may come.
    #[schema(example = "delivered")]
    event: String,
    /// The message it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    delivery: Option<u8>,
    /// The attempt it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attempt: Option<u8>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

/// What became of one PIN, in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = VerificationSummary)]
pub(super) struct SummaryView {
    /// The PIN.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    pin_id: PinId,
    /// Its application; absent when that was gone when it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    application_id: Option<ApplicationId>,
    /// Its message template; the application's id for the built-in text.
    message_id: String,
    /// The channel of its last message.
    #[schema(value_type = String, example = "sms")]
    channel: &'static str,
    /// `waiting`, `sent`, `verified`, `exhausted`, `canceled`, `failed` or `expired`.
    #[schema(value_type = String, example = "verified")]
    status: &'static str,
    /// When it was accepted.
    created_at: String,
    /// When it dies.
    expires_at: String,
    /// When a provider first took a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sent_at: Option<String>,
    /// When it was first verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    verified_at: Option<String>,
    /// Wrong guesses.
    wrong_guesses: u32,
    /// Messages asked for.
    deliveries: u8,
    /// True for a test number: the code was fixed and no message left. Absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

impl StoryView {
    pub(super) fn new(pin: PinId, known: Known, snapshot: &Snapshot) -> Self {
        let test = known.is_test();
        let (status, recipient, verified_ms) = (known.status().name(), known.recipient(snapshot, pin), known.verified_ms());
        let Known { record, story, .. } = known;
        let recorded = story.as_ref().map(|story| &story.verification);
        let message = record.as_ref().map(|record| record.message).or(recorded.map(|recorded| recorded.message));
        let configured = message.and_then(|message| snapshot.messages.get(&message)).map(|message| message.application);
        let application = recorded.and_then(|recorded| recorded.application).or(configured);
        let time = |live: Option<u64>, stored: Option<u64>| rfc3339(live.or(stored).unwrap_or_default());
        let sent_ms = recorded.and_then(|recorded| recorded.sent_ms);
        let last = record.as_ref().map(|record| record.channel).or(recorded.map(|recorded| recorded.channel));
        let created_at = time(record.as_ref().map(|it| it.created_ms), recorded.map(|it| it.created_ms));
        let expires_at = time(record.as_ref().map(|it| it.expires_ms), recorded.map(|it| it.expires_ms));
        let wrong_guesses = recorded.map_or(0, |recorded| recorded.wrong_guesses);
        let (deliveries, events) = story.map(|story| (story.deliveries, story.events)).unwrap_or_default();
        let mut channels: Vec<&'static str> = Vec::new();
        for channel in deliveries.iter().map(|delivery| delivery.channel).chain(last) {
            if !channels.contains(&channel.name()) {
                channels.push(channel.name());
            }
        }
        Self {
            pin_id: pin,
            application_id: application,
            application_name: application.and_then(|id| Some(snapshot.applications.get(&id)?.name.clone())),
            message_id: message.map(|message| message.to_string()).unwrap_or_default(),
            channels,
            recipient,
            status,
            created_at,
            expires_at,
            sent_at: sent_ms.map(rfc3339),
            verified_at: verified_ms.map(rfc3339),
            wrong_guesses,
            test,
            deliveries: deliveries.into_iter().map(|delivery| DeliveryView::new(delivery, &events, snapshot)).collect(),
            events: events.iter().map(EventView::from).collect(),
        }
    }
}

impl DeliveryView {
    fn new(delivery: RecordedDelivery, events: &[RecordedEvent], snapshot: &Snapshot) -> Self {
        let is_attempt = |event: &&RecordedEvent| {
            let of_this = event.delivery.unwrap_or(1) == delivery.number;
            of_this && matches!(event.kind.as_str(), "sent" | "retried" | "failed" | "skipped")
        };
        Self {
            number: delivery.number,
            channel: delivery.channel.name(),
            status: delivery.status.name(),
            segments: delivery.segments,
            receipt: delivery.receipt.map(ReceiptView::from),
            attempts: events.iter().filter(is_attempt).map(|event| AttemptView::new(event, snapshot)).collect(),
        }
    }
}

impl AttemptView {
    fn new(event: &RecordedEvent, snapshot: &Snapshot) -> Self {
        let detail = event.detail.as_ref().unwrap_or(&Value::Null);
        let text = |name: &str| detail[name].as_str().map(str::to_owned);
        let price = detail["price_micros"].as_u64().zip(text("currency"));
        Self {
            number: event.attempt,
            at: rfc3339(event.at_ms),
            outcome: event.kind.clone(),
            reason: event.reason.clone(),
            connection_id: event.connection,
            connection_name: event.connection.and_then(|id| Some(snapshot.connections.get(&id)?.name.clone())),
            provider_id: event.provider_id.clone(),
            latency_ms: detail["latency_ms"].as_u64(),
            region: text("region"),
            fault: text("fault"),
            price: price.map(|(micros, currency)| PriceView { micros, currency }),
            decision: detail.get("decision").filter(|decision| decision.is_object()).cloned(),
        }
    }
}

impl From<RecordedReceipt> for ReceiptView {
    fn from(receipt: RecordedReceipt) -> Self {
        Self {
            state: receipt.state.name(),
            reason: receipt.reason,
            at: receipt.at_ms.map(rfc3339),
            received_at: rfc3339(receipt.received_ms),
            price: receipt.price.map(PriceView::from),
        }
    }
}

impl From<Price> for PriceView {
    fn from(price: Price) -> Self {
        Self { micros: price.micros, currency: price.currency.code().to_owned() }
    }
}

impl From<&RecordedEvent> for EventView {
    fn from(event: &RecordedEvent) -> Self {
        Self {
            at: rfc3339(event.at_ms),
            event: event.kind.clone(),
            delivery: event.delivery,
            attempt: event.attempt,
            reason: event.reason.clone(),
        }
    }
}

impl SummaryView {
    pub(super) fn new(verification: Verification, now_ms: u64) -> Self {
        Self {
            pin_id: verification.pin,
            application_id: verification.application,
            message_id: verification.message.to_string(),
            channel: verification.channel.name(),
            status: verification.status_at(now_ms).name(),
            created_at: rfc3339(verification.created_ms),
            expires_at: rfc3339(verification.expires_ms),
            sent_at: verification.sent_ms.map(rfc3339),
            verified_at: verification.verified_ms.map(rfc3339),
            wrong_guesses: verification.wrong_guesses,
            deliveries: verification.deliveries,
            test: verification.is_test,
        }
    }
}
