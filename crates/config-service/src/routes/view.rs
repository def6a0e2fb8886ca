//! A route as a client sees it.

use pinfold_core::channel::Channel;
use pinfold_core::id::ConnectionId;
use serde::Serialize;
use utoipa::ToSchema;

/// The default route of a channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Route)]
pub(super) struct RouteView {
    /// The channel: `sms`, `voice` or `email`.
    #[schema(value_type = String, example = "sms")]
    pub(super) channel: Channel,
    /// The connection it takes.
    #[schema(value_type = String, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    pub(super) connection_id: ConnectionId,
}
