//! Sets the default route of a channel over the tenant's connections that carry it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::channel::Channel;
use pinfold_core::id::TenantId;
use pinfold_core::route::Prefix;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::Error;

use super::legs::SetRequest;
use super::view::RouteView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Sets the default route of a channel.
#[utoipa::path(
    put,
    path = "/v1/routes/{channel}",
    operation_id = "routes.set",
    tag = "Routes",
    params(("channel" = String, Path, description = "`sms`, `voice` or `email`", example = "sms")),
    request_body = SetRequest,
    responses(
        (status = 200, description = "The route", body = RouteView),
        (status = 400, description = "There is no such connection, it does not carry the channel, or a field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<SetRequest>,
) -> Result<HttpResponse, Problem> {
    set(&state, caller.tenant, store::id(&path)?, Prefix::Any, body.value).await
}

/// Checks and stores a route.
pub(super) async fn set(
    state: &State,
    tenant: TenantId,
    channel: Channel,
    prefix: Prefix,
    request: SetRequest,
) -> Result<HttpResponse, Problem> {
    let (scope, snapshot) = (state.database.tenant(tenant), state.snapshot(tenant).await?);
    let connections = scope.connections().list(&snapshot.keys).await.map_err(store::problem)?;
    let route = request.check(channel, prefix, &connections)?;
    let view = RouteView::from(&route);
    // A connection that was deleted meanwhile.
    let gone = || Problem::field("legs", "must be your connections");
    scope.routes().put(route).await.map_err(|error| if Error::is_refused(&error) { gone() } else { store::problem(error) })?;
    Ok(HttpResponse::Ok().json(view))
}
