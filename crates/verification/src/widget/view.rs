//! What a page shows of a verification.

use pinfold_core::alphabet::Alphabet;
use pinfold_core::channel::Channel;
use pinfold_core::recipient::Recipient;
use pinfold_postgres::built_in_id;
use pinfold_redis::Record;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::Page;

/// Where a page's verification stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WidgetView {
    /// `new` before the first message, `sent` while a code may be typed, `verified`, or `over`.
    #[schema(value_type = String, example = "sent")]
    pub(super) state: &'static str,
    /// Who gets the code, masked; none while nobody said it.
    #[schema(example = "*******6727")]
    to: Option<String>,
    /// Whether the token says who gets it.
    is_fixed: bool,
    /// The way of the last message.
    #[schema(value_type = Option<String>, example = "sms")]
    channel: Option<&'static str>,
    /// The ways it may go.
    #[schema(value_type = Vec<String>)]
    channels: Vec<&'static str>,
    /// How many characters the code has.
    #[schema(example = 6)]
    code_length: u8,
    /// Whether it has digits only.
    is_numeric: bool,
    /// The language that the token asks for.
    #[schema(example = "de")]
    locale: Option<String>,
    /// The pause before another message, in seconds.
    resend_seconds: u64,
    /// Seconds until the token ends.
    remaining_seconds: u64,
}

impl WidgetView {
    /// Before the first message.
    pub(super) fn new(page: &Page, now_ms: u64) -> Self {
        let token = &page.token;
        let message = token.message.unwrap_or_else(|| built_in_id(token.application));
        let (code_length, alphabet) =
            page.snapshot.messages.get(&message).map_or((6, Alphabet::Numeric), |message| (message.pin_length, message.alphabet));
        Self {
            state: "new",
            to: token.to.as_deref().and_then(|to| Recipient::parse(to).ok()).map(|to| to.masked()),
            is_fixed: token.to.is_some(),
            channel: None,
            channels: token.channels().map(Channel::name).collect(),
            code_length,
            is_numeric: alphabet == Alphabet::Numeric,
            locale: token.locale.clone(),
            resend_seconds: token.resend_s,
            remaining_seconds: token.expires_ms.saturating_sub(now_ms) / 1_000,
        }
    }

    /// After a message.
    pub(super) fn sent(page: &Page, to: &Recipient, channel: Channel, now_ms: u64) -> Self {
        Self { state: "sent", to: Some(to.masked()), channel: Some(channel.name()), ..Self::new(page, now_ms) }
    }

    /// As its record says.
    pub(super) fn of(page: &Page, record: &Record, now_ms: u64) -> Self {
        let envelope = page.snapshot.keys.open_envelope(record.key_version, page.token.pin, &record.sealed).ok();
        let to = envelope.map(|mut envelope| {
            envelope.turn_to(record.channel);
            envelope.recipient.masked()
        });
        let state = match (record.verified_ms, record.terminal(now_ms)) {
            (Some(_), _) => "verified",
            (None, Some(_)) => "over",
            (None, None) => "sent",
        };
        Self { state, to, channel: Some(record.channel.name()), ..Self::new(page, now_ms) }
    }
}
