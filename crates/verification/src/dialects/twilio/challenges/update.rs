//! Answers a question with a code. A wrong one leaves it open.

use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::ChallengeId;
use pinfold_http::clock::now_ms;
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, Code, Form, PinVerify, Problem};
use pinfold_postgres::ChallengeStanding;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::factors::{code, is_right};
use super::super::{Service, object};
use super::view::ChallengeView;
use crate::State;
use crate::state::record_problem;

/// An answer.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioChallengeUpdate)]
pub(crate) struct UpdateRequest {
    /// The code that the app shows.
    #[schema(example = "123456")]
    auth_payload: Option<String>,
    /// What the tenant keeps with it: a JSON object.
    metadata: Option<String>,
}

/// Answers a question with a code. A wrong one leaves it open.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Challenges/{ChallengeSid}",
    operation_id = "twilio_challenges.update",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
        ("ChallengeSid" = String, Path, description = "The question", example = "YC0933f3bc087d2a617ac6dcb2ef5b8a61"),
    ),
    request_body(content = UpdateRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The question after it", body = ChallengeView), Refusals)
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
    let metadata = object("Metadata", asked.metadata.as_deref())?.map(Value::Object);
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let entity = service.entity(&state, &caller, &path.1).await?;
    let id: ChallengeId = id("YC", &path.2)?;
    let challenges = state.database.tenant(caller.tenant).challenges(service.id, entity.id);
    let missing = || Problem::new(Code::NotFound);
    let mut challenge = challenges.get(id).await.map_err(record_problem)?.ok_or_else(missing)?;
    let now_ms = now_ms();
    if let Some(code) = code {
        match challenge.standing(now_ms) {
            ChallengeStanding::Pending => {}
            ChallengeStanding::Expired => return Err(Problem::new(Code::Forbidden).numbered(60323)),
            ChallengeStanding::Approved => return Err(Problem::new(Code::Forbidden).numbered(60388)),
        }
        let snapshot = Arc::clone(&service.snapshot);
        let judged = challenges.answer(id, code, snapshot, now_ms).await.map_err(record_problem)?;
        if is_right(judged, 60308)? {
            challenge.approved_ms = Some(now_ms);
        }
    }
    if let Some(metadata) = metadata {
        challenge = challenges.describe(id, metadata).await.map_err(record_problem)?.ok_or_else(missing)?;
    }
    Ok(HttpResponse::Ok().json(ChallengeView::new(challenge, &entity, &service.place)))
}
