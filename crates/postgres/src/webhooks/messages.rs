//! What one endpoint was told: its messages with their attempts, newest first; and what a tenant queues by hand.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::id::{WebhookEndpointId, WebhookMessageId};
use pinfold_core::webhook::TEST;
use uuid::Uuid;

use crate::schema::{webhook_attempts, webhook_endpoints, webhook_messages};
use crate::time::{Timestamp, millis, timestamp};
use crate::{Error, TenantScope};

/// What one of a tenant's endpoints was told.
#[derive(Debug, Clone, Copy)]
pub struct WebhookMessages<'a> {
    pub(crate) scope: TenantScope<'a>,
    pub(crate) endpoint: WebhookEndpointId,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookMessage {
    /// Its id.
    pub id: WebhookMessageId,
    /// Its type.
    pub kind: String,
    /// When what it tells of happened.
    pub happened_ms: u64,
    /// What it tells.
    pub data: serde_json::Value,
    /// `waiting`, `delivered` or `failed`.
    pub status: String,
    /// The attempts made.
    pub attempts: u32,
    /// What the last attempt came to, or why there was none.
    pub last_outcome: Option<String>,
    /// When the next attempt is due, while it waits.
    pub due_ms: Option<u64>,
    /// When it was queued.
    pub created_ms: u64,
    /// When it was delivered or given up.
    pub finished_ms: Option<u64>,
}

/// One attempt at a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// Which one, from 1.
    pub number: u32,
    /// When it ended.
    pub ended_ms: u64,
    /// `delivered`, or why not.
    pub outcome: String,
    /// What the receiver answered, if it did.
    pub status_code: Option<u16>,
    /// How long it took.
    pub duration_ms: u32,
}

/// Which messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookFilter {
    /// Those in this state.
    pub status: Option<&'static str>,
    /// Those of this type.
    pub kind: Option<String>,
    /// Those queued at this time or later.
    pub since_ms: Option<u64>,
    /// Those queued before this time.
    pub before_ms: Option<u64>,
    /// Those after this one in the list, which is the last one of the page before.
    pub after: Option<WebhookMessageId>,
    /// The most to give.
    pub size: u32,
}

/// What became of a wish to queue something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued<T> {
    /// It is queued.
    Done(T),
    /// There is no such endpoint or message.
    Missing,
    /// The endpoint is disabled.
    Disabled,
    /// The tenant's backlog has no room.
    Full,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_messages)]
struct Row {
    id: Uuid,
    kind: String,
    happened_at: Timestamp,
    data: serde_json::Value,
    status: String,
    attempts: i32,
    last_outcome: Option<String>,
    due_at: Timestamp,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl From<Row> for WebhookMessage {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            kind: row.kind,
            happened_ms: millis(row.happened_at),
            data: row.data,
            due_ms: (row.status == "waiting").then(|| millis(row.due_at)),
            status: row.status,
            attempts: row.attempts.unsigned_abs(),
            last_outcome: row.last_outcome,
            created_ms: millis(row.created_at),
            finished_ms: row.finished_at.map(millis),
        }
    }
}

diesel::define_sql_function! {
    /// How many messages more may wait. Holds the tenant's backlog until the end of the transaction.
    fn webhook_room() -> Integer;
}

/// Takes the endpoint, and then the backlog, in the order that all writers keep.
async fn room(connection: &mut AsyncPgConnection, tenant: Uuid, endpoint: Uuid) -> Result<Queued<i64>, Error> {
    let query = webhook_endpoints::table.find((tenant, endpoint)).select(webhook_endpoints::is_enabled).for_no_key_update();
    match query.first::<bool>(connection).await.optional()? {
        None => Ok(Queued::Missing),
        Some(false) => Ok(Queued::Disabled),
        Some(true) => match diesel::select(webhook_room()).get_result::<i32>(connection).await? {
            0 => Ok(Queued::Full),
            room => Ok(Queued::Done(room.into())),
        },
    }
}

