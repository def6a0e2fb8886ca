//! Which way a message takes: the tenant's route of its channel with the longest prefix, and one leg of it. Pure; what
//! chance decides comes in as a fraction.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::id::{ConnectionId, IdMap};
use crate::price::Price;
use crate::recipient::Recipient;
use crate::region::Region;

/// The most legs of a route.
pub const MOST_LEGS: usize = 8;
/// The longest sender id.
pub const LONGEST_SENDER: usize = 64;
/// Numbers of a country: a prefix that is longer than a calling code says more than a country.
const CALLING_CODE: usize = 3;
/// The longest number.
const LONGEST_PREFIX: usize = 15;

/// Which recipients a route is for. Of those that fit, the longest digits win; a country stands between calling codes and
/// longer digits; what is for everybody comes last.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Prefix {
    /// Everybody.
    #[default]
    Any,
    /// Numbers that start with these digits.
    Digits(String),
    /// Numbers of a country.
    Region(Region),
}

/// The text is no prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 15 digits that numbers start with, such as 41 or 1787, or a country such as CH")]
pub struct InvalidPrefix;

impl FromStr for Prefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidPrefix> {
        if text.is_empty() {
            Ok(Self::Any)
        } else if text.len() <= LONGEST_PREFIX && text.bytes().all(|digit| digit.is_ascii_digit()) && !text.starts_with('0') {
            Ok(Self::Digits(text.to_owned()))
        } else {
            text.parse().map(Self::Region).map_err(|_| InvalidPrefix)
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::Digits(digits) => f.write_str(digits),
            Self::Region(region) => f.write_str(region.as_str()),
        }
    }
}

macro_rules! strategies {
    ($($(#[$doc:meta])* $variant:ident $name:literal),+ $(,)?) => {
        /// How a route's leg is chosen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Strategy { $($(#[$doc])* $variant),+ }

        impl Strategy {
            /// The name on the wire and in the system of record.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl FromStr for Strategy {
            type Err = UnknownStrategy;

            fn from_str(text: &str) -> Result<Self, UnknownStrategy> {
                match text { $($name => Ok(Self::$variant),)+ _ => Err(UnknownStrategy) }
            }
        }
    };
}

strategies! {
    /// The first that can be used.
    Ordered "ordered",
    /// By chance, in proportion to the weights.
    Weighted "weighted",
    /// The one whose PINs are verified, at the best price and in the shortest time.
    Ranked "ranked",
}

/// The text names no strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of ordered, weighted, ranked")]
pub struct UnknownStrategy;

/// What ranking weighs, in any proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mix {
    /// Verified PINs per message.
    pub conversion: u16,
    /// A low price.
    pub cost: u16,
    /// A quick answer.
    pub latency: u16,
}

impl Default for Mix {
    fn default() -> Self {
        Self { conversion: 80, cost: 10, latency: 10 }
    }
}

/// One way of a route.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// The connection.
    pub connection: ConnectionId,
    /// Its share, when the route is weighted.
    pub weight: u16,
    /// The sender that this provider needs here, instead of the template's.
    pub sender: Option<String>,
    /// What it charges for an SMS segment, a call or a mail.
    pub price: Option<Price>,
}

impl Leg {
    /// A leg with nothing but its connection.
    #[must_use]
    pub const fn to(connection: ConnectionId) -> Self {
        Self { connection, weight: 1, sender: None, price: None }
    }
}

/// A tenant's way for some recipients of a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The channel.
    pub channel: Channel,
    /// Who it is for.
    pub prefix: Prefix,
    /// How its leg is chosen.
    pub strategy: Strategy,
    /// What ranking weighs.
    pub mix: Mix,
    /// Its legs, in order; at least one.
    pub legs: Vec<Leg>,
}

impl Route {
    /// The default route of a channel over one connection.
    #[must_use]
    pub fn single(channel: Channel, connection: ConnectionId) -> Self {
        let legs = vec![Leg::to(connection)];
        Self { channel, prefix: Prefix::Any, strategy: Strategy::Ordered, mix: Mix::default(), legs }
    }
}

/// A tenant's routes.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    by_prefix: IdMap<(Channel, Prefix), Arc<Route>>,
    has_regions: bool,
    longest: usize,
}

