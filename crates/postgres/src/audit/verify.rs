//! Whether a chain is what was written. Each entry's hash is computed again from what is stored; the first that is not
//! right is named. A chain that was written anew as a whole is right in itself: checkpoints kept elsewhere tell.

use diesel::dsl::max;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::audit::next_hash;
use serde::Deserialize;

use super::Audit;
use super::heads::ChainHead;
use crate::Error;
use crate::schema::{audit_entries, audit_heads};

/// Entries read at once.
const PAGE: i64 = 5_000;

/// A chain that is what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Its end.
    pub head: ChainHead,
}

/// What is wrong with a chain.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// An entry is not what was written, or not in its place.
    #[error("entry {0} is not what was written")]
    Changed(u64),
    /// An entry is gone.
    #[error("entry {0} is missing")]
    Missing(u64),
    /// The chain is right in itself, but not the one of which a checkpoint was taken.
    #[error("entry {sequence} is not the one of the checkpoint: the chain was written anew at it or before{}", after(*.since))]
    Rewritten {
        /// The entry of the checkpoint.
        sequence: u64,
        /// The last entry before it that a checkpoint confirms.
        since: u64,
    },
    /// The chain cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Error),
}

fn after(since: u64) -> String {
    if since == 0 { String::new() } else { format!(", after entry {since}") }
}

impl From<diesel::result::Error> for AuditFault {
    fn from(error: diesel::result::Error) -> Self {
        Self::Unreadable(error.into())
    }
}

#[derive(Deserialize)]
struct Place {
    tenant: String,
    sequence: u64,
}

struct Stored {
    head: u64,
    hash: Vec<u8>,
    last: u64,
}

type Row = (i64, String, Vec<u8>);

impl Audit<'_> {
    /// Reads the chain from its first entry to its last. `checkpoints` are ends that the chain once had, the oldest first.
    ///
    /// # Errors
    /// The first fault.
    pub async fn verify(self, checkpoints: &[ChainHead]) -> Result<Verified, AuditFault> {
        let tenant = self.0.id();
        // What is added while this reads is not the question: the end is fixed first.
        let stored = self.stored().await?;
        if stored.last > stored.head {
            return Err(AuditFault::Changed(stored.head + 1));
        }
        let end = checkpoints.iter().map(|head| head.sequence).max().unwrap_or(0).max(stored.head);
        let mut head = ChainHead { tenant, sequence: 0, hash: [0; 32] };
        let (mut due, mut since) = (checkpoints.iter().peekable(), 0);
        while head.sequence < end {
            let page = self.page(head.sequence).await?;
            if page.is_empty() {
                return Err(AuditFault::Missing(head.sequence + 1));
            }
            for (sequence, payload, hash) in page {
                let expected = head.sequence + 1;
                if expected > end {
                    break;
                }
                match u64::try_from(sequence) {
                    Ok(sequence) if sequence == expected => {}
                    Ok(sequence) if sequence > expected => return Err(AuditFault::Missing(expected)),
                    _ => return Err(AuditFault::Changed(expected)),
                }
                let place: Place = serde_json::from_str(&payload).map_err(|_| AuditFault::Changed(expected))?;
                let is_placed = place.sequence == expected && place.tenant == tenant.to_string();
                let computed = next_hash(&head.hash, &payload);
                if !is_placed || computed.as_slice() != hash {
                    return Err(AuditFault::Changed(expected));
                }
                head = ChainHead { tenant, sequence: expected, hash: computed };
                while let Some(checkpoint) = due.next_if(|checkpoint| checkpoint.sequence <= expected) {
                    if checkpoint.sequence == expected && checkpoint.hash != head.hash {
                        return Err(AuditFault::Rewritten { sequence: expected, since });
                    }
                    since = checkpoint.sequence;
                }
            }
        }
        if head.sequence == stored.head && stored.hash != head.hash && head.sequence > 0 {
            return Err(AuditFault::Changed(head.sequence));
        }
        Ok(Verified { head })
    }

    /// The end of the chain as it is noted, and the last entry that is there: both of one moment.
    async fn stored(self) -> Result<Stored, Error> {
        self.0
            .read(|connection, tenant| {
                async move {
                    let query = audit_heads::table.find(tenant).select((audit_heads::sequence, audit_heads::hash));
                    let head: Option<(i64, Vec<u8>)> = query.first(connection).await.optional()?;
                    let entries = audit_entries::table.filter(audit_entries::tenant_id.eq(tenant));
                    let last: Option<i64> = entries.select(max(audit_entries::sequence)).first(connection).await?;
                    let (head, hash) = head.unwrap_or_default();
                    let count = |number: i64| u64::try_from(number).unwrap_or(0);
                    Ok(Stored { head: count(head), hash, last: count(last.unwrap_or_default()) })
                }
                .boxed()
            })
            .await
    }

    async fn page(self, after: u64) -> Result<Vec<Row>, Error> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.0
            .read(move |connection, tenant| {
                async move {
                    let query = audit_entries::table
                        .filter(audit_entries::tenant_id.eq(tenant).and(audit_entries::sequence.gt(after)))
                        .order(audit_entries::sequence)
                        .limit(PAGE)
                        .select((audit_entries::sequence, audit_entries::payload, audit_entries::hash));
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await
    }
}
