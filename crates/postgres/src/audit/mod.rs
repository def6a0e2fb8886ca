//! The audit log: what was changed, seen or refused, by whom, when and from where. Changes of configuration are told by
//! the database itself (see the migration); what changes no row is told with [`Audit::note`].

mod acting;
mod entry;
mod heads;
mod verify;

use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Nullable, Text};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::id::TenantId;

pub use self::acting::{Acting, acting_as};
pub use self::entry::{AuditEntry, AuditFilter};
pub use self::heads::ChainHead;
pub use self::verify::{AuditFault, Verified};
use crate::schema::audit_entries;
use crate::{Error, TenantScope};

/// The owner of the platform's own chain.
pub const PLATFORM: TenantId = TenantId::from_bytes([0; 16]);

diesel::define_sql_function! {
    /// Adds an entry to the chain of the transaction's tenant.
    fn audit_note(action: Text, object: Text, object_id: Nullable<Text>, detail: Nullable<Jsonb>) -> diesel::sql_types::BigInt;
}

/// What was done in a tenant, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Audit<'a>(pub(crate) TenantScope<'a>);

/// Something that was done without changing a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// What: `revealed`, `exported`, `signed_in`, `denied`.
    pub action: &'static str,
    /// To what kind of thing.
    pub object: &'static str,
    /// To which one.
    pub object_id: Option<String>,
    /// What else there is to say; no secrets and no whole recipients.
    pub detail: Option<serde_json::Value>,
}

impl Audit<'_> {
    /// Tells what was done. What must not happen untold is told first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn note(self, note: Note) -> Result<(), Error> {
        self.note_all(vec![note]).await
    }

    /// Tells several things at once.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn note_all(self, notes: Vec<Note>) -> Result<(), Error> {
        self.0
            .run(move |connection, _| {
                async move {
                    for Note { action, object, object_id, detail } in notes {
                        let told = diesel::select(audit_note(action, object, object_id, detail));
                        told.execute(connection).await?;
                    }
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// The newest entries that pass, newest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for an entry that is none, and see [`Error`].
    pub async fn list(self, filter: AuditFilter) -> Result<Vec<AuditEntry>, Error> {
        let rows: Vec<(i64, String)> = self
            .0
            .read(move |connection, tenant| {
                async move {
                    let mut query = audit_entries::table
                        .filter(audit_entries::tenant_id.eq(tenant))
                        .order(audit_entries::sequence.desc())
                        .limit(filter.size.into())
                        .select((audit_entries::sequence, audit_entries::payload))
                        .into_boxed();
                    let millis = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
                    if let Some(before) = filter.before {
                        query = query.filter(audit_entries::sequence.lt(millis(before)));
                    }
                    if let Some(from) = filter.from_ms {
                        query = query.filter(audit_entries::at_ms.ge(millis(from)));
                    }
                    if let Some(to) = filter.to_ms {
                        query = query.filter(audit_entries::at_ms.lt(millis(to)));
                    }
                    if let Some(actor) = filter.actor {
                        query = query.filter(audit_entries::actor.eq(actor));
                    }
                    if let Some(action) = filter.action {
                        query = query.filter(audit_entries::action.eq(action));
                    }
                    if let Some(object) = filter.object {
                        query = query.filter(audit_entries::object.eq(object));
                    }
                    if let Some(id) = filter.object_id {
                        query = query.filter(audit_entries::object_id.eq(id));
                    }
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        rows.into_iter().map(|(sequence, payload)| AuditEntry::read(sequence, &payload)).collect()
    }
}
