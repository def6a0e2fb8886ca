//! SMS through an SMSC, by SMPP 3.4.
//!
//! One bind per connection and process, as transceiver, which all deliveries share; it stands from the first message on until
//! the connection is no longer used. What the link did not begin to send was not sent; once it did, without the SMSC's word,
//! the outcome is unknown. A long text is sent part by part, and ends at the first part that is not accepted.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{self, SmppReceiptIds, SmppSecurity};
use pinfold_core::field::Checks;
use pinfold_core::id::{ConnectionId, TenantId};
use pinfold_core::recipient::Recipient;
use rusmpp::CommandStatus;
use rusmpp::pdus::{BindTransceiver, SubmitSm};
use rustls::ClientConfig;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use crate::address::Addresses;
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::Outcome;
use crate::outgoing::Outgoing;
use crate::received::ReceiptSink;

mod check;
mod compose;
mod link;
mod receipt;
mod session;
mod status;
mod submit;
mod text;
mod wire;

use submit::{Answer, Submit, Waiting};

/// How many messages may wait for their place in the window.
const QUEUE: usize = 1024;
/// The longest silence that settings allow.
const MOST_ENQUIRE_SECONDS: Duration = Duration::from_secs(600);

/// An SMSC, and the link to it.
struct Smpp {
    settings: connection::Smpp,
    link: Arc<Link>,
    orders: Mutex<Orders>,
    tasks: TaskTracker,
    clock: fn() -> u64,
}

/// The way to the link.
enum Orders {
    /// Nothing was sent yet.
    Unused,
    To(mpsc::Sender<Submit>),
    /// The connection is no longer used.
    Retired,
}

/// What the link has to know.
struct Link {
    connection: ConnectionId,
    /// Whose it is, known from the first message on.
    tenant: OnceLock<TenantId>,
    host: String,
    port: u16,
    addresses: Addresses,
    tls: Option<Arc<ClientConfig>>,
    bind: BindTransceiver,
    window: usize,
    enquire_every: Duration,
    receipts: Option<ReceiptSink>,
    receipt_ids: SmppReceiptIds,
    deadline: Duration,
}

impl Kind for connection::Smpp {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::check_smpp(self, addresses, checks);
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        // Brackets belong to the notation of an IPv6 address, not to the address.
        let host = self.host.trim_matches(['[', ']']).to_owned();
        let link = Link {
            connection: parts.id,
            tenant: OnceLock::new(),
            host,
            port: self.port,
            addresses: parts.addresses,
            tls: (self.security == SmppSecurity::Tls).then(|| parts.connectors.tls()),
            bind: compose::bind(self).ok_or(InvalidConnection::new("the account cannot be used"))?,
            window: usize::from(self.window),
            enquire_every: Duration::from_secs(self.enquire_link_seconds.into()).min(MOST_ENQUIRE_SECONDS),
            receipts: parts.connectors.receipts(),
            receipt_ids: self.receipt_ids,
            deadline: parts.deadline,
        };
        let (link, tasks) = (Arc::new(link), parts.connectors.tasks());
        Ok(Arc::new(Smpp { settings: self.clone(), link, orders: Mutex::new(Orders::Unused), tasks, clock: parts.clock }))
    }
}

impl Smpp {
    /// The way to the link, which begins with the first message; `None` when the connection is no longer used.
    fn orders(&self) -> Option<mpsc::Sender<Submit>> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        match &*orders {
            Orders::To(link) => Some(link.clone()),
            Orders::Retired => None,
            Orders::Unused => {
                let (sender, receiver) = mpsc::channel(QUEUE);
                self.tasks.spawn(link::keep(Arc::clone(&self.link), receiver));
                *orders = Orders::To(sender.clone());
                Some(sender)
            }
        }
    }

    /// Sends one part, and gives the id that the SMSC gave it.
    async fn submit(&self, pdu: SubmitSm, until: Instant) -> Result<Option<String>, Outcome> {
        let (order, mut waiting) = Submit::new(pdu);
        let link = self.orders().ok_or_else(|| Outcome::temporary("connection_lost"))?;
        let answered = timeout_at(until, async {
            // A link that ended takes no order, and the order goes unsent.
            let _ = link.send(order).await;
            waiting.answer().await
        });
        match answered.await {
            Ok(Some(Answer::Answered(CommandStatus::EsmeRok, id))) => Ok(id),
            Ok(Some(Answer::Answered(status, _))) => Err(status::refused(status)),
            Ok(Some(Answer::NotSent(outcome))) => Err(outcome),
            Ok(None) => Err(unanswered(&waiting, "connection_lost", "connection_lost")),
            Err(_) => Err(unanswered(&waiting, "busy", "timeout")),
        }
    }
}

/// What a part without an answer came to.
fn unanswered(waiting: &Waiting, unsent: &'static str, sent: &'static str) -> Outcome {
    if waiting.may_be_sent() { Outcome::unknown(sent) } else { Outcome::temporary(unsent) }
}

#[async_trait]
impl Connector for Smpp {
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome {
        let until = Instant::now() + self.link.deadline;
        let (Channel::Sms, Recipient::Phone(to)) = (message.channel, message.recipient) else {
            return Outcome::permanent("wrong_channel");
        };
        if let Some(tenant) = message.tenant {
            self.link.tenant.get_or_init(|| tenant);
        }
        let now_ms = (self.clock)();
        let parts = match compose::parts(&self.settings, message, to, self.link.receipts.is_some(), now_ms) {
            Ok(parts) => parts,
            Err(reason) => return Outcome::permanent(reason),
        };
        let mut provider_id = None;
        for part in parts {
            match self.submit(part, until).await {
                // The last part's id: its receipt is the one that was asked for.
                Ok(id) => provider_id = id,
                Err(outcome) => return outcome,
            }
        }
        Outcome::Accepted { provider_id, price: None }
    }

    fn retire(&self) {
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = Orders::Retired;
    }
}
