//! A tenant's rules of the fraud guard and its lists.

use diesel::sql_types::{Binary, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::fraud::{Entry, Matcher, Rules, Side};
use pinfold_core::id::FraudEntryId;
use serde_json::Value;
use uuid::Uuid;

use crate::time::{Timestamp, millis};
use crate::{Error, TenantScope};

/// A tenant's part of the fraud guard.
#[derive(Debug, Clone, Copy)]
pub struct Fraud<'a>(pub(crate) TenantScope<'a>);

/// An entry of a list as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FraudEntry {
    /// Its id.
    pub id: FraudEntryId,
    /// What it does.
    pub entry: Entry,
    /// The prefix or the network; of a number its masked form.
    pub shown: String,
    /// What the tenant wrote beside it.
    pub note: Option<String>,
    /// When it was added, in milliseconds since 1970.
    pub created_ms: u64,
}

#[derive(diesel::QueryableByName)]
struct RulesRow {
    #[diesel(sql_type = Jsonb)]
    rules: Value,
}

#[derive(diesel::QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    side: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    shown: String,
    #[diesel(sql_type = Nullable<Binary>)]
    hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    note: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    created_at: Timestamp,
}

#[derive(diesel::QueryableByName)]
struct HashRow {
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

impl EntryRow {
    fn read(self) -> Result<FraudEntry, Error> {
        let corrupt = |column| Error::corrupt("fraud_lists", column, self.id);
        let matcher = match (self.kind.as_str(), &self.hash) {
            ("number", Some(hash)) => Matcher::Number(hash.as_slice().try_into().map_err(|_| corrupt("hash"))?),
            ("prefix", None) => Matcher::Prefix(self.shown.parse().map_err(|_| corrupt("shown"))?),
            ("network", None) => Matcher::Network(self.shown.parse().map_err(|_| corrupt("shown"))?),
            _ => return Err(corrupt("kind")),
        };
        let side = Side::from_name(&self.side).ok_or_else(|| corrupt("side"))?;
        Ok(FraudEntry {
            id: self.id.into(),
            entry: Entry { side, matcher },
            shown: self.shown,
            note: self.note,
            created_ms: millis(self.created_at),
        })
    }
}

impl Fraud<'_> {
    /// The tenant's rules; none where it has the operator's.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rules(self) -> Result<Option<Rules>, Error> {
        self.0.run(|connection, tenant| async move { load_rules(connection, tenant).await?.transpose() }.boxed()).await
    }

    /// Sets the tenant's rules.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_rules(self, rules: &Rules) -> Result<(), Error> {
        let rules = serde_json::to_value(rules).expect("rules serialise");
        self.0
            .run(move |connection, tenant| {
                let query = diesel::sql_query(
                    "INSERT INTO fraud_rules (tenant_id, rules) VALUES ($1, $2) \
                     ON CONFLICT (tenant_id) DO UPDATE SET rules = EXCLUDED.rules, updated_at = now()",
                )
                .bind::<SqlUuid, _>(tenant)
                .bind::<Jsonb, _>(rules);
                async move { Ok(query.execute(connection).await.map(drop)?) }.boxed()
            })
            .await
    }

    /// The entries of both lists, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn entries(self) -> Result<Vec<FraudEntry>, Error> {
        let rows = self.0.run(|connection, tenant| load_entries(connection, tenant).boxed()).await?;
        rows.into_iter().collect()
    }

    /// Adds an entry, unless there are `most` or it is there; `None` then.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add(self, entry: FraudEntry, most: i64) -> Result<Option<()>, Error> {
        let (kind, hash) = match &entry.entry.matcher {
            Matcher::Number(hash) => ("number", Some(hash.to_vec())),
            Matcher::Prefix(_) => ("prefix", None),
            Matcher::Network(_) => ("network", None),
        };
        let added = self
            .0
            .run(move |connection, tenant| {
                let query = diesel::sql_query(
                    "INSERT INTO fraud_lists (tenant_id, id, side, kind, shown, hash, note) \
                     SELECT $1, $2, $3, $4, $5, $6, $7 \
                     WHERE (SELECT count(*) FROM fraud_lists WHERE tenant_id = $1) < $8 ON CONFLICT DO NOTHING",
                )
                .bind::<SqlUuid, _>(tenant)
                .bind::<SqlUuid, _>(Uuid::from(entry.id))
                .bind::<Text, _>(entry.entry.side.name())
                .bind::<Text, _>(kind)
                .bind::<Text, _>(entry.shown)
                .bind::<Nullable<Binary>, _>(hash)
                .bind::<Nullable<Text>, _>(entry.note)
                .bind::<diesel::sql_types::BigInt, _>(most);
                async move { Ok(query.execute(connection).await?) }.boxed()
            })
            .await?;
        Ok((added > 0).then_some(()))
    }

    /// Removes an entry; `None` when there is no such one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn remove(self, id: FraudEntryId) -> Result<Option<()>, Error> {
        let removed = self
            .0
            .run(move |connection, tenant| {
                let query = diesel::sql_query("DELETE FROM fraud_lists WHERE tenant_id = $1 AND id = $2")
                    .bind::<SqlUuid, _>(tenant)
                    .bind::<SqlUuid, _>(Uuid::from(id));
                async move { Ok(query.execute(connection).await?) }.boxed()
            })
            .await?;
        Ok((removed > 0).then_some(()))
    }
}

/// The tenant's rules, if it has some of its own.
pub(crate) async fn load_rules(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Option<Result<Rules, Error>>, Error> {
    let query = diesel::sql_query("SELECT rules FROM fraud_rules WHERE tenant_id = $1").bind::<SqlUuid, _>(tenant);
    let rows: Vec<RulesRow> = query.load(connection).await?;
    let read = |row: RulesRow| serde_json::from_value(row.rules).map_err(|_| Error::corrupt("fraud_rules", "rules", tenant));
    Ok(rows.into_iter().next().map(read))
}

/// The entries of both lists, newest first, each by itself.
pub(crate) async fn load_entries(
    connection: &mut AsyncPgConnection,
    tenant: Uuid,
) -> Result<Vec<Result<FraudEntry, Error>>, Error> {
    let query = diesel::sql_query(
        "SELECT id, side, kind, shown, hash, note, created_at FROM fraud_lists WHERE tenant_id = $1 ORDER BY created_at DESC, id",
    )
    .bind::<SqlUuid, _>(tenant);
    let rows: Vec<EntryRow> = query.load(connection).await?;
    Ok(rows.into_iter().map(EntryRow::read).collect())
}

/// What the guard knows a tenant's lists by: its entries, and the numbers that Twilio's clients call safe.
pub(crate) async fn load_lists(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<Vec<Result<Entry, Error>>, Error> {
    let mut lists: Vec<_> =
        load_entries(connection, tenant).await?.into_iter().map(|entry| entry.map(|entry| entry.entry)).collect();
    let query = diesel::sql_query("SELECT hash FROM safe_numbers WHERE tenant_id = $1").bind::<SqlUuid, _>(tenant);
    let safe: Vec<HashRow> = query.load(connection).await?;
    lists.extend(safe.into_iter().map(|row| {
        let hash = row.hash.as_slice().try_into().map_err(|_| Error::corrupt("safe_numbers", "hash", tenant))?;
        Ok(Entry { side: Side::Allow, matcher: Matcher::Number(hash) })
    }));
    Ok(lists)
}
