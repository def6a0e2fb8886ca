//! What a widget's token allows: one verification, in pages of some origins, until it ends. It names the PIN that its first send
//! makes, so nothing has to be kept of it: a second PIN would be the same one, and the record of the PIN says whether it is over.

use std::collections::BTreeMap;

use pinfold_core::access::{Actor, Environment, Scopes};
use pinfold_core::channel::Channel;
use pinfold_core::id::{ApiKeyId, ApplicationId, MessageId, PersonId, PinId, SessionId, TenantId};
use pinfold_http::Caller;
use serde::{Deserialize, Serialize};

/// The longest life of a token, in seconds.
pub(super) const LONGEST_LIFE_S: u64 = 900;
/// The most origins that a token may name.
pub(super) const MOST_ORIGINS: usize = 10;

/// What is sealed in a token.
#[derive(Serialize, Deserialize)]
pub(super) struct WidgetToken {
    /// The PIN that the first send makes.
    pub(super) pin: PinId,
    pub(super) application: ApplicationId,
    pub(super) message: Option<MessageId>,
    /// Who gets it; without, the person says so.
    pub(super) to: Option<String>,
    /// The codes of the ways it may go, the first one first.
    pub(super) channels: Vec<u8>,
    /// The pages that may show it, beside our own.
    pub(super) origins: Vec<String>,
    pub(super) locale: Option<String>,
    pub(super) placeholders: BTreeMap<String, String>,
    pub(super) risk_key: Option<String>,
    /// The name of the person in the session token.
    pub(super) subject: Option<String>,
    pub(super) session_s: u64,
    /// The pause between two messages, in seconds.
    pub(super) resend_s: u64,
    /// Where our own page goes after a success.
    pub(super) return_url: Option<String>,
    pub(super) expires_ms: u64,
    pub(super) is_sandbox: bool,
    pub(super) minted_by: MintedBy,
}

/// Who asked for the token.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MintedBy {
    Key(ApiKeyId),
    Person(PersonId, SessionId),
}

impl From<Actor> for MintedBy {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Key(key) => Self::Key(key),
            Actor::Person { person, session } => Self::Person(person, session),
        }
    }
}

impl WidgetToken {
    /// The ways it may go.
    pub(super) fn channels(&self) -> impl Iterator<Item = Channel> + '_ {
        self.channels.iter().filter_map(|code| Channel::from_code(*code))
    }

    /// Whoever holds it, as a caller without scopes: the token alone says what they may do.
    pub(super) fn caller(&self, tenant: TenantId) -> Caller {
        let actor = match self.minted_by {
            MintedBy::Key(key) => Actor::Key(key),
            MintedBy::Person(person, session) => Actor::Person { person, session },
        };
        Caller {
            tenant,
            actor,
            address: None,
            scopes: Scopes::default(),
            environment: if self.is_sandbox { Environment::Sandbox } else { Environment::Live },
            default_application: Some(self.application),
        }
    }
}
