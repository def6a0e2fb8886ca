//! The ways a PIN travels.

use serde::{Deserialize, Serialize};

/// A channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A text message.
    Sms,
    /// A phone call that speaks the PIN.
    Voice,
    /// An e-mail.
    Email,
    /// A push message to an app or a browser.
    Push,
}

impl Channel {
    /// Every channel, by its code in records.
    pub const ALL: [Self; 4] = [Self::Sms, Self::Voice, Self::Email, Self::Push];

    /// The channel's code in stored records.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The channel of a stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The channel's name on the wire, in metrics and in the system of record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Email => "email",
            Self::Push => "push",
        }
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        Self::ALL.into_iter().find(|channel| channel.name() == text).ok_or(UnknownChannel)
    }
}

/// The text names no channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of sms, voice, email, push")]
pub struct UnknownChannel;
