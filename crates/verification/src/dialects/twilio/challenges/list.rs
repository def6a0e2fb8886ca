//! Lists the questions to a person, newest first.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::clock::now_ms;
use pinfold_http::twilio::{Meta, PageParams, Refusals, id};
use pinfold_http::{Authorized, Params, PinSend, Problem};
use pinfold_postgres::Challenge;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::Service;
use super::view::{ChallengeView, status};
use crate::State;
use crate::state::record_problem;

/// Which questions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Those for this app.
    #[serde(rename = "FactorSid")]
    #[param(rename = "FactorSid")]
    factor_sid: Option<String>,
    /// Of each page, those that stand so.
    #[serde(rename = "Status")]
    #[param(rename = "Status")]
    status: Option<String>,
}

/// A page of questions.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioChallenges)]
struct ListView {
    challenges: Vec<ChallengeView>,
    meta: Meta,
}

/// Lists the questions to a person, newest first.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Challenges",
    operation_id = "twilio_challenges.list",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
        ListParams,
        PageParams,
    ),
    responses((status = 200, description = "A page of them", body = ListView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    filter: Params<ListParams>,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let page = params.page()?;
    let factor = filter.factor_sid.as_deref().map(|sid| id("YF", sid)).transpose()?;
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let entity = service.entity(&state, &caller, &path.1).await?;
    let challenges = state.database.tenant(caller.tenant).challenges(service.id, entity.id);
    let read = challenges.page(factor, page.skip(), page.size + 1).await.map_err(record_problem)?;
    let ((challenges, has_next), place) = (page.of_read(read), &service.place);
    let path = format!("/v2/Services/{}/Entities/{}/Challenges", place.service_sid, entity.identity);
    let query = filter.factor_sid.as_deref().map_or_else(String::new, |sid| format!("FactorSid={sid}"));
    let now_ms = now_ms();
    let is_wanted =
        |challenge: &Challenge| filter.status.as_deref().is_none_or(|word| word == status(challenge.standing(now_ms)));
    let wanted = challenges.into_iter().filter(is_wanted);
    Ok(HttpResponse::Ok().json(ListView {
        challenges: wanted.map(|challenge| ChallengeView::new(challenge, &entity, place)).collect(),
        meta: page.meta(&place.base, &path, &query, "challenges", has_next),
    }))
}
