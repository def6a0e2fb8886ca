//! Ends a verification by the caller's word: cancelled, or approved because the caller checked the code itself.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::life::Verdict;
use pinfold_http::Form;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Caller, Code, PinVerify, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::Service;
use super::Found;
use super::view::{Standing, VerificationView};
use crate::State;
use crate::cancel::cancel;
use crate::verify::{Typed, Which, judge};

/// What becomes of a verification.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioVerificationUpdate)]
pub(crate) struct UpdateRequest {
    /// `canceled` or `approved`.
    #[schema(example = "canceled")]
    status: String,
}

/// Ends a verification.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Verifications/{Sid}",
    operation_id = "twilio_verifications.update",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Sid" = String, Path, description = "The verification, or the number that it went to", example = "VE0933f3bc087d2a617ac6dcb2ef5b8a61"),
    ),
    request_body(content = UpdateRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The verification after it", body = VerificationView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: Form<UpdateRequest>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, name) = path.into_inner();
    let service = Service::find(&state, &caller, &request, &service_sid).await?;
    let found = service.named(&state, &caller, &name).await?;
    let standing = match form.value.status.as_str() {
        "canceled" => {
            cancel(&state, &caller, found.pin).await?;
            Standing("canceled")
        }
        "approved" => {
            approve(&state, &service, &caller, &found).await?;
            Standing("approved")
        }
        _ => return Err(Problem::field("Status", "must be canceled or approved")),
    };
    let (record, place) = (&found.record, &service.place);
    let view = VerificationView::new(found.pin, found.told(), record.channel, record.created_ms, standing, place);
    Ok(HttpResponse::Ok().json(view))
}

/// Gives the right code in the caller's stead, so that a success means the same whoever says it.
async fn approve(state: &State, service: &Service, caller: &Caller, found: &Found) -> Result<(), Problem> {
    let (record, keys) = (&found.record, &service.snapshot.keys);
    let code = match &found.envelope.chosen {
        Some(chosen) => chosen.clone(),
        None => keys
            .derive_pin(record.key_version, found.pin, record.generation, record.alphabet, record.length)
            .map_err(Problem::internal)?,
    };
    let (which, bound) = (Which::Pin(found.pin), found.envelope.bound.as_deref());
    let typed = Typed { field: "Code", guess: code.expose(), bound };
    let judged = judge(state, &service.snapshot, caller, which, typed, None).await?;
    if matches!(judged.verdict, Verdict::Verified { .. }) { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
}