impl FromIterator<Route> for Routes {
    fn from_iter<I: IntoIterator<Item = Route>>(routes: I) -> Self {
        let mut all = Self::default();
        for route in routes {
            match &route.prefix {
                Prefix::Any => {}
                Prefix::Digits(digits) => all.longest = all.longest.max(digits.len()),
                Prefix::Region(_) => all.has_regions = true,
            }
            all.by_prefix.insert((route.channel, route.prefix.clone()), Arc::new(route));
        }
        all
    }
}

impl Routes {
    /// The route of a recipient.
    #[must_use]
    pub fn find(&self, channel: Channel, recipient: &Recipient, region: Option<Region>) -> Option<&Arc<Route>> {
        let default = self.by_prefix.get(&(channel, Prefix::Any));
        let Recipient::Phone(phone) = recipient else { return default };
        if self.longest == 0 && !self.has_regions {
            return default;
        }
        let digits = phone.digits();
        let by_digits = |length: usize| self.by_prefix.get(&(channel, Prefix::Digits(digits.get(..length)?.to_owned())));
        let by_region = || self.by_prefix.get(&(channel, Prefix::Region(region.filter(|_| self.has_regions)?)));
        let longest = self.longest.min(digits.len());
        (CALLING_CODE + 1..=longest)
            .rev()
            .find_map(by_digits)
            .or_else(by_region)
            .or_else(|| (1..=longest.min(CALLING_CODE)).rev().find_map(by_digits))
            .or(default)
    }

    /// The route of exactly this prefix.
    #[must_use]
    pub fn get(&self, channel: Channel, prefix: &Prefix) -> Option<&Arc<Route>> {
        self.by_prefix.get(&(channel, prefix.clone()))
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.by_prefix.values()
    }
}

macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant),+ }
    };
}

words! {
    /// Why a leg cannot be used for a message now.
    Block {
        /// The connection is gone.
        Missing,
        /// The connection is switched off.
        Disabled,
        /// Its provider does not carry the channel.
        WrongChannel,
        /// Messages of live keys may not go to the simulator.
        SimulatorNotAllowed,
        /// This message was tried over it.
        Tried,
        /// It fails, and is left alone.
        BreakerOpen,
        /// The provider asked for a pause.
        Paused,
        /// It has as many messages on their way as it may have.
        Busy,
        /// It has sent as much as it may in this moment.
        OverRate,
    }
}

impl Block {
    /// Whether it is over by itself.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::BreakerOpen | Self::Paused | Self::Busy | Self::OverRate)
    }

    /// The word for a message that has no way because of it.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "no_route",
            Self::Disabled => "connection_disabled",
            Self::WrongChannel => "wrong_channel",
            Self::SimulatorNotAllowed => "simulator_not_allowed",
            Self::Tried => "no_other_connection",
            Self::BreakerOpen => "breaker_open",
            Self::Paused => "paused",
            Self::Busy => "busy",
            Self::OverRate => "over_rate",
        }
    }
}

words! {
    /// Why a leg was chosen.
    Because {
        /// There is no other.
        Only,
        /// It is the first that can be used.
        First,
        /// By chance, in proportion to the weights.
        Weight,
        /// It ranks best, and has for a while.
        Leader,
        /// It took the lead with this message.
        NewLeader,
        /// It ranks best of those that can be used; the leader cannot.
        LeaderUnavailable,
        /// To learn how it does.
        Exploration,
        /// Another one failed.
        FailOver,
    }
}

