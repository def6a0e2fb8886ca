//! Stores receipts that come in over connections of our own, such as links to SMSCs. A provider hears that one is kept only
//! when it is stored; until then it keeps it and sends it again.

use std::collections::BTreeMap;

use pinfold_channels::ReceivedReceipt;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::Intake;
use crate::outage::Outage;

/// The most receipts that are stored at once.
const MOST: usize = 256;

/// Stores until `stop`.
pub(crate) async fn drain(mut received: Receiver<ReceivedReceipt>, intake: Intake, stop: CancellationToken) {
    let postgres = Outage::new("PostgreSQL");
    let mut batch = Vec::with_capacity(MOST);
    while let Some(1..) = stop.run_until_cancelled(received.recv_many(&mut batch, MOST)).await {
        let mut by_connection: BTreeMap<_, Vec<ReceivedReceipt>> = BTreeMap::new();
        for one in batch.drain(..) {
            // Whose it is becomes known with the link's first message; until then the provider keeps it.
            if let Some(tenant) = one.tenant {
                by_connection.entry((tenant, one.connection)).or_default().push(one);
            }
        }
        for ((tenant, connection), group) in by_connection {
            let receipts: Vec<_> = group.iter().map(|one| one.receipt.clone()).collect();
            let Some(first) = group.first() else { continue };
            match intake.keep(tenant, connection, first.connector, &receipts).await {
                Ok(()) => {
                    postgres.end();
                    group.into_iter().for_each(ReceivedReceipt::keep);
                }
                Err(error) => postgres.begin(&error),
            }
        }
    }
}
