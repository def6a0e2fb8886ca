//! A connection as a client sees it: without its credentials.

use pinfold_core::connection::Connection;
use pinfold_core::id::ConnectionId;
use serde::Serialize;
use utoipa::ToSchema;

use super::provider::ProviderBody;
use super::traffic::TrafficBody;

/// A provider connection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Connection)]
pub(super) struct ConnectionView {
    /// Its id.
    #[schema(value_type = String, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    id: ConnectionId,
    /// Its name.
    #[schema(example = "Our SMS provider")]
    name: String,
    /// Whether it may be used.
    enabled: bool,
    provider: ProviderBody,
    traffic: TrafficBody,
}

impl From<Connection> for ConnectionView {
    fn from(connection: Connection) -> Self {
        let Connection { id, name, is_enabled, provider, traffic } = connection;
        Self { id, name, enabled: is_enabled, provider: ProviderBody(provider.masked()), traffic: traffic.into() }
    }
}
