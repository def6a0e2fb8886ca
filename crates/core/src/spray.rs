//! Spraying: a wrong guess on each of many PINs, so that no PIN and no number sees more than one. It is seen where the guesses come
//! from. A source that is wrong at first more often than it is right has a budget of that, which comes back slowly; a source
//! whose people know their codes spends nothing of it. The function that judges guesses follows [`Source`] to the letter.

use std::net::IpAddr;

use crate::keys::TenantKeys;

/// What a source may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The most wrong first guesses at once, beyond right ones.
    pub most: u32,
    /// The time after which one comes back, in milliseconds.
    pub each_ms: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { most: 50, each_ms: 6_000 }
    }
}

impl Budget {
    /// How far ahead of the clock a source may be that may guess.
    #[must_use]
    pub fn room_ms(self) -> u64 {
        u64::from(self.most.saturating_sub(1)) * self.each_ms
    }
}

/// How much of its budget a source has spent, as the moment when all of it is back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Source(u64);

impl Source {
    /// Whether it may guess at `now_ms`; `Err` says in how many milliseconds it may.
    ///
    /// # Errors
    /// While its budget is spent.
    pub fn admits(self, budget: Budget, now_ms: u64) -> Result<(), u64> {
        match self.0.saturating_sub(now_ms).saturating_sub(budget.room_ms()) {
            0 => Ok(()),
            wait => Err(wait),
        }
    }

    /// The source after the first guess at a PIN. It never owes more than its budget, so what a source does that is only watched
    /// is not held against it for long.
    #[must_use]
    pub fn after(self, budget: Budget, is_right: bool, now_ms: u64) -> Self {
        if is_right {
            return if self.0 > now_ms { Self(self.0.saturating_sub(budget.each_ms)) } else { self };
        }
        Self((self.0.max(now_ms) + budget.each_ms).min(now_ms + budget.room_ms() + budget.each_ms))
    }
}

/// What a caller's address is counted by: one IPv4 address, or the IPv6 network that one place has. Nobody learns the address from it.
#[must_use]
pub fn source(keys: &TenantKeys, address: IpAddr) -> [u8; 8] {
    let hash = match address.to_canonical() {
        IpAddr::V4(address) => keys.keyed_hash("guess source", &[&address.octets()]),
        IpAddr::V6(address) => keys.keyed_hash("guess source", &[&address.octets()[..6]]),
    };
    let mut source = [0; 8];
    source.copy_from_slice(&hash[..8]);
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_795_262_400_000;

    /// One guess; whether it was judged.
    fn guess(source: &mut Source, is_right: bool, now_ms: u64) -> bool {
        let judged = source.admits(Budget::default(), now_ms).is_ok();
        if judged {
            *source = source.after(Budget::default(), is_right, now_ms);
        }
        judged
    }

    #[test]
    fn of_twenty_thousand_wrong_first_guesses_few_are_judged() {
        let mut source = Source::default();
        let judged = (0..20_000_u64).filter(|number| guess(&mut source, false, NOON + number * 10)).count();
        assert_eq!(judged, 50 + 33, "the budget, and one every six seconds");
        assert_eq!(source.admits(Budget::default(), NOON + 200_000), Err(4_000));
    }

    #[test]
    fn people_who_know_their_codes_are_never_held_up() {
        let mut source = Source::default();
        for number in 0..20_000_u64 {
            // Two of five are wrong at first.
            assert!(guess(&mut source, number % 5 > 1, NOON + number * 10), "{number}");
        }
    }

    #[test]
    fn what_is_only_watched_owes_no_more_than_the_budget() {
        let (mut source, budget) = (Source::default(), Budget::default());
        for _ in 0..10_000 {
            source = source.after(budget, false, NOON);
        }
        assert_eq!(source.admits(budget, NOON), Err(6_000));
        assert_eq!(source.admits(budget, NOON + 6_000), Ok(()));
    }

    #[test]
    fn an_ipv6_network_is_one_source_and_a_mapped_address_its_own() {
        let keys = crate::keys::TenantKeys::new(
            crate::id::TenantId::from_bytes([1; 16]),
            &std::collections::BTreeMap::from([(1, [7; 32])]),
        )
        .expect("a key");
        let of = |text: &str| source(&keys, text.parse().expect(text));
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:ffff::1"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
        assert_eq!(of("192.0.2.7"), of("::ffff:192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }
}
