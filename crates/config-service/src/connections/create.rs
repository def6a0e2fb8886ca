//! Creates a connection. Its settings are checked by the connectors themselves, and sealed before they are stored.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use pinfold_core::application::check_name;
use pinfold_core::connection::Connection;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::ConnectionId;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use serde::Deserialize;
use utoipa::ToSchema;

use super::provider::ProviderBody;
use super::receipt_url::receipt_url;
use super::take_provider;
use super::traffic::TrafficBody;
use super::view::ConnectionView;
use crate::refusals::NativeBody;
use crate::{State, store};

/// A connection to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionCreateRequest)]
pub(crate) struct CreateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Our SMS provider")]
    name: String,
    /// Whether it may be used; it may by default.
    enabled: Option<bool>,
    provider: ProviderBody,
    /// How much it takes; it is not limited by default.
    traffic: Option<TrafficBody>,
}

/// Creates a provider connection.
#[utoipa::path(
    post,
    path = "/v1/connections",
    operation_id = "connections.create",
    tag = "Connections",
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The connection", body = ConnectionView),
        (status = 400, description = "A field is missing or past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let connection = body.value.check(state.allow_private_addresses)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let connections = state.database.tenant(caller.tenant).connections();
    connections.create(&connection, &snapshot.keys).await.map_err(store::problem)?;
    let url = receipt_url(&state, &caller, &snapshot.keys, &connection, 0);
    let place = format!("/v1/connections/{}", connection.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, place)).json(ConnectionView::new(connection, url)))
}

impl CreateRequest {
    fn check(self, allow_private_addresses: bool) -> Result<Connection, Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.take("name", check_name(&self.name));
        let provider = take_provider(self.provider.0, None, allow_private_addresses, &mut checks);
        let traffic = self.traffic.map(|traffic| traffic.check(&mut checks)).unwrap_or_default();
        checks.finish()?;
        let is_enabled = self.enabled.unwrap_or(true);
        Ok(Connection { id: ConnectionId::random(), name: self.name, is_enabled, provider, traffic })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(request: Value) -> Result<Connection, Vec<String>> {
        let request: CreateRequest = serde_json::from_value(request).expect("of the right shape");
        request.check(false).map_err(|errors| errors.into_iter().map(|error| error.field.into_owned()).collect())
    }

    #[test]
    fn a_usual_connection_is_fine() {
        let connection = check(json!({"name": "SMS", "provider": {"kind": "http", "url": "https://api.example.com/",
            "headers": {"Authorization": "Bearer k"}, "body": {"json": {"to": "{{to}}", "text": "{{text}}"}}}}))
        .expect("fine");
        assert!(connection.is_enabled);
        check(json!({"name": "Phone", "enabled": false, "provider": {"kind": "simulator"}})).expect("fine");
    }

    #[test]
    fn faults_of_the_provider_are_told_with_their_place() {
        let request =
            |url: &str| json!({"name": "", "provider": {"kind": "http", "url": url, "query": {"t": "{{text}}", "k": "***"}}});
        assert_eq!(
            check(request("https://127.0.0.1/")),
            Err(vec!["name".into(), "provider.query.k".into(), "provider.url".into()])
        );
        let smtp = json!({"name": "x", "provider": {"kind": "smtp", "host": "localhost", "port": 25, "from": "a@example.com"}});
        assert_eq!(check(smtp), Err(vec!["provider.host".into()]));
    }

    #[test]
    fn other_shapes_are_refused() {
        for request in [
            json!({}),
            json!({"name": "x"}),
            json!({"name": "x", "provider": null}),
            json!({"name": "x", "provider": {}}),
            json!({"name": "x", "provider": {"kind": "smpp"}}),
            json!({"name": "x", "provider": {"kind": "simulator", "url": "https://x.example"}}),
            json!({"name": "x", "provider": {"kind": "http", "url": "https://x.example", "method": "DELETE"}}),
            json!({"name": "x", "provider": {"kind": "smtp", "host": "h", "port": 70000, "from": "a@example.com"}}),
            json!({"name": "x", "provider": {"kind": "smtp", "host": "h", "port": "587", "from": "a@example.com"}}),
            json!({"name": "x", "enabled": "yes", "provider": {"kind": "simulator"}}),
            json!({"name": ["x"], "provider": {"kind": "simulator"}}),
        ] {
            assert!(serde_json::from_value::<CreateRequest>(request.clone()).is_err(), "{request}");
        }
    }
}
