//! One tenant's configuration as it was at one moment.

use std::collections::HashMap;
use std::sync::Arc;

use pinfold_core::access::ApiKey;
use pinfold_core::alphabet::Alphabet;
use pinfold_core::application::{Application, Durability};
use pinfold_core::caps::{Budget, Capped};
use pinfold_core::channel::Channel;
use pinfold_core::connection::Connection;
use pinfold_core::fallback::Plan;
use pinfold_core::fraud::{Lists, Rules};
use pinfold_core::id::{ApplicationId, ConnectionId, IdMap, MessageId, TemplateSetId, TenantId};
use pinfold_core::keys::TenantKeys;
use pinfold_core::language::Language;
use pinfold_core::lookup::NumberLookup;
use pinfold_core::message::{Autofill, Body, Message, TextBody};
use pinfold_core::pin::Pin;
use pinfold_core::public_key::PublicKey;
use pinfold_core::receipt_path::ReceiptPath;
use pinfold_core::recipient::Recipient;
use pinfold_core::region::Region;
use pinfold_core::route::{Route, Routes};
use pinfold_core::service::ServiceSettings;
use pinfold_core::template::{PIN_PLACEHOLDER, Template};
use pinfold_core::template_set::{Fragment, TemplateSet};
use pinfold_core::test_number::TestNumbers;

use crate::NamedLimit;

/// A tenant's configuration.
#[derive(Debug)]
pub struct Snapshot {
    /// Whose it is.
    pub tenant: TenantId,
    /// The tenant's short name.
    pub slug: String,
    /// Whether the tenant may do anything.
    pub is_enabled: bool,
    /// Grows with every change.
    pub version: i64,
    /// The tenant's keys, opened.
    pub keys: TenantKeys,
    /// Its API keys that are not revoked, by the keyed hashes of their secrets.
    pub api_keys: IdMap<[u8; 32], Arc<ApiKey>>,
    /// The public keys by which its applications sign their own tokens. They stand among the API keys, too.
    pub public_keys: IdMap<ApplicationId, PublicKey>,
    /// Its texts under names.
    pub template_sets: IdMap<TemplateSetId, TemplateSet>,
    /// The texts themselves.
    pub fragments: Vec<Fragment>,
    /// Its applications.
    pub applications: IdMap<ApplicationId, Arc<Application>>,
    /// Its applications that have a short name, by that.
    pub slugs: HashMap<String, ApplicationId>,
    /// Its message templates, and each application's built-in text under the application's own id.
    pub messages: IdMap<MessageId, Arc<Message>>,
    /// The fallback plans of its message templates.
    pub fallbacks: IdMap<MessageId, Plan>,
    /// What Twilio's clients configured of its applications; those that are not here have the defaults.
    pub services: IdMap<ApplicationId, ServiceSettings>,
    /// The limits that it defined for what its sends name.
    pub rate_limits: IdMap<ApplicationId, Vec<NamedLimit>>,
    /// Its provider connections, with their settings opened.
    pub connections: IdMap<ConnectionId, Arc<Connection>>,
    /// How often addresses for receipts were replaced, of the connections where they were.
    pub receipt_generations: IdMap<ConnectionId, u32>,
    /// The ways of its channels.
    pub routes: Routes,
    /// The caps of its applications and, without one, its own, with what was recorded when they were read.
    pub caps: IdMap<Option<ApplicationId>, Capped>,
    /// How it has numbers looked up, if it does.
    pub number_lookup: Option<NumberLookup>,
    /// Its rules of the fraud guard; none where it has the operator's.
    pub fraud_rules: Option<Rules>,
    /// What it allows and blocks by name.
    pub fraud_lists: Lists,
    /// The test numbers of its applications; an application without any is not here.
    pub test_numbers: IdMap<ApplicationId, TestNumbers>,
}

impl Snapshot {
    /// The address for a connection's receipts, without scheme and host.
    #[must_use]
    pub fn receipt_path(&self, connection: ConnectionId) -> String {
        let generation = self.receipt_generations.get(&connection).copied().unwrap_or_default();
        ReceiptPath::of(&self.keys, connection, generation)
    }

    /// What a message of an application has to pass; nothing with a sandbox key, which costs nothing.
    #[must_use]
    pub fn budget(&self, application: ApplicationId, is_sandbox: bool) -> Budget {
        if is_sandbox || self.caps.is_empty() {
            return Budget::default();
        }
        Budget { tenant: self.caps.get(&None).copied(), application: self.caps.get(&Some(application)).copied() }
    }

    /// The fixed code of a recipient that is a test number of an application.
    #[must_use]
    pub fn test_code(&self, application: ApplicationId, recipient: &Recipient) -> Option<&Pin> {
        if self.test_numbers.is_empty() {
            return None;
        }
        self.test_numbers.get(&application)?.code_of(recipient)
    }

    /// An application.
    #[must_use]
    pub fn application(&self, id: ApplicationId) -> Option<&Arc<Application>> {
        self.applications.get(&id)
    }

    /// How sure the answers about a PIN of a template are.
    #[must_use]
    pub fn durability_of(&self, message: &MessageId) -> Durability {
        let application = self.messages.get(message).and_then(|message| self.applications.get(&message.application));
        application.map_or_else(Durability::default, |application| application.durability)
    }

    /// A message template of an application; the application's own id names its built-in text.
    #[must_use]
    pub fn message(&self, application: ApplicationId, id: MessageId) -> Option<&Arc<Message>> {
        self.messages.get(&id).filter(|message| message.application == application)
    }

    /// What Twilio's clients configured of an application.
    #[must_use]
    pub fn service(&self, id: ApplicationId) -> ServiceSettings {
        self.services.get(&id).cloned().unwrap_or_default()
    }

    /// The way of a message.
    #[must_use]
    pub fn route(&self, channel: Channel, recipient: &Recipient, region: Option<Region>) -> Option<&Arc<Route>> {
        self.routes.find(channel, recipient, region)
    }
}

/// The id of an application's built-in text.
#[must_use]
pub fn built_in_id(application: ApplicationId) -> MessageId {
    MessageId::from_bytes(*application.as_bytes())
}

/// The text an application sends when it is given no template.
pub(super) fn built_in(application: ApplicationId) -> Message {
    const TEXT: &str = "Your verification code is {{pin}}";
    Message {
        id: built_in_id(application),
        application,
        alphabet: Alphabet::Numeric,
        pin_length: 6,
        body: Body::Text(TextBody {
            text: TEXT.to_owned(),
            pin_placeholder: PIN_PLACEHOLDER.to_owned(),
            template: Template::parse(TEXT, PIN_PLACEHOLDER).expect("the text is a template"),
            sender: None,
            language: Language::default(),
            voice_name: None,
            repeat_dtmf: None,
            speech_rate: None,
            india_dlt: None,
            autofill: Autofill::default(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_text_belongs_to_its_application_and_carries_the_pin() {
        let application = ApplicationId::random();
        let message = built_in(application);
        assert_eq!((message.id, message.application), (built_in_id(application), application));
        let Body::Text(body) = message.body else { panic!("it is a text") };
        assert_eq!(body.sms(&Pin::given("012345"), &Default::default()), "Your verification code is 012345");
    }
}
