//! The legs of a route, as a client writes them.

use pinfold_core::channel::Channel;
use pinfold_core::connection::Connection;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::ConnectionId;
use pinfold_core::price::Price;
use pinfold_core::route::{LONGEST_SENDER, Leg, MOST_LEGS, Mix, Prefix, Route, Strategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The heaviest weight.
const HEAVIEST: u16 = 1_000;

/// A route to be: one connection, or several with a strategy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteSetRequest)]
pub(crate) struct SetRequest {
    /// One of the tenant's connections, whose provider carries the channel. Short for a route with one leg.
    #[schema(example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    connection_id: Option<String>,
    /// How a leg is chosen: `ordered` (the first that can be used), `weighted` or `ranked`. `ordered` by default.
    #[schema(example = "ranked")]
    strategy: Option<String>,
    /// Up to eight connections, in order.
    legs: Option<Vec<LegBody>>,
    /// What `ranked` weighs.
    mix: Option<MixBody>,
}

/// One way of a route.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteLeg)]
pub(super) struct LegBody {
    /// One of the tenant's connections, whose provider carries the channel.
    #[schema(example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    connection_id: String,
    /// Its share where weights decide, up to 1000; 1 by default.
    #[schema(example = 3)]
    weight: Option<u16>,
    /// The sender that this provider needs here. It goes before the template's, and the request's goes before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Example")]
    sender: Option<String>,
    /// The price of an SMS segment, a call or a mail, in millionths of the currency's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 45000)]
    price_micros: Option<u64>,
    /// The price's currency (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "EUR")]
    currency: Option<String>,
}

/// What ranking weighs, in any proportion.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteMix)]
pub(super) struct MixBody {
    /// Verified PINs per message.
    #[schema(example = 80)]
    conversion: u16,
    /// A low price.
    #[schema(example = 10)]
    cost: u16,
    /// A quick answer.
    #[schema(example = 10)]
    latency: u16,
}

impl From<Mix> for MixBody {
    fn from(mix: Mix) -> Self {
        Self { conversion: mix.conversion, cost: mix.cost, latency: mix.latency }
    }
}

impl From<&Leg> for LegBody {
    fn from(leg: &Leg) -> Self {
        Self {
            connection_id: leg.connection.to_string(),
            weight: Some(leg.weight),
            sender: leg.sender.clone(),
            price_micros: leg.price.as_ref().map(|price| price.micros),
            currency: leg.price.as_ref().map(|price| price.currency.code().to_owned()),
        }
    }
}

impl SetRequest {
    /// The route, over connections that are the tenant's and carry the channel.
    ///
    /// # Errors
    /// Every field past its bound.
    pub(super) fn check(self, channel: Channel, prefix: Prefix, connections: &[Connection]) -> Result<Route, Vec<FieldError>> {
        let mut checks = Checks::default();
        let strategy = self.strategy.map(|text| checks.take("strategy", text.parse::<Strategy>()));
        let mix = self.mix.map_or_else(Mix::default, |mix| {
            let weights = [mix.conversion, mix.cost, mix.latency];
            checks.require(weights.iter().all(|weight| *weight <= HEAVIEST), "mix", "must have weights of at most 1000");
            checks.require(weights != [0; 3], "mix", "must weigh something");
            Mix { conversion: mix.conversion, cost: mix.cost, latency: mix.latency }
        });
        let mut legs = Vec::new();
        match (self.connection_id, self.legs) {
            (Some(id), None) => {
                legs.extend(connection(&id, channel, connections, "connectionId".into(), &mut checks).map(Leg::to));
            }
            (None, Some(bodies)) => {
                checks.require((1..=MOST_LEGS).contains(&bodies.len()), "legs", "must have 1 to 8 entries");
                for (place, body) in bodies.into_iter().enumerate() {
                    legs.extend(body.check(place, channel, connections, &mut checks));
                }
                let is_repeated = |place: usize| legs[..place].iter().any(|leg| leg.connection == legs[place].connection);
                checks.require(!(0..legs.len()).any(is_repeated), "legs", "must not repeat a connection");
            }
            (Some(_), Some(_)) | (None, None) => checks.push(FieldError::new("legs", "must be given, or else connectionId")),
        }
        checks.finish()?;
        Ok(Route { channel, prefix, strategy: strategy.flatten().unwrap_or(Strategy::Ordered), mix, legs })
    }
}

impl LegBody {
    fn check(self, place: usize, channel: Channel, connections: &[Connection], checks: &mut Checks) -> Option<Leg> {
        let field = |name: &str| format!("legs[{place}].{name}");
        let id = connection(&self.connection_id, channel, connections, field("connectionId"), checks);
        let mut require = |holds: bool, name: &str, must: &'static str| {
            if !holds {
                checks.push(FieldError::new(field(name), must));
            }
        };
        require(self.weight.is_none_or(|weight| weight <= HEAVIEST), "weight", "must be at most 1000");
        let is_plain =
            |sender: &String| (1..=LONGEST_SENDER).contains(&sender.chars().count()) && !sender.chars().any(char::is_control);
        require(self.sender.as_ref().is_none_or(is_plain), "sender", "must be 1 to 64 characters of one line");
        let is_currency = |text: &String| text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase());
        require(self.currency.as_ref().is_none_or(is_currency), "currency", "must be three capital letters, such as EUR");
        require(
            self.price_micros.is_some() == self.currency.is_some(),
            "currency",
            "must come with priceMicros, and it with a currency",
        );
        require(
            self.price_micros.is_none_or(|micros| micros <= 1_000_000_000_000),
            "priceMicros",
            "must be at most 1000000000000",
        );
        let price = self
            .price_micros
            .zip(self.currency.and_then(|code| code.parse().ok()))
            .map(|(micros, currency)| Price { micros, currency });
        Some(Leg { connection: id?, weight: self.weight.unwrap_or(1), sender: self.sender, price })
    }
}

