//! A question as a client sees it.

use pinfold_http::clock::now_ms;
use pinfold_http::twilio::{Links, sid, time};
use pinfold_postgres::{Challenge, ChallengeStanding, Entity};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::Place;

/// A question.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioChallenge)]
pub(super) struct ChallengeView {
    /// Its SID.
    #[schema(example = "YC0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    account_sid: String,
    service_sid: String,
    entity_sid: String,
    identity: String,
    /// The app whose code is wanted.
    factor_sid: String,
    date_created: String,
    date_updated: String,
    /// When the right code came.
    date_responded: Option<String>,
    /// When it expires.
    expiration_date: String,
    /// `pending`, `approved` or `expired`.
    #[schema(value_type = String, example = "pending")]
    status: &'static str,
    /// Always null: only push messages are answered with reasons.
    responded_reason: Option<String>,
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
    #[schema(value_type = Option<Object>)]
    hidden_details: Option<Value>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// Always `totp`.
    #[schema(value_type = String, example = "totp")]
    factor_type: &'static str,
    url: String,
    #[schema(value_type = Object)]
    links: Links,
}

pub(super) fn status(standing: ChallengeStanding) -> &'static str {
    match standing {
        ChallengeStanding::Pending => "pending",
        ChallengeStanding::Approved => "approved",
        ChallengeStanding::Expired => "expired",
    }
}

impl ChallengeView {
    pub(super) fn new(challenge: Challenge, entity: &Entity, place: &Place) -> Self {
        let challenge_sid = sid("YC", challenge.id);
        let path = format!("/v2/Services/{}/Entities/{}/Challenges/{challenge_sid}", place.service_sid, entity.identity);
        Self {
            sid: challenge_sid,
            account_sid: place.account_sid.clone(),
            service_sid: place.service_sid.clone(),
            entity_sid: sid("YE", entity.id),
            identity: entity.identity.clone(),
            factor_sid: sid("YF", challenge.factor),
            date_created: time(challenge.created_ms),
            date_updated: time(challenge.updated_ms),
            date_responded: challenge.approved_ms.map(time),
            expiration_date: time(challenge.expires_ms),
            status: status(challenge.standing(now_ms())),
            responded_reason: None,
            details: challenge.details,
            hidden_details: challenge.hidden_details,
            metadata: challenge.metadata,
            factor_type: "totp",
            url: place.base.url(&path),
            links: Links::new(),
        }
    }
}