impl WebhookMessages<'_> {
    /// A page of them, newest first; `None` when there is no such endpoint, and nothing after a message that is gone.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, filter: WebhookFilter) -> Result<Option<Vec<WebhookMessage>>, Error> {
        let endpoint = Uuid::from(self.endpoint);
        let rows: Option<Vec<Row>> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let known = webhook_endpoints::table.find((tenant, endpoint)).select(webhook_endpoints::id);
                    if known.first::<Uuid>(connection).await.optional()?.is_none() {
                        return Ok(None);
                    }
                    let mine = webhook_messages::tenant_id.eq(tenant).and(webhook_messages::endpoint_id.eq(endpoint));
                    let mut query = webhook_messages::table.filter(mine).into_boxed();
                    if let Some(after) = filter.after {
                        let after = webhook_messages::table.find((tenant, endpoint, Uuid::from(after)));
                        let columns = (webhook_messages::created_at, webhook_messages::id);
                        let Some((at, id)) = after.select(columns).first::<(Timestamp, Uuid)>(connection).await.optional()?
                        else {
                            return Ok(Some(Vec::new()));
                        };
                        let same = webhook_messages::created_at.eq(at).and(webhook_messages::id.lt(id));
                        query = query.filter(webhook_messages::created_at.lt(at).or(same));
                    }
                    if let Some(status) = filter.status {
                        query = query.filter(webhook_messages::status.eq(status));
                    }
                    if let Some(kind) = filter.kind {
                        query = query.filter(webhook_messages::kind.eq(kind));
                    }
                    if let Some(since) = filter.since_ms {
                        query = query.filter(webhook_messages::created_at.ge(timestamp(since)));
                    }
                    if let Some(before) = filter.before_ms {
                        query = query.filter(webhook_messages::created_at.lt(timestamp(before)));
                    }
                    let query = query.order((webhook_messages::created_at.desc(), webhook_messages::id.desc()));
                    Ok(Some(query.limit(filter.size.into()).select(Row::as_select()).load(connection).await?))
                }
                .boxed()
            })
            .await?;
        Ok(rows.map(|rows| rows.into_iter().map(WebhookMessage::from).collect()))
    }

    /// One of them, with its attempts, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, id: WebhookMessageId) -> Result<Option<(WebhookMessage, Vec<WebhookAttempt>)>, Error> {
        type Attempt = (i32, Timestamp, String, Option<i16>, i32);
        let (endpoint, id) = (Uuid::from(self.endpoint), Uuid::from(id));
        let found: Option<(Row, Vec<Attempt>)> = self
            .scope
            .run(move |connection, tenant| {
                async move {
                    let query = webhook_messages::table.find((tenant, endpoint, id)).select(Row::as_select());
                    let Some(row) = query.first(connection).await.optional()? else { return Ok(None) };
                    let mine = webhook_attempts::tenant_id.eq(tenant).and(webhook_attempts::endpoint_id.eq(endpoint));
                    let query = webhook_attempts::table
                        .filter(mine.and(webhook_attempts::message_id.eq(id)))
                        .order(webhook_attempts::number)
                        .select((
                            webhook_attempts::number,
                            webhook_attempts::ended_at,
                            webhook_attempts::outcome,
                            webhook_attempts::status_code,
                            webhook_attempts::duration_ms,
                        ));
                    Ok(Some((row, query.load(connection).await?)))
                }
                .boxed()
            })
            .await?;
        let attempt = |(number, ended_at, outcome, status_code, duration_ms): Attempt| WebhookAttempt {
            number: number.unsigned_abs(),
            ended_ms: millis(ended_at),
            outcome,
            status_code: status_code.map(i16::unsigned_abs),
            duration_ms: duration_ms.unsigned_abs(),
        };
        Ok(found.map(|(row, attempts)| (row.into(), attempts.into_iter().map(attempt).collect())))
    }

    /// Queues a test.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn test(self) -> Result<Queued<WebhookMessageId>, Error> {
        let (endpoint, id) = (Uuid::from(self.endpoint), WebhookMessageId::random());
        let data = serde_json::json!({ "endpointId": self.endpoint });
        self.scope
            .run(move |connection, tenant| {
                async move {
                    Ok(match room(connection, tenant, endpoint).await? {
                        Queued::Done(_) => {
                            let values = (
                                webhook_messages::tenant_id.eq(tenant),
                                webhook_messages::endpoint_id.eq(endpoint),
                                webhook_messages::id.eq(Uuid::from(id)),
                                webhook_messages::kind.eq(TEST),
                                webhook_messages::happened_at.eq(diesel::dsl::now),
                                webhook_messages::data.eq(data),
                            );
                            diesel::insert_into(webhook_messages::table).values(values).execute(connection).await?;
                            Queued::Done(id)
                        }
                        Queued::Missing => Queued::Missing,
                        Queued::Disabled => Queued::Disabled,
                        Queued::Full => Queued::Full,
                    })
                }
                .boxed()
            })
            .await
    }

    /// Queues one message again that was delivered or given up; one that waits is due at once. With a schedule from the
    /// beginning.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replay(self, id: WebhookMessageId) -> Result<Queued<()>, Error> {
        Ok(match self.queue_again(Some(id), None).await? {
            Queued::Done(0) | Queued::Missing => Queued::Missing,
            Queued::Done(_) => Queued::Done(()),
            Queued::Disabled => Queued::Disabled,
            Queued::Full => Queued::Full,
        })
    }

    /// Queues all messages again that failed and were queued at `since_ms` or later, oldest first, as far as the backlog
    /// has room. Says how many.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn replay_failed(self, since_ms: u64) -> Result<Queued<u64>, Error> {
        self.queue_again(None, Some(since_ms)).await
    }

    async fn queue_again(self, only: Option<WebhookMessageId>, since_ms: Option<u64>) -> Result<Queued<u64>, Error> {
        let endpoint = Uuid::from(self.endpoint);
        self.scope
            .run(move |connection, tenant| {
                async move {
                    let room = match room(connection, tenant, endpoint).await? {
                        Queued::Done(room) => room,
                        Queued::Missing => return Ok(Queued::Missing),
                        Queued::Disabled => return Ok(Queued::Disabled),
                        Queued::Full => return Ok(Queued::Full),
                    };
                    let mine = webhook_messages::tenant_id.eq(tenant).and(webhook_messages::endpoint_id.eq(endpoint));
                    let mut chosen = webhook_messages::table.filter(mine).select(webhook_messages::id).into_boxed();
                    if let Some(id) = only {
                        chosen = chosen.filter(webhook_messages::id.eq(Uuid::from(id)));
                    }
                    if let Some(since) = since_ms {
                        let failed = webhook_messages::status.eq("failed");
                        chosen = chosen.filter(failed.and(webhook_messages::created_at.ge(timestamp(since))));
                    }
                    let chosen = chosen.order((webhook_messages::created_at, webhook_messages::id)).limit(room);
                    let ids: Vec<Uuid> = chosen.load(connection).await?;
                    let values = (
                        webhook_messages::status.eq("waiting"),
                        webhook_messages::tries.eq(0),
                        webhook_messages::due_at.eq(diesel::dsl::now),
                        webhook_messages::finished_at.eq(None::<Timestamp>),
                    );
                    // One that is in hand stays there.
                    let target = webhook_messages::table.filter(mine.and(webhook_messages::id.eq_any(&ids)));
                    let update = diesel::update(target.filter(webhook_messages::lease.is_null())).set(values);
                    update.execute(connection).await?;
                    Ok(Queued::Done(ids.len() as u64))
                }
                .boxed()
            })
            .await
    }
}
