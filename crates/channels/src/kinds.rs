//! The kinds of providers: what each file of a connector has to say, and the table of all.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::connection::Provider;
use pinfold_core::field::Checks;
use pinfold_core::id::ConnectionId;
use pinfold_core::receipt::Receipt;

use crate::address::Addresses;
use crate::client::Client;
use crate::connector::{Connector, Connectors, InvalidConnection};
use crate::receipts::{ReceiptRequest, Refused};
use crate::simulator;

/// What a connector's file says of its kind. It stands on the kind's settings.
pub(crate) trait Kind {
    /// Notes what makes the settings unusable.
    fn check(&self, addresses: Addresses, checks: &mut Checks);

    /// Makes a connection ready to send. Its settings are checked.
    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection>;

    /// The receipts in a provider's request, where providers of the kind push any.
    fn receipts(&self, _: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
        Err(Refused::Unsupported)
    }
}

/// What connectors are made of.
pub(crate) struct Parts<'a> {
    /// The connection.
    pub(crate) id: ConnectionId,
    /// The connection's name.
    pub(crate) name: &'a str,
    /// Where it may go.
    pub(crate) addresses: Addresses,
    /// How long one attempt may take in all.
    pub(crate) deadline: Duration,
    /// The wall clock, in Unix milliseconds.
    pub(crate) clock: fn() -> u64,
    pub(crate) connectors: &'a Connectors,
}

impl Parts<'_> {
    /// An HTTP client of its own.
    pub(crate) fn client(&self) -> Client {
        self.connectors.client(self.addresses, self.deadline)
    }
}

/// What the connector's file says of a provider's kind.
pub(crate) fn kind(provider: &Provider) -> &dyn Kind {
    match provider {
        Provider::Simulator {} => &simulator::Phone,
        Provider::Smpp(settings) => settings,
        Provider::Smtp(settings) => settings,
        Provider::Http(settings) => settings,
        Provider::Infobip(settings) => settings,
        Provider::Smstools(settings) => settings,
        Provider::EightXEight(settings) => settings,
        Provider::Iprog(settings) => settings,
        Provider::Twilio(settings) => settings,
        Provider::Vonage(settings) => settings,
        Provider::WebPush(settings) => settings,
        Provider::Fcm(settings) => settings,
    }
}
