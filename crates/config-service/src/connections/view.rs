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
    /// Where the provider is to send delivery receipts. Whoever knows it can send some, so it is a secret; absent where the
    /// provider pushes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "https://pin.example.com/receipts/AZqLz…")]
    receipt_url: Option<String>,
}

impl ConnectionView {
    pub(super) fn new(connection: Connection, receipt_url: Option<String>) -> Self {
        let Connection { id, name, is_enabled, provider, traffic } = connection;
        let provider = ProviderBody(provider.masked());
        Self { id, name, enabled: is_enabled, provider, traffic: traffic.into(), receipt_url }
    }
}
