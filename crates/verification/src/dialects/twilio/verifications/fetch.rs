//! Shows a verification that waits, by SID or by number. One that is over is gone for the vendor's clients.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::life::Terminal;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, PinSend, Problem};

use super::super::Service;
use super::view::{Standing, VerificationView};
use crate::State;
use crate::state::hot_problem;

/// Shows a verification.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/Verifications/{Sid}",
    operation_id = "twilio_verifications.fetch",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Sid" = String, Path, description = "The verification, or the number that it went to", example = "VE0933f3bc087d2a617ac6dcb2ef5b8a61"),
    ),
    responses((status = 200, description = "The verification", body = VerificationView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, name) = path.into_inner();
    let service = Service::find(&state, &caller, &request, &service_sid).await?;
    let found = service.named(&state, &caller, &name).await?;
    let standing = match found.record.terminal(state.hot.now_ms().await.map_err(hot_problem)?) {
        None => Standing("pending"),
        Some(Terminal::Exhausted) => Standing("max_attempts_reached"),
        Some(Terminal::AlreadyVerified | Terminal::Canceled | Terminal::Expired) => return Err(Problem::new(Code::NotFound)),
    };
    let (record, place) = (&found.record, &service.place);
    let view = VerificationView::new(found.pin, found.told(), record.channel, record.created_ms, standing, place);
    Ok(HttpResponse::Ok().json(view))
}
