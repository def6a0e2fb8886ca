//! Figures as the API shows them.

use pinfold_postgres::Figures;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of PINs and messages. A PIN counts where its last message belongs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StatisticsFigures)]
pub(super) struct FiguresView {
    /// PINs accepted.
    pins: u64,
    /// Those of which a provider took a message.
    pins_sent: u64,
    /// Those of which a receipt says that a message arrived.
    pins_delivered: u64,
    /// Those verified.
    pins_verified: u64,
    /// Those of which no message left.
    pins_failed: u64,
    /// Those that died unverified.
    pins_expired: u64,
    /// Those that ran out of attempts.
    pins_exhausted: u64,
    /// Those cancelled.
    pins_canceled: u64,
    /// Wrong guesses.
    wrong_guesses: u64,
    /// Messages: sends, resends and steps of fallback plans.
    messages: u64,
    /// Those that a provider took.
    messages_sent: u64,
    /// Those that none took.
    messages_failed: u64,
    /// Those that arrived, by their receipts.
    messages_delivered: u64,
    /// How long providers took to answer.
    hand_over: Vec<HandOverView>,
    /// How long people took from the PIN's acceptance to the right guess.
    verified_after: Vec<VerifiedAfterView>,
}

/// Messages that a provider took within a time, and not within the one before.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StatisticsHandOver)]
struct HandOverView {
    /// At most so many milliseconds; `null` for any longer time.
    up_to_ms: Option<u32>,
    /// How many.
    messages: u64,
}

/// PINs verified within a time, and not within the one before.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StatisticsVerifiedAfter)]
struct VerifiedAfterView {
    /// At most so many seconds; `null` for any longer time.
    up_to_seconds: Option<u32>,
    /// How many.
    pins: u64,
}

impl From<Figures> for FiguresView {
    fn from(figures: Figures) -> Self {
        let hand_over = [
            (Some(100), figures.handed_over_100),
            (Some(300), figures.handed_over_300),
            (Some(1_000), figures.handed_over_1000),
            (Some(3_000), figures.handed_over_3000),
            (Some(10_000), figures.handed_over_10000),
            (None, figures.handed_over_later),
        ];
        let verified_after = [
            (Some(10), figures.verified_10),
            (Some(30), figures.verified_30),
            (Some(60), figures.verified_60),
            (Some(120), figures.verified_120),
            (Some(300), figures.verified_300),
            (None, figures.verified_later),
        ];
        Self {
            pins: figures.pins,
            pins_sent: figures.pins_sent,
            pins_delivered: figures.pins_delivered,
            pins_verified: figures.pins_verified,
            pins_failed: figures.pins_failed,
            pins_expired: figures.pins_expired,
            pins_exhausted: figures.pins_exhausted,
            pins_canceled: figures.pins_canceled,
            wrong_guesses: figures.wrong_guesses,
            messages: figures.messages,
            messages_sent: figures.messages_sent,
            messages_failed: figures.messages_failed,
            messages_delivered: figures.messages_delivered,
            hand_over: hand_over.map(|(up_to_ms, messages)| HandOverView { up_to_ms, messages }).into(),
            verified_after: verified_after.map(|(up_to_seconds, pins)| VerifiedAfterView { up_to_seconds, pins }).into(),
        }
    }
}
