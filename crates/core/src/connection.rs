//! Provider connections: a tenant's own way to a provider.
//!
//! Each kind of provider has its settings in a file of its own, which says what they are, which of them are
//! credentials, and how the API reference describes them. The table of the kinds is at the end of this file.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::channel::Channel;
use crate::field::FieldError;
use crate::id::ConnectionId;

mod describe;
mod eight_x_eight;
mod fcm;
mod http;
mod infobip;
mod iprog;
mod secret;
mod smpp;
mod smstools;
mod smtp;
mod twilio;
mod vonage;
mod web_push;

pub use eight_x_eight::EightXEight;
pub use fcm::Fcm;
pub use http::{Http, HttpBody, Method, SuccessRule};
pub use infobip::Infobip;
pub use iprog::Iprog;
pub use secret::{Hidden, Secret};
pub use smpp::{Smpp, SmppAlphabet, SmppLongText, SmppReceiptIds, SmppSecurity};
pub use smstools::Smstools;
pub use smtp::{Smtp, SmtpSecurity};
pub use twilio::{Twilio, TwilioService};
pub use vonage::{Vonage, VonageSmsApi};
pub use web_push::WebPush;

/// What a credential must be that was left as `***` and has nothing stored.
const MUST: &str = "must be given: *** keeps a stored value only while it goes to the same place";

/// A provider connection, with its credentials opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Whether it may be used.
    pub is_enabled: bool,
    /// What it talks to.
    pub provider: Provider,
    /// How much it takes.
    pub traffic: Traffic,
}

/// How much a connection takes. What is not set is not limited here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Most messages in a second, over all workers.
    pub max_per_second: Option<u32>,
    /// How long one attempt may take, in milliseconds, instead of the operator's default.
    pub deadline_ms: Option<u32>,
    /// Most messages on their way at once, in each worker.
    pub max_concurrency: Option<u32>,
}

impl Traffic {
    /// The bounds of each.
    pub const PER_SECOND: std::ops::RangeInclusive<u32> = 1..=10_000;
    /// The shortest and the longest deadline.
    pub const DEADLINE_MS: std::ops::RangeInclusive<u32> = 100..=10_000;
    /// The bounds of messages on their way.
    pub const CONCURRENCY: std::ops::RangeInclusive<u32> = 1..=4_096;
}

/// What a kind of provider says of its settings.
pub trait ProviderKind {
    /// The kind's name, for metrics and the system of record.
    fn kind(&self) -> &'static str;

    /// Whether it can carry a channel.
    fn carries(&self, channel: Channel) -> bool;

    /// Whether it can look a number up.
    fn looks_up(&self) -> bool {
        false
    }

    /// Whether it has to be asked what became of a message, because it does not tell by itself.
    fn is_polled(&self) -> bool {
        false
    }

    /// Where its credentials go. Stored ones are kept only while this stays: whoever redirects a connection has to know
    /// its credentials.
    fn place(&self) -> String {
        String::new()
    }

    /// Hides what is secret of the place itself.
    fn mask_place(&mut self) {}

    /// Takes the stored place where the shown one was sent back.
    ///
    /// # Errors
    /// The field that still hides something.
    fn restore_place(&mut self, stored: Option<&str>) -> Result<(), &'static str> {
        let _ = stored;
        Ok(())
    }

    /// Its credentials.
    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        Vec::new()
    }

    /// Its settings as the API reference describes them (JSON schema).
    fn schema() -> Value
    where
        Self: Sized;
}

impl Provider {
    /// The kind's name, for metrics and the system of record.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.of_kind().kind()
    }

    /// Whether it can carry a channel.
    #[must_use]
    pub fn carries(&self, channel: Channel) -> bool {
        self.of_kind().carries(channel)
    }

    /// Whether it can look a number up.
    #[must_use]
    pub fn looks_up(&self) -> bool {
        self.of_kind().looks_up()
    }

    /// Whether it has to be asked what became of a message, because it does not tell by itself.
    #[must_use]
    pub fn is_polled(&self) -> bool {
        self.of_kind().is_polled()
    }

    /// The settings as they may be shown: `***` stands for every credential.
    #[must_use]
    pub fn masked(mut self) -> Self {
        let settings = self.of_kind_mut();
        settings.mask_place();
        settings.hidden().into_iter().for_each(Hidden::mask);
        self
    }

    /// The settings with every `***` replaced by what `stored` has in its place, and what has nothing there. Names of
    /// fields are relative to the provider's own object.
    #[must_use]
    pub fn restored(mut self, stored: Option<&Self>) -> (Self, Vec<FieldError>) {
        let mut errors = Vec::new();
        let mut stored = stored.filter(|stored| stored.kind() == self.kind()).cloned();
        let place = stored.as_ref().map(|stored| stored.of_kind().place());
        let settings = self.of_kind_mut();
        if let Err(field) = settings.restore_place(place.as_deref()) {
            errors.push(FieldError::new(field, MUST));
        }
        let is_same_place = place.is_some_and(|place| place == settings.place());
        let known = stored.as_mut().filter(|_| is_same_place).map(|stored| stored.of_kind_mut().hidden()).unwrap_or_default();
        for given in settings.hidden().into_iter().filter(Hidden::is_masked) {
            match known.iter().find(|known| known.path == given.path) {
                Some(known) => known.value.as_str().clone_into(given.value),
                None => errors.push(FieldError::new(given.field, MUST)),
            }
        }
        (self, errors)
    }
}

/// The simulated phone has no settings.
struct Simulator;

static SIMULATOR: Simulator = Simulator;

impl ProviderKind for Simulator {
    fn kind(&self) -> &'static str {
        "simulator"
    }

    fn carries(&self, _: Channel) -> bool {
        true
    }

    fn schema() -> Value {
        describe::kind("simulator", "The simulated phone.", &[], json!({}))
    }
}

macro_rules! providers {
    ($($(#[$meta:meta])+ $kind:ident,)+) => {
        /// The kinds of providers, each with its settings.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
        pub enum Provider {
            /// The simulated phone.
            Simulator {},
            $($(#[$meta])+ $kind($kind),)+
        }

        impl Provider {
            /// The settings of every kind, as the API reference describes them (JSON schemas).
            #[must_use]
            pub fn schemas() -> Vec<Value> {
                vec![$($kind::schema(),)+ Simulator::schema()]
            }

            fn of_kind(&self) -> &dyn ProviderKind {
                match self {
                    Self::Simulator {} => &SIMULATOR,
                    $(Self::$kind(settings) => settings,)+
                }
            }

            fn of_kind_mut(&mut self) -> &mut dyn ProviderKind {
                match self {
                    // A value without a size costs nothing to leak.
                    Self::Simulator {} => Box::leak(Box::new(Simulator)),
                    $(Self::$kind(settings) => settings,)+
                }
            }
        }
    };
}

providers! {
    /// Any HTTP API, described by a templated request.
    Http,
    /// An SMSC, by SMPP 3.4.
    Smpp,
    /// An SMTP server.
    Smtp,
    /// Infobip.
    Infobip,
    /// Smstools.
    Smstools,
    /// 8x8.
    #[serde(rename = "8x8")]
    EightXEight,
    /// IPROG SMS.
    Iprog,
    /// Twilio.
    Twilio,
    /// Vonage.
    Vonage,
    /// Browsers, over their push services.
    WebPush,
    /// Apps, over Firebase Cloud Messaging.
    Fcm,
}

#[cfg(test)]
mod tests;
