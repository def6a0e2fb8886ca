//! Keeps what providers say of messages, however it comes in, counts it, and has the plan of a PIN looked at whose message
//! will not arrive.

use std::error::Error as StdError;

use pinfold_core::id::{ConnectionId, TenantId};
use pinfold_core::receipt::Receipt;
use pinfold_postgres::{Database, Error};
use pinfold_redis::Hot;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::fallback::advance;

/// The most messages that are followed at once.
const MOST: u32 = 200;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    connector: &'static str,
    state: &'static str,
}

/// Receipts that were kept, by kind of connection and state.
#[derive(Debug, Clone, Default)]
pub struct ReceiptMetrics(Family<Labels, Counter>);

impl ReceiptMetrics {
    /// Registers the metric.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("pinfold_receipts", "Delivery receipts kept, by connector and state", self.0.clone());
    }

    fn kept(&self, connector: &'static str, receipts: &[Receipt]) {
        for receipt in receipts {
            self.0.get_or_create(&Labels { connector, state: receipt.state.name() }).inc();
        }
    }
}

/// Where all receipts go.
#[derive(Clone)]
pub struct Intake {
    /// Where they are kept.
    pub database: Database,
    /// Where plans are looked at.
    pub hot: Hot,
    /// Counts them.
    pub metrics: ReceiptMetrics,
}

impl Intake {
    /// Keeps receipts of one connection of a kind. What follows a message that will not arrive starts at once, or with the
    /// next look when that is not possible now.
    ///
    /// # Errors
    /// See [`Error`]; then the same receipts may come again.
    pub(crate) async fn keep(
        &self,
        tenant: TenantId,
        connection: ConnectionId,
        connector: &'static str,
        receipts: &[Receipt],
    ) -> Result<(), Error> {
        self.database.tenant(tenant).receipts().store(connection, receipts).await?;
        self.metrics.kept(connector, receipts);
        if receipts.iter().any(|receipt| receipt.state.is_failure())
            && let Err(error) = self.follow().await
        {
            tracing::debug!(error = &error as &(dyn StdError + 'static), "undelivered messages are followed later");
        }
        Ok(())
    }

    /// Has the plans of messages looked at that will not arrive. Each is followed by one worker; what fails in between
    /// comes again after some seconds, and then changes nothing that changed before.
    ///
    /// # Errors
    /// When PostgreSQL cannot be asked.
    pub(crate) async fn follow(&self) -> Result<(), Error> {
        loop {
            let taken = self.database.take_undelivered(MOST).await?;
            let is_all = taken.len() < MOST as usize;
            for message in taken {
                if let Err(error) = advance(&self.hot, message.tenant, message.pin, message.delivery).await {
                    let error = &error as &(dyn StdError + 'static);
                    tracing::debug!(error, pin.id = %message.pin, "an undelivered message is followed later");
                    return Ok(());
                }
                self.database.tenant(message.tenant).receipts().followed(&message).await?;
            }
            if is_all {
                return Ok(());
            }
        }
    }
}