/// A connection of another tenant is as unknown as one that never was.
fn connection(
    text: &str,
    channel: Channel,
    connections: &[Connection],
    field: String,
    checks: &mut Checks,
) -> Option<ConnectionId> {
    let id: Option<ConnectionId> = text.parse().ok();
    let found = connections.iter().find(|connection| Some(connection.id) == id);
    match found {
        None => checks.push(FieldError::new(field, "must be one of your connections")),
        Some(connection) if !connection.provider.carries(channel) => {
            checks.push(FieldError::new(field, format!("must be a connection whose provider carries {channel}")));
        }
        Some(connection) => return Some(connection.id),
    }
    None
}

#[cfg(test)]
mod tests {
    use pinfold_core::connection::Traffic;
    use pinfold_core::price::Currency;
    use serde_json::{Value, json};

    use super::*;

    fn connections() -> Vec<Connection> {
        let kinds = [
            json!({"kind": "simulator"}),
            json!({"kind": "http", "url": "https://x.example"}),
            json!({"kind": "smtp", "host": "h", "port": 25, "from": "a@b.example"}),
        ];
        let connection = |(number, provider): (u8, Value)| Connection {
            id: ConnectionId::from_bytes([number; 16]),
            name: "x".into(),
            is_enabled: true,
            provider: serde_json::from_value(provider).expect("a provider"),
            traffic: Traffic::default(),
        };
        (1..).zip(kinds).map(connection).collect()
    }

    fn id(number: u8) -> String {
        ConnectionId::from_bytes([number; 16]).to_string()
    }

    fn check(channel: Channel, body: Value) -> Result<Route, Vec<String>> {
        let request: SetRequest = serde_json::from_value(body).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.check(channel, Prefix::Any, &connections()).map_err(fields)
    }

    #[test]
    fn a_channel_takes_a_connection_that_carries_it() {
        let carried = |number| Channel::ALL.map(|channel| check(channel, json!({"connectionId": id(number)})).is_ok());
        assert_eq!([carried(1), carried(2), carried(3)], [[true; 4], [true, true, false, false], [false, false, true, false]]);
    }

    #[test]
    fn several_legs_have_a_strategy() {
        let legs = json!([{"connectionId": id(2), "weight": 3, "sender": "Bank", "priceMicros": 7500, "currency": "EUR"},
            {"connectionId": id(1)}]);
        let route = check(Channel::Sms, json!({"strategy": "weighted", "legs": legs})).expect("fine");
        assert_eq!((route.strategy, route.legs.len(), route.legs[0].weight, route.legs[1].weight), (Strategy::Weighted, 2, 3, 1));
        assert_eq!(route.legs[0].price, Some(Price { micros: 7_500, currency: Currency::EUR }));
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let leg = |change: Value| {
            let mut leg = json!({"connectionId": id(1)});
            leg.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
            check(Channel::Sms, json!({"legs": [leg]})).expect_err("a fault")
        };
        assert_eq!(leg(json!({"connectionId": id(9)})), ["legs[0].connectionId"]);
        assert_eq!(leg(json!({"connectionId": id(3)})), ["legs[0].connectionId"]);
        assert_eq!(leg(json!({"weight": 1_001})), ["legs[0].weight"]);
        assert_eq!(leg(json!({"sender": "a\r\nb"})), ["legs[0].sender"]);
        assert_eq!(leg(json!({"priceMicros": 1})), ["legs[0].currency"]);
        assert_eq!(leg(json!({"priceMicros": 1, "currency": "eur"})), ["legs[0].currency"]);
        let whole = |body: Value| check(Channel::Sms, body).expect_err("a fault");
        assert_eq!(whole(json!({})), ["legs"]);
        assert_eq!(whole(json!({"legs": []})), ["legs"]);
        assert_eq!(whole(json!({"legs": [{"connectionId": id(1)}, {"connectionId": id(1)}]})), ["legs"]);
        assert_eq!(whole(json!({"connectionId": id(1), "legs": []})), ["legs"]);
        assert_eq!(whole(json!({"connectionId": id(1), "strategy": "best"})), ["strategy"]);
        let mix = json!({"conversion": 0, "cost": 0, "latency": 0});
        assert_eq!(whole(json!({"connectionId": id(1), "mix": mix})), ["mix"]);
    }
}
