//! Sets the route of a channel to one of the tenant's connections that carries it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Traffic};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::Error;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::RouteView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Where a channel is routed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteSetRequest)]
pub(crate) struct SetRequest {
    /// One of the tenant's connections, whose provider carries the channel.
    #[schema(example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    connection_id: String,
}

/// Sets the default route of a channel.
#[utoipa::path(
    put,
    path = "/v1/routes/{channel}",
    operation_id = "routes.set",
    tag = "Routes",
    params(("channel" = String, Path, description = "`sms`, `voice`, `email` or `push`", example = "sms")),
    request_body = SetRequest,
    responses(
        (status = 200, description = "The route", body = RouteView),
        (status = 400, description = "There is no such connection, or it does not carry the channel", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<SetRequest>,
) -> Result<HttpResponse, Problem> {
    let (tenant, channel) = (state.database.tenant(caller.tenant), store::id(&path)?);
    let id = body.value.connection_id.parse().map_err(|_| unknown())?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let connection = tenant.connections().get(id, &snapshot.keys).await.map_err(store::problem)?.ok_or_else(unknown)?;
    check_carries(&connection, channel)?;
    let set = tenant.routes().set(channel, Some(id)).await;
    set.map_err(|error| if Error::is_refused(&error) { unknown() } else { store::problem(error) })?;
    Ok(HttpResponse::Ok().json(RouteView { channel, connection_id: id }))
}

/// A connection of another tenant is as unknown as one that never was.
fn unknown() -> Problem {
    Problem::field("connectionId", "must be one of your connections")
}

fn check_carries(connection: &Connection, channel: Channel) -> Result<(), Problem> {
    if connection.provider.carries(channel) {
        return Ok(());
    }
    Err(Problem::field("connectionId", format!("must be a connection whose provider carries {channel}")))
}

#[cfg(test)]
mod tests {
    use pinfold_core::connection::Provider;
    use pinfold_core::id::ConnectionId;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_channel_takes_a_connection_that_carries_it() {
        let connection = |provider| {
            let provider: Provider = serde_json::from_value(provider).expect("a provider");
            Connection {
                id: ConnectionId::from_bytes([1; 16]),
                name: "x".into(),
                is_enabled: true,
                provider,
                traffic: Traffic::default(),
            }
        };
        let carried = |provider: serde_json::Value| {
            let connection = connection(provider);
            Channel::ALL.map(|channel| check_carries(&connection, channel).is_ok())
        };
        assert_eq!(carried(json!({"kind": "simulator"})), [true, true, true, true]);
        assert_eq!(carried(json!({"kind": "http", "url": "https://x.example"})), [true, true, false, false]);
        assert_eq!(carried(json!({"kind": "smtp", "host": "h", "port": 25, "from": "a@b.example"})), [false, false, true, false]);
    }
}
