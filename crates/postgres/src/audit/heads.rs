//! The ends of chains: what a checkpoint holds.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Bytea, Double, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::TenantId;
use uuid::Uuid;

use crate::{Database, Error};

/// The end of a chain at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// Whose chain it is.
    pub tenant: TenantId,
    /// How many entries it has.
    pub sequence: u64,
    /// The last entry's hash.
    pub hash: [u8; 32],
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Bytea)]
    hash: Vec<u8>,
}

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = Bool)]
    is_mine: bool,
}

impl Database {
    /// The ends of all chains, the platform's first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn audit_heads(&self) -> Result<Vec<ChainHead>, Error> {
        let query = diesel::sql_query("SELECT * FROM audit_heads_of_all()");
        let rows: Vec<Row> = self.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await?;
        let head = |row: Row| {
            Ok(ChainHead {
                tenant: row.tenant_id.into(),
                sequence: u64::try_from(row.sequence).unwrap_or(0),
                hash: row.hash.try_into().map_err(|_| Error::corrupt("audit_heads", "hash", row.tenant_id))?,
            })
        };
        rows.into_iter().map(head).collect()
    }

    /// Whether it is time for a checkpoint, and for this process to take it: one does, however many ask.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn claim_audit_checkpoint(&self, every_seconds: u32) -> Result<bool, Error> {
        let query = diesel::sql_query("SELECT claim_audit_checkpoint($1) AS is_mine").bind::<Double, _>(f64::from(every_seconds));
        let claimed: Claimed = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(claimed.is_mine)
    }
}
