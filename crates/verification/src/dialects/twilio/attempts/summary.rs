//! Counts messages, and those that led to a verification.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Params, Problem, ReportsRead};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Place;
use super::filter::FilterParams;
use crate::State;
use crate::state::record_problem;

/// How many messages there were.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioVerificationAttemptsSummary)]
struct SummaryView {
    /// All.
    total_attempts: u64,
    /// Those that led to a verification.
    total_converted: u64,
    /// Those that did not.
    total_unconverted: u64,
    /// The share of those that did, in percent.
    #[schema(example = "95.00")]
    conversion_rate_percentage: String,
    url: String,
}

/// Counts messages, and those that led to a verification.
#[utoipa::path(
    get,
    path = "/v2/Attempts/Summary",
    operation_id = "twilio_attempts.summary",
    tag = "Twilio Verify",
    params(FilterParams),
    responses((status = 200, description = "How many", body = SummaryView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ReportsRead>,
    state: Data<State>,
    request: HttpRequest,
    filter: Params<FilterParams>,
) -> Result<HttpResponse, Problem> {
    let snapshot = state.snapshot(caller.tenant).await?;
    let verifications = state.database.tenant(caller.tenant).verifications();
    let (total, converted) = verifications.count_attempts(filter.filter(&snapshot)?).await.map_err(record_problem)?;
    // Two digits, rounded down, without money's or anybody's floating point.
    let hundredths = (converted * 10_000).checked_div(total).unwrap_or(0);
    let place = Place::of(&state, &caller, &request, String::new());
    Ok(HttpResponse::Ok().json(SummaryView {
        total_attempts: total,
        total_converted: converted,
        total_unconverted: total - converted,
        conversion_rate_percentage: format!("{}.{:02}", hundredths / 100, hundredths % 100),
        url: place.base.url("/v2/Attempts/Summary"),
    }))
}
