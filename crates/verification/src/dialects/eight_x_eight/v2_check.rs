//! Version 2: checks a code, or reads where a session stands when no code is given.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::dialect::EightXEightError;
use pinfold_http::{Authorized, Params, PinVerify, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use super::session::Session;
use super::v2_send::SessionView;
use crate::State;

/// A guess.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CheckParams {
    /// The code as the person typed it; without, the session is only read.
    #[param(example = "7085", min_length = 1, max_length = 32)]
    code: Option<String>,
}

/// Check a code, or read a session.
#[utoipa::path(
    get,
    path = "/api/v2/subaccounts/{subAccountId}/sessions/{sessionId}",
    operation_id = "eight_x_eight.v2.check",
    tag = "8x8 Verify",
    params(
        ("subAccountId" = String, Path, description = "The application's slug", example = "amazing_hq"),
        ("sessionId" = String, Path, description = "The session", example = "c96a488d-5704-459e-9dee-3dd8138b3a52"),
        CheckParams,
    ),
    responses(
        (status = 200, description = "Where it stands", body = SessionView),
        (status = 400, description = "A field breaks a bound, or no application has this slug", body = EightXEightError),
        (status = 401, description = "No valid credential", body = EightXEightError),
        (status = 403, description = "Not allowed", body = EightXEightError),
        (status = 404, description = "No such session, or it was used up", body = EightXEightError),
        (status = 429, description = "Throttled or locked; nothing was spent, see Retry-After", body = EightXEightError),
        (status = 503, description = "Not available; see Retry-After", body = EightXEightError),
    )
)]
pub async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    path: Path<(String, String)>,
    params: Params<CheckParams>,
) -> Result<HttpResponse, Problem> {
    let (sub_account, id) = path.into_inner();
    let session = Session::look(&state, &caller, &sub_account, &id, params.code.as_deref()).await?;
    Ok(HttpResponse::Ok().json(SessionView::new(&sub_account, &session)))
}
