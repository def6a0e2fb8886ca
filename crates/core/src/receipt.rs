//! What a provider says of a message after it took it. Receipts come late, twice and in any order: whatever the order, the
//! state of the highest rank stands.

use serde::{Deserialize, Serialize};

use crate::price::Price;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// The provider does not know, or says something that has no name here.
    Unknown,
    /// It is on its way: taken, queued, handed to a network.
    Sent,
    /// Its time ran out before the person could be reached.
    Expired,
    /// It could not be delivered.
    Undeliverable,
    /// The provider or a network refused it after taking it, or it was withdrawn.
    Rejected,
    /// It reached the person's device; of a call, it was answered.
    Delivered,
    /// The person opened it.
    Read,
}

impl ReceiptState {
    /// Every state, from the lowest rank to the highest.
    pub const ALL: [Self; 7] =
        [Self::Unknown, Self::Sent, Self::Expired, Self::Undeliverable, Self::Rejected, Self::Delivered, Self::Read];

    /// How much it says: a receipt replaces what is known only when its rank is higher. A failure says more than being on the
    /// way; having arrived says more than any failure, because nobody says that by mistake.
    #[must_use]
    pub fn rank(self) -> u8 {
        self as u8
    }

    /// Its name in the system of record and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Expired => "expired",
            Self::Undeliverable => "undeliverable",
            Self::Rejected => "rejected",
            Self::Delivered => "delivered",
            Self::Read => "read",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the message will not arrive any more.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Expired | Self::Undeliverable | Self::Rejected)
    }

    /// What is known after another receipt.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }
}

/// One receipt of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the message, as it was given when the message was accepted.
    pub provider_id: String,
    /// What became of it.
    pub state: ReceiptState,
    /// The provider's own code of the reason, such as `smpp_err_011`; never its words.
    pub reason: Option<String>,
    /// When it happened by the provider's clock, in Unix milliseconds.
    pub at_ms: Option<u64>,
    /// What the message cost.
    pub price: Option<Price>,
}

impl Receipt {
    /// A receipt that says nothing but the state.
    pub fn new(provider_id: impl Into<String>, state: ReceiptState) -> Self {
        Self { provider_id: provider_id.into(), state, reason: None, at_ms: None, price: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_ends_in_the_same_state() {
        let all = ReceiptState::ALL;
        for a in all {
            assert_eq!(ReceiptState::from_name(a.name()), Some(a));
            assert_eq!(a.join(a), a);
            for b in all {
                assert_eq!(a.join(b), b.join(a));
                for c in all {
                    assert_eq!(a.join(b).join(c), a.join(b.join(c)));
                }
            }
        }
    }

    #[test]
    fn arriving_says_more_than_failing() {
        assert_eq!(ReceiptState::Delivered.join(ReceiptState::Undeliverable), ReceiptState::Delivered);
        assert_eq!(ReceiptState::Expired.join(ReceiptState::Sent), ReceiptState::Expired);
        assert!(ReceiptState::Rejected.is_failure() && !ReceiptState::Delivered.is_failure());
    }
}
