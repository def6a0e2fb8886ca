//! Shows a question.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::ChallengeId;
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, Code, PinSend, Problem};

use super::super::Service;
use super::view::ChallengeView;
use crate::State;
use crate::state::record_problem;

/// Shows a question.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Challenges/{ChallengeSid}",
    operation_id = "twilio_challenges.fetch",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
        ("ChallengeSid" = String, Path, description = "The question", example = "YC0933f3bc087d2a617ac6dcb2ef5b8a61"),
    ),
    responses((status = 200, description = "The question", body = ChallengeView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let entity = service.entity(&state, &caller, &path.1).await?;
    let id: ChallengeId = id("YC", &path.2)?;
    let challenges = state.database.tenant(caller.tenant).challenges(service.id, entity.id);
    let missing = || Problem::new(Code::NotFound);
    let challenge = challenges.get(id).await.map_err(record_problem)?.ok_or_else(missing)?;
    Ok(HttpResponse::Ok().json(ChallengeView::new(challenge, &entity, &service.place)))
}
