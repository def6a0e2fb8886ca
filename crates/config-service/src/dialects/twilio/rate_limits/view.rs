//! A limit as a client sees it, and the fields by which it is created and changed.

use pinfold_http::Problem;
use pinfold_http::twilio::{Links, sid, time};
use pinfold_postgres::RateLimit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Place;

/// A limit, or changes to one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioRateLimitRequest)]
pub(super) struct RateLimitRequest {
    /// The name by which sends say what it counts; it never changes.
    #[schema(min_length = 1, max_length = 255, example = "end_user_ip_address")]
    pub(super) unique_name: Option<String>,
    /// What it is for.
    #[schema(max_length = 255)]
    pub(super) description: Option<String>,
}

/// A limit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioRateLimit)]
pub(super) struct RateLimitView {
    /// Its SID.
    #[schema(example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    service_sid: String,
    account_sid: String,
    /// The name by which sends say what it counts.
    #[schema(example = "end_user_ip_address")]
    unique_name: String,
    /// What it is for.
    description: String,
    date_created: String,
    date_updated: String,
    url: String,
    #[schema(value_type = Object)]
    links: Links,
}

impl RateLimitView {
    pub(super) fn new(limit: RateLimit, service_sid: &str, place: &Place) -> Self {
        let limit_sid = sid("RK", limit.id);
        let path = format!("/v2/Services/{service_sid}/RateLimits/{limit_sid}");
        Self {
            sid: limit_sid,
            service_sid: service_sid.to_owned(),
            account_sid: place.account_sid.clone(),
            unique_name: limit.unique_name,
            description: limit.description,
            date_created: time(limit.created_ms),
            date_updated: time(limit.updated_ms),
            url: place.base.url(&path),
            links: place.base.links(&path, &[("buckets", "Buckets")]),
        }
    }
}

/// # Errors
/// 400 naming the field.
pub(super) fn check_description(description: Option<String>) -> Result<Option<String>, Problem> {
    let is_fine = description.as_ref().is_none_or(|text| text.chars().count() <= 255 && !text.contains('\0'));
    if is_fine { Ok(description) } else { Err(Problem::field("Description", "must have at most 255 characters")) }
}