/// The leg for a message of an ordered or weighted route, among those that `is_usable`; `fraction` is in `[0, 1)`.
pub fn pick(route: &Route, is_usable: impl Fn(usize) -> bool, fraction: f64) -> Option<(usize, Because)> {
    let usable = || (0..route.legs.len()).filter(|leg| is_usable(*leg));
    let first = usable().next()?;
    if route.legs.len() == 1 {
        return Some((first, Because::Only));
    }
    let whole: u32 = usable().map(|leg| u32::from(route.legs[leg].weight)).sum();
    if route.strategy != Strategy::Weighted || whole == 0 {
        return Some((first, Because::First));
    }
    let mut left = (fraction * f64::from(whole)) as u32;
    let drawn = usable().find(|leg| {
        let weight = u32::from(route.legs[*leg].weight);
        let is_here = left < weight;
        left = left.saturating_sub(weight);
        is_here
    });
    Some((drawn.unwrap_or(first), Because::Weight))
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, prop_assume, proptest};

    use super::*;

    fn id(number: u8) -> ConnectionId {
        ConnectionId::from_bytes([number; 16])
    }

    fn route(prefix: &str, connection: u8) -> Route {
        Route { prefix: prefix.parse().expect(prefix), ..Route::single(Channel::Sms, id(connection)) }
    }

    fn weighted(weights: &[u16]) -> Route {
        let legs = weights.iter().zip(1..).map(|(weight, number)| Leg { weight: *weight, ..Leg::to(id(number)) }).collect();
        Route { strategy: Strategy::Weighted, legs, ..route("", 1) }
    }

    #[test]
    fn the_longest_prefix_wins_and_a_country_stands_between() {
        let routes: Routes =
            [route("", 1), route("4", 2), route("41", 3), route("CH", 4), route("4179", 5), route("US", 6), route("1787", 7)]
                .into_iter()
                .collect();
        let found = |to: &str| {
            let Recipient::Phone(phone) = Recipient::parse(to).expect(to) else { panic!("a number") };
            let region = phone.region();
            routes.find(Channel::Sms, &Recipient::Phone(phone), region).map(|route| route.legs[0].connection)
        };
        assert_eq!(found("41793026727"), Some(id(5)));
        assert_eq!(found("41446681800"), Some(id(4)));
        assert_eq!(found("4915112345678"), Some(id(2)));
        assert_eq!(found("16175550123"), Some(id(6)));
        assert_eq!(found("17872345678"), Some(id(7)));
        assert_eq!(found("33612345678"), Some(id(1)));
        let mail = Recipient::parse("a@example.com").expect("an address");
        assert_eq!(routes.find(Channel::Email, &mail, None), None);
    }

    #[test]
    fn a_prefix_is_digits_or_a_country() {
        for text in ["", "4", "41", "1787", "123456789012345", "CH"] {
            assert_eq!(text.parse::<Prefix>().map(|prefix| prefix.to_string()).as_deref(), Ok(text));
        }
        for text in ["+41", "0041", "1234567890123456", "ch", "CHE", "4 1", "٤١"] {
            assert_eq!(text.parse::<Prefix>(), Err(InvalidPrefix), "{text}");
        }
    }

    #[test]
    fn the_first_usable_leg_is_taken_in_order() {
        let route = Route { strategy: Strategy::Ordered, ..weighted(&[1, 1, 1]) };
        assert_eq!(pick(&route, |_| true, 0.99), Some((0, Because::First)));
        assert_eq!(pick(&route, |leg| leg > 0, 0.0), Some((1, Because::First)));
        assert_eq!(pick(&route, |_| false, 0.0), None);
        assert_eq!(pick(&weighted(&[7]), |_| true, 0.5), Some((0, Because::Only)));
    }

    #[test]
    fn weights_without_any_weight_fall_back_to_the_order() {
        assert_eq!(pick(&weighted(&[0, 0]), |_| true, 0.9), Some((0, Because::First)));
        assert_eq!(pick(&weighted(&[0, 5, 0]), |_| true, 0.9), Some((1, Because::Weight)));
        assert_eq!(pick(&weighted(&[0, 5, 0]), |leg| leg != 1, 0.9), Some((0, Because::First)));
    }

    proptest! {
        #[test]
        fn shares_are_the_weights(weights in proptest::collection::vec(0_u16..100, 2..MOST_LEGS)) {
            let whole: u32 = weights.iter().map(|weight| u32::from(*weight)).sum();
            prop_assume!(whole > 0);
            let route = weighted(&weights);
            let mut counts = vec![0_u32; weights.len()];
            for draw in 0..whole {
                let fraction = (f64::from(draw) + 0.5) / f64::from(whole);
                let (leg, _) = pick(&route, |_| true, fraction).expect("all can be used");
                counts[leg] += 1;
            }
            prop_assert_eq!(counts, weights.iter().map(|weight| u32::from(*weight)).collect::<Vec<_>>());
        }

        #[test]
        fn what_cannot_be_used_is_never_taken(usable: u8, fraction in 0.0_f64..1.0) {
            let route = weighted(&[3, 0, 9, 1, 4, 2, 8, 5]);
            match pick(&route, |leg| usable >> leg & 1 == 1, fraction) {
                Some((leg, _)) => prop_assert!(usable >> leg & 1 == 1),
                None => prop_assert_eq!(usable, 0),
            }
        }
    }
}
