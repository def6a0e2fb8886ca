//! Has numbers looked up with a connection.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::id::ConnectionId;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::Error;

use super::view::LookupView;
use crate::refusals::NativeBody;
use crate::{State, store};

/// Has numbers looked up with a connection before a message that asks for it, such as Infobip's `ncNeeded`.
#[utoipa::path(
    put,
    path = "/v1/number-lookup",
    operation_id = "number_lookup.set",
    tag = "Number lookup",
    request_body = LookupView,
    responses(
        (status = 200, description = "How", body = LookupView),
        (status = 400, description = "The connection cannot look numbers up, or a field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    body: Body<LookupView>,
) -> Result<HttpResponse, Problem> {
    let (scope, snapshot) = (state.database.tenant(caller.tenant), state.snapshot(caller.tenant).await?);
    let connection = match body.value.connection_id.parse::<ConnectionId>() {
        Ok(id) => scope.connections().get(id, &snapshot.keys).await.map_err(store::problem)?,
        Err(_) => None,
    };
    let lookup = body.value.check(connection.as_ref())?;
    // A connection that was deleted meanwhile.
    let gone = || Problem::field("connectionId", "must be a connection of yours");
    let set = scope.number_lookups().set(lookup).await;
    set.map_err(|error| if Error::is_refused(&error) { gone() } else { store::problem(error) })?;
    Ok(HttpResponse::Ok().json(LookupView::from(lookup)))
}
