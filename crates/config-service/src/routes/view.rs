//! A route as a client sees it.

use pinfold_core::channel::Channel;
use pinfold_core::id::ConnectionId;
use pinfold_core::route::{Route, Strategy};
use serde::Serialize;
use utoipa::ToSchema;

use super::legs::{LegBody, MixBody};

/// A route: which connections carry a channel, for everybody or for numbers with a prefix.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Route)]
pub(super) struct RouteView {
    /// The channel: `sms`, `voice` or `email`.
    #[schema(value_type = String, example = "sms")]
    channel: Channel,
    /// Digits that numbers start with, or a country; empty for the default route.
    #[schema(example = "41")]
    prefix: String,
    /// The connection of the first leg.
    #[schema(value_type = String, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    connection_id: ConnectionId,
    /// How a leg is chosen: `ordered`, `weighted` or `ranked`.
    #[schema(value_type = String, example = "ranked")]
    strategy: Strategy,
    /// The connections, in order.
    legs: Vec<LegBody>,
    /// What `ranked` weighs.
    mix: MixBody,
}

impl From<&Route> for RouteView {
    fn from(route: &Route) -> Self {
        Self {
            channel: route.channel,
            prefix: route.prefix.to_string(),
            connection_id: route.legs.first().map_or(ConnectionId::from_bytes([0; 16]), |leg| leg.connection),
            strategy: route.strategy,
            legs: route.legs.iter().map(LegBody::from).collect(),
            mix: route.mix.into(),
        }
    }
}
