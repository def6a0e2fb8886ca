//! Shows a message.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::PinId;
use pinfold_http::twilio::{Refusals, id, sid};
use pinfold_http::{Authorized, Code, Problem, ReportsRead};
use pinfold_postgres::AttemptFilter;

use super::super::Place;
use super::super::note::attempt_sid;
use super::view::AttemptView;
use crate::State;
use crate::state::record_problem;

/// Shows a message.
#[utoipa::path(
    get,
    path = "/v2/Attempts/{Sid}",
    operation_id = "twilio_attempts.fetch",
    tag = "Twilio Verify",
    params(("Sid" = String, Path, description = "The message", example = "VL0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 200, description = "The message", body = AttemptView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ReportsRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    // The last byte of the SID is the PIN's with the message's number in it: the other fifteen name the PIN.
    let named: PinId = id("VL", &path)?;
    let with_last = |last: u8| {
        let mut bytes = *named.as_bytes();
        bytes[15] = last;
        PinId::from_bytes(bytes)
    };
    let filter = AttemptFilter { pins: Some((with_last(0), with_last(u8::MAX))), size: 1_000, ..AttemptFilter::default() };
    let all = state.database.tenant(caller.tenant).verifications().attempts(filter).await.map_err(record_problem)?;
    let found = all.into_iter().find(|attempt| attempt_sid(attempt.pin, attempt.delivery) == sid("VL", named));
    let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    let place = Place::of(&state, &caller, &request, String::new());
    Ok(HttpResponse::Ok().json(AttemptView::new(found, &place)))
}
