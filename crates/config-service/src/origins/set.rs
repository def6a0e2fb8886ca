//! Says where an application or a template comes from.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::Origin;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{OriginView, origin};
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// What was made of an origin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OriginRequest)]
pub(crate) struct SetRequest {
    /// The application that was made of it, or that the template belongs to.
    #[schema(example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    application_id: String,
    /// The template that was made of it.
    #[schema(example = "B628A31410306DDB2BFB0D9CF1F3A3FF")]
    message_id: Option<String>,
}

/// Says where an application or a template comes from, so that a later import recognises it.
#[utoipa::path(
    put,
    path = "/v1/origins/{origin}",
    operation_id = "origins.set",
    tag = "Imports",
    params(("origin" = String, Path, description = "The importer's reference: 1 to 128 letters, digits and `._:-`", example = "twilio:VA15a1b0c2d3e4f5061728394a5b6c7d8e")),
    request_body = SetRequest,
    responses(
        (status = 200, description = "The origin", body = OriginView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<SetRequest>,
) -> Result<HttpResponse, Problem> {
    let (scope, origin) = (state.database.tenant(caller.tenant), origin(&path)?);
    let application = store::found(scope.applications().get(store::id(&body.value.application_id)?).await)?.id;
    let message = match &body.value.message_id {
        None => None,
        Some(id) => {
            let message = store::found(scope.messages().get(store::id(id)?).await)?;
            if message.application != application {
                return Err(store::missing());
            }
            Some(message.id)
        }
    };
    let origin = Origin { origin, application, message };
    scope.origins().set(origin.clone()).await.map_err(|error| {
        // Gone between the look and the change.
        if error.is_refused() { store::missing() } else { store::problem(error) }
    })?;
    Ok(HttpResponse::Ok().json(OriginView::from(origin)))
}
