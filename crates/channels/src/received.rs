//! Receipts that come in over connections of our own, not over HTTP.

use pinfold_core::id::{ConnectionId, TenantId};
use pinfold_core::receipt::Receipt;
use tokio::sync::{mpsc, oneshot};

/// Where connectors leave such receipts. As long as it is full, providers are asked to keep theirs.
pub type ReceiptSink = mpsc::Sender<ReceivedReceipt>;

/// A receipt, and the provider that waits to hear that it is kept. Dropped without [`Self::keep`], the provider is told to
/// send it again.
#[derive(Debug)]
pub struct ReceivedReceipt {
    /// Whose it is, when a message of that tenant went out over the connection since it stands.
    pub tenant: Option<TenantId>,
    /// The connection it came over.
    pub connection: ConnectionId,
    /// The connection's kind.
    pub connector: &'static str,
    /// What it says.
    pub receipt: Receipt,
    kept: oneshot::Sender<()>,
}

impl ReceivedReceipt {
    /// A receipt, and what resolves once it is kept.
    pub(crate) fn new(
        tenant: Option<TenantId>,
        connection: ConnectionId,
        connector: &'static str,
        receipt: Receipt,
    ) -> (Self, oneshot::Receiver<()>) {
        let (kept, waiting) = oneshot::channel();
        (Self { tenant, connection, connector, receipt, kept }, waiting)
    }

    /// Tells the provider that it is kept, to be called when it is: the provider forgets it then.
    pub fn keep(self) {
        // A provider that is gone meanwhile sends it again; any repetition ends in the same state.
        let _ = self.kept.send(());
    }
}
