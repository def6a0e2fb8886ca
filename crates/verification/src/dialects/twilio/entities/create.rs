//! Creates a person.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, Form, PinSend, Problem};
use pinfold_postgres::Added;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::Service;
use super::check_identity;
use super::view::EntityView;
use crate::State;
use crate::state::record_problem;

/// A person to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioEntityRequest)]
pub(crate) struct CreateRequest {
    /// What the tenant calls it: no name and no number of a person.
    #[schema(min_length = 8, max_length = 64, example = "ff483d1ff591898a9942916050d2ca3f")]
    identity: String,
}

/// Creates a person.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Entities",
    operation_id = "twilio_entities.create",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = CreateRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, description = "The person", body = EntityView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    form: Form<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let identity = form.value.identity;
    check_identity(&identity)?;
    let service = Service::find(&state, &caller, &request, &path).await?;
    let entities = state.database.tenant(caller.tenant).entities(service.id);
    match entities.create(identity).await.map_err(record_problem)? {
        Added::Added(entity) => Ok(HttpResponse::Created().json(EntityView::new(entity, &service.place))),
        Added::Taken => Err(Problem::new(Code::AlreadyThere).numbered(60301)),
        Added::Full | Added::Gone => Err(Problem::new(Code::NotFound)),
    }
}
