//! Lists what became of a number's PINs in an application: for whoever may send them, as the vendor has it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::recipient::Recipient;
use pinfold_http::{ApiException, Authorized, Params, PinSend, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::id;
use super::wire::flag;
use crate::State;
use crate::report::report;

/// Which verifications.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// The phone number or e-mail address.
    #[param(example = "41793026727")]
    msisdn: String,
    /// Only those that were verified, or were not; anything but `true` and `false` counts as not given.
    #[serde(default, deserialize_with = "flag")]
    verified: Option<bool>,
    /// Only those that were sent, or were not; anything but `true` and `false` counts as not given.
    #[serde(default, deserialize_with = "flag")]
    sent: Option<bool>,
}

/// What became of the PINs.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationResponse {
    /// Newest first.
    verifications: Vec<VerificationView>,
}

/// What became of one PIN.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VerificationView {
    /// The number or address.
    msisdn: String,
    /// Whether it was verified.
    verified: bool,
    /// When, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<u64>,
    /// When a provider first took a message, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<u64>,
}

/// List a number's verifications.
#[utoipa::path(
    get,
    path = "/2fa/2/applications/{appId}/verifications",
    operation_id = "pins.report",
    tag = "PINs (Infobip 2FA)",
    params(("appId" = String, Path, description = "The application's id"), ReportParams),
    responses(
        (status = 200, description = "What became of them", body = VerificationResponse),
        (status = 400, description = "A parameter breaks a bound", body = ApiException),
        (status = 401, description = "No valid credential", body = ApiException),
        (status = 403, description = "Not allowed", body = ApiException),
        (status = 404, description = "No such application", body = ApiException),
        (status = 503, description = "Not available; see Retry-After", body = ApiException),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    application_id: Path<String>,
    params: Params<ReportParams>,
) -> Result<HttpResponse, Problem> {
    let application = id(&application_id)?;
    let recipient = Recipient::parse(&params.msisdn).map_err(|error| Problem::field("msisdn", error.to_string()))?;
    let found = report(&state, &caller, application, &recipient, params.verified, params.sent).await?;
    let verifications = found
        .into_iter()
        .map(|verification| VerificationView {
            msisdn: recipient.text().to_owned(),
            verified: verification.verified_ms.is_some(),
            verified_at: verification.verified_ms,
            sent_at: verification.sent_ms,
        })
        .collect();
    Ok(HttpResponse::Ok().json(VerificationResponse { verifications }))
}
