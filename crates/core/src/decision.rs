//! Why a message took the way it took: recorded with each attempt that had a choice, and told to who asks beforehand.

use serde::{Deserialize, Serialize};

use crate::id::ConnectionId;
use crate::ranking::Score;
use crate::route::{Because, Block, Leg, Route, Strategy};

/// A choice with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The prefix of the route; empty for the default one.
    pub prefix: String,
    /// The route's strategy.
    pub strategy: Strategy,
    /// Why this leg; none when there was none to take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// Every leg of the route, in its order.
    pub candidates: Vec<Candidate>,
}

/// One leg, as it stood when the choice was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its connection.
    pub connection: ConnectionId,
    /// Why it could not be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Block>,
    /// Its weight, where weights decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// How it does, where that decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Rounded>,
}

/// A score in thousandths, as it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rounded {
    /// The whole, 0 to 1.
    pub value: f64,
    /// Verified PINs per message, 0 to 1.
    pub conversion: f64,
    /// How many recent messages that rests on.
    pub sends: u32,
    /// The usual time to the provider's answer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u32>,
    /// The lowest price of the legs in proportion to this one's.
    pub cheap: f64,
}

impl From<&Score> for Rounded {
    fn from(score: &Score) -> Self {
        let thousandths = |share: f64| (share * 1_000.0).round() / 1_000.0;
        Self {
            value: thousandths(score.value),
            conversion: thousandths(score.conversion),
            sends: score.sends.round() as u32,
            latency_ms: score.latency_ms.map(|latency_ms| latency_ms.round() as u32),
            cheap: thousandths(score.cheap),
        }
    }
}

impl Decision {
    /// The choice among the legs of a route. `blocked` and, where the route is ranked, `scores` go with the legs.
    #[must_use]
    pub fn new(route: &Route, blocked: &[Option<Block>], scores: &[Score], because: Option<Because>) -> Self {
        let candidate = |(place, leg): (usize, &Leg)| Candidate {
            connection: leg.connection,
            blocked: blocked.get(place).copied().flatten(),
            weight: (route.strategy == Strategy::Weighted).then_some(leg.weight),
            score: scores.get(place).map(Rounded::from),
        };
        Self {
            prefix: route.prefix.to_string(),
            strategy: route.strategy,
            because,
            candidates: route.legs.iter().enumerate().map(candidate).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Channel;

    #[test]
    fn a_decision_says_what_it_was_made_of_and_comes_back() {
        let id = |number| ConnectionId::from_bytes([number; 16]);
        let legs = vec![Leg::to(id(1)), Leg::to(id(2))];
        let route = Route {
            strategy: Strategy::Ranked,
            prefix: "41".parse().expect("digits"),
            legs,
            ..Route::single(Channel::Sms, id(1))
        };
        let score = Score { value: 0.71234, conversion: 0.8, sends: 41.7, latency_ms: Some(120.4), cheap: 1.0 };
        let decision =
            Decision::new(&route, &[Some(Block::BreakerOpen), None], &[score, score], Some(Because::LeaderUnavailable));
        let json = serde_json::to_value(&decision).expect("serialises");
        assert_eq!(json["candidates"][0]["blocked"], "breaker_open");
        assert_eq!(
            json["candidates"][1]["score"],
            serde_json::json!({"value": 0.712, "conversion": 0.8, "sends": 42, "latency_ms": 120, "cheap": 1.0})
        );
        assert_eq!((&json["because"], &json["prefix"]), (&"leader_unavailable".into(), &"41".into()));
        assert_eq!(serde_json::from_value::<Decision>(json).expect("comes back"), decision);
    }
}
