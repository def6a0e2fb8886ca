//! Changes a connection. What the request leaves out stays; a provider is replaced as a whole, save its credentials.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::application::check_name;
use pinfold_core::channel::Channel;
use pinfold_core::connection::Connection;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::route::Route;
use pinfold_http::{Authorized, Body, Code, ConfigWrite, Problem, ProblemView};
use serde::Deserialize;
use utoipa::ToSchema;

use super::provider::ProviderBody;
use super::receipt_url::receipt_url;
use super::take_provider;
use super::traffic::TrafficBody;
use super::view::ConnectionView;
use crate::refusals::NativeUsedBody;
use crate::{State, store};

/// Changes to a connection.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionUpdateRequest)]
pub(crate) struct UpdateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Our SMS provider")]
    name: Option<String>,
    /// Whether it may be used.
    enabled: Option<bool>,
    provider: Option<ProviderBody>,
    /// How much it takes, as a whole.
    traffic: Option<TrafficBody>,
}

/// Changes a provider connection.
#[utoipa::path(
    put,
    path = "/v1/connections/{id}",
    operation_id = "connections.update",
    tag = "Connections",
    params(("id" = String, Path, description = "The connection", example = "5B6E0D3C1F2A49788C7B6A5948372615")),
    request_body = UpdateRequest,
    responses(
        (status = 200, description = "The connection after the change", body = ConnectionView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeUsedBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<UpdateRequest>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = (state.database.tenant(caller.tenant), store::id(&path)?);
    let snapshot = state.snapshot(caller.tenant).await?;
    let routes = tenant.routes().list().await.map_err(store::problem)?;
    let uses = move |route: &Route| route.legs.iter().any(|leg| leg.connection == id);
    let routed: Vec<Channel> = routes.into_iter().filter(uses).map(|route| route.channel).collect();
    let allow_private_addresses = state.allow_private_addresses;
    let change = move |stored| {
        let changed = body.value.apply(stored, allow_private_addresses)?;
        check_routes(&changed, routed.into_iter())?;
        Ok::<_, Problem>(changed)
    };
    let connection = store::found(tenant.connections().update(id, Arc::clone(&snapshot), change).await)??;
    let generations = tenant.connections().receipt_generations().await.map_err(store::problem)?;
    let generation = generations.get(&id).copied().unwrap_or_default();
    let url = receipt_url(&state, &caller, &snapshot.keys, &connection, generation);
    Ok(HttpResponse::Ok().json(ConnectionView::new(connection, url)))
}

/// A connection goes on carrying what is routed over it.
fn check_routes(connection: &Connection, mut routed: impl Iterator<Item = Channel>) -> Result<(), Problem> {
    match routed.find(|channel| !connection.provider.carries(*channel)) {
        None => Ok(()),
        Some(channel) => {
            Err(Problem::new(Code::StillInUse).detail(format!("The route of {channel} needs a provider that carries it.")))
        }
    }
}

impl UpdateRequest {
    fn apply(self, mut connection: Connection, allow_private_addresses: bool) -> Result<Connection, Vec<FieldError>> {
        let mut checks = Checks::default();
        if let Some(name) = self.name {
            checks.take("name", check_name(&name));
            connection.name = name;
        }
        if let Some(is_enabled) = self.enabled {
            connection.is_enabled = is_enabled;
        }
        if let Some(ProviderBody(given)) = self.provider {
            connection.provider = take_provider(given, Some(&connection.provider), allow_private_addresses, &mut checks);
        }
        if let Some(traffic) = self.traffic {
            connection.traffic = traffic.check(&mut checks);
        }
        checks.finish()?;
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::connection::{Provider, Traffic};
    use pinfold_core::id::ConnectionId;
    use serde_json::{Value, json};

    use super::*;

    fn connection() -> Connection {
        let provider = json!({"kind": "http", "url": "https://api.example.com/", "headers": {"Authorization": "Bearer k"},
            "query": {"t": "{{text}}"}});
        let provider = serde_json::from_value(provider).expect("a provider");
        Connection {
            id: ConnectionId::from_bytes([1; 16]),
            name: "before".into(),
            is_enabled: true,
            provider,
            traffic: Traffic::default(),
        }
    }

    fn changed(request: Value) -> Result<Connection, Vec<String>> {
        let request: UpdateRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.apply(connection(), false).map_err(fields)
    }

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(changed(json!({})), Ok(connection()));
        assert_eq!(changed(json!({"name": "x", "provider": null})), Ok(Connection { name: "x".into(), ..connection() }));
        assert_eq!(changed(json!({"enabled": false})), Ok(Connection { is_enabled: false, ..connection() }));
        let shown = json!({"kind": "http", "url": "https://api.example.com/", "headers": {"Authorization": "***"},
            "query": {"t": "{{text}}"}});
        assert_eq!(changed(json!({"provider": shown})), Ok(connection()));
    }

    #[test]
    fn bounds_hold_for_changes_too() {
        assert_eq!(changed(json!({"name": ""})), Err(vec!["name".into()]));
        let inner = json!({"kind": "http", "url": "https://[::1]/", "query": {"t": "{{text}}"}});
        assert_eq!(changed(json!({"provider": inner})), Err(vec!["provider.url".into()]));
        let traffic = json!({"maxPerSecond": 0, "deadlineMs": 10_001, "maxConcurrency": 5_000});
        let fields = ["traffic.maxPerSecond", "traffic.deadlineMs", "traffic.maxConcurrency"];
        assert_eq!(changed(json!({"traffic": traffic})), Err(fields.map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_routed_connection_goes_on_carrying_its_channels() {
        let check = |channels: &[Channel]| check_routes(&connection(), channels.iter().copied()).map_err(|problem| problem.code);
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[Channel::Sms, Channel::Voice]), Ok(()));
        assert_eq!(check(&[Channel::Sms, Channel::Email]), Err(Code::StillInUse));
        let simulator = Connection { provider: Provider::Simulator {}, ..connection() };
        assert!(check_routes(&simulator, Channel::ALL.into_iter()).is_ok());
    }
}
