//! Changes an authenticator app, or proves by its code that the person has it. A wrong code changes nothing but counts.

use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::clock::now_ms;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, Form, PinVerify, Problem};
use pinfold_postgres::FactorChange;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::Service;
use super::fields::{Asked, check_name};
use super::view::FactorView;
use super::{code, is_right};
use crate::State;
use crate::state::record_problem;

/// Changes to an app.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioFactorUpdate)]
pub(crate) struct UpdateRequest {
    /// The code that the app shows.
    #[schema(example = "123456")]
    auth_payload: Option<String>,
    /// What the person calls it.
    #[schema(max_length = 64)]
    friendly_name: Option<String>,
    /// How many seconds a code lasts.
    #[serde(rename = "Config.TimeStep")]
    #[schema(minimum = 20, maximum = 60)]
    time_step: Option<i64>,
    /// How many steps the app's clock may be off.
    #[serde(rename = "Config.Skew")]
    #[schema(minimum = 0, maximum = 2)]
    skew: Option<i64>,
    /// The digits of a code.
    #[serde(rename = "Config.CodeLength")]
    #[schema(minimum = 4, maximum = 8)]
    code_length: Option<i64>,
    /// `sha1`, `sha256` or `sha512`.
    #[serde(rename = "Config.Alg")]
    alg: Option<String>,
}

/// Changes an authenticator app, or proves by its code that the person has it. A wrong code changes nothing but counts.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Factors/{FactorSid}",
    operation_id = "twilio_factors.update",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
        ("FactorSid" = String, Path, description = "The app", example = "YF0933f3bc087d2a617ac6dcb2ef5b8a61"),
    ),
    request_body(content = UpdateRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The app after it", body = FactorView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
    form: Form<UpdateRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = form.value;
    let code = asked.auth_payload.map(code).transpose()?;
    if let Some(name) = &asked.friendly_name {
        check_name(name)?;
    }
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let entity = service.entity(&state, &caller, &path.1).await?;
    let mut factor = service.factor(&state, &caller, entity.id, &path.2).await?;
    let wanted =
        Asked { alg: asked.alg.as_deref(), time_step: asked.time_step, code_length: asked.code_length, skew: asked.skew };
    let totp = wanted.apply(factor.totp)?;
    let factors = state.database.tenant(caller.tenant).factors(service.id, entity.id);
    let missing = || Problem::new(Code::NotFound).numbered(60390);
    if asked.friendly_name.is_some() || totp != factor.totp {
        let change = FactorChange { friendly_name: asked.friendly_name, totp: Some(totp) };
        factor = factors.change(factor.id, change).await.map_err(record_problem)?.ok_or_else(missing)?;
    }
    if let Some(code) = code.filter(|_| !factor.is_verified) {
        let judged = factors.prove(factor.id, code, Arc::clone(&service.snapshot), now_ms()).await.map_err(record_problem)?;
        factor.is_verified = is_right(judged, 60310)?;
    }
    Ok(HttpResponse::Ok().json(FactorView::new(factor, &entity, &service.place)))
}
