//! Lists messages, those of the newest verifications first.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Meta, PageParams, Refusals};
use pinfold_http::{Authorized, Params, Problem, ReportsRead};
use pinfold_postgres::AttemptFilter;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Place;
use super::filter::FilterParams;
use super::view::AttemptView;
use crate::State;
use crate::state::record_problem;

/// A page of messages.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioVerificationAttempts)]
struct ListView {
    attempts: Vec<AttemptView>,
    meta: Meta,
}

/// Lists messages, those of the newest verifications first.
#[utoipa::path(
    get,
    path = "/v2/Attempts",
    operation_id = "twilio_attempts.list",
    tag = "Twilio Verify",
    params(
        FilterParams,
        PageParams,
    ),
    responses((status = 200, description = "A page of them", body = ListView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ReportsRead>,
    state: Data<State>,
    request: HttpRequest,
    filter: Params<FilterParams>,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let page = params.page()?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let wanted = AttemptFilter { skip: page.skip(), size: page.size + 1, ..filter.filter(&snapshot)? };
    let read = state.database.tenant(caller.tenant).verifications().attempts(wanted).await.map_err(record_problem)?;
    let ((attempts, has_next), place) = (page.of_read(read), Place::of(&state, &caller, &request, String::new()));
    Ok(HttpResponse::Ok().json(ListView {
        attempts: attempts.into_iter().map(|attempt| AttemptView::new(attempt, &place)).collect(),
        meta: page.meta(&place.base, "/v2/Attempts", &filter.query(), "attempts", has_next),
    }))
}
