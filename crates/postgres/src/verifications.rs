//! What became of a tenant's PINs, for its reports. Written by [`crate::Database::record`].

use diesel::dsl::IntoBoxed;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, MessageId, PinId};
use pinfold_core::keys::Digest;
use pinfold_core::limits::LONGEST_LIFE_MS;
use uuid::Uuid;

use crate::schema::verifications;
use crate::time::{Timestamp, millis, timestamp};
use crate::{Error, TenantScope};

/// The most that a list gives.
const MOST: i64 = 1_000;

/// A tenant's verifications.
#[derive(Debug, Clone, Copy)]
pub struct Verifications<'a>(pub(crate) TenantScope<'a>);

/// What became of one PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Which PIN.
    pub pin: PinId,
    /// Its application; `None` when it was gone before the first event was recorded.
    pub application: Option<ApplicationId>,
    /// Its message template; the application's id for the built-in text.
    pub message: MessageId,
    /// The channel of its last message.
    pub channel: Channel,
    /// Where it stands. Expiry shows only when it kept a message from leaving: compare `expires_ms`.
    pub status: VerificationStatus,
    /// When it was accepted, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it dies.
    pub expires_ms: u64,
    /// When a provider first took a message of it.
    pub sent_ms: Option<u64>,
    /// When it was first verified.
    pub verified_ms: Option<u64>,
    /// Wrong guesses.
    pub wrong_guesses: u32,
    /// Messages asked for: the send and the resends.
    pub deliveries: u8,
    /// The keyed hash of number and application.
    pub subject: Digest,
    /// Whether it was of a test number.
    pub is_test: bool,
}

/// Which verifications of a tenant a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerificationFilter {
    /// Those of this application.
    pub application: Option<ApplicationId>,
    /// Those that stand so. What died without an end is expired.
    pub status: Option<VerificationStatus>,
    /// Those whose last message took this channel.
    pub channel: Option<Channel>,
    /// Those accepted at this time or later, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Those accepted before this time.
    pub to_ms: Option<u64>,
    /// Those of these numbers.
    pub subjects: Option<Vec<Digest>>,
    /// Those after this one: when it was accepted, and its id.
    pub after: Option<(u64, PinId)>,
    /// The most that come.
    pub size: u32,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
}

/// Where a PIN stands, by its recorded events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerificationStatus {
    /// Nothing final is recorded.
    Waiting,
    /// A provider took a message.
    Sent,
    /// The right PIN came.
    Verified,
    /// All attempts were wrong.
    Exhausted,
    /// The caller ended it.
    Canceled,
    /// No message left, because providers refused it or every attempt failed.
    Failed,
    /// No message left, because the PIN died first.
    Expired,
}

impl VerificationStatus {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Waiting, Self::Sent, Self::Verified, Self::Exhausted, Self::Canceled, Self::Failed, Self::Expired];

    /// The status' name on the wire and in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Verified => "verified",
            Self::Exhausted => "exhausted",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = verifications)]
struct Row {
    pin_id: Uuid,
    created_at: Timestamp,
    expires_at: Timestamp,
    application_id: Option<Uuid>,
    message_id: Uuid,
    channel: String,
    deliveries: i16,
    subject: Vec<u8>,
    wrong_guesses: i32,
    sent_at: Option<Timestamp>,
    verified_at: Option<Timestamp>,
    status: String,
    is_test: bool,
}

impl TryFrom<Row> for Verification {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let corrupt = |column| Error::corrupt("verifications", column, row.pin_id);
        let status = VerificationStatus::ALL.into_iter().find(|status| status.name() == row.status);
        Ok(Self {
            pin: row.pin_id.into(),
            application: row.application_id.map(Into::into),
            message: row.message_id.into(),
            channel: row.channel.parse().map_err(|_| corrupt("channel"))?,
            status: status.ok_or_else(|| corrupt("status"))?,
            created_ms: millis(row.created_at),
            expires_ms: millis(row.expires_at),
            sent_ms: row.sent_at.map(millis),
            verified_ms: row.verified_at.map(millis),
            wrong_guesses: row.wrong_guesses.try_into().map_err(|_| corrupt("wrong_guesses"))?,
            deliveries: row.deliveries.try_into().map_err(|_| corrupt("deliveries"))?,
            subject: row.subject.as_slice().try_into().map_err(|_| corrupt("subject"))?,
            is_test: row.is_test,
        })
    }
}

impl Verification {
    /// Where it stands at `now_ms`: what died without an end is expired.
    #[must_use]
    pub fn status_at(&self, now_ms: u64) -> VerificationStatus {
        match self.status {
            VerificationStatus::Waiting | VerificationStatus::Sent if self.expires_ms <= now_ms => VerificationStatus::Expired,
            status => status,
        }
    }
}

impl Verifications<'_> {
    /// Those of one number in one application, newest first, at most a thousand: all, or only those that were verified
    /// or not, sent or not.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(
        self,
        subject: Digest,
        is_verified: Option<bool>,
        is_sent: Option<bool>,
    ) -> Result<Vec<Verification>, Error> {
        let rows: Vec<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let mut query = verifications::table
                        .filter(verifications::tenant_id.eq(tenant).and(verifications::subject.eq(subject.to_vec())))
                        .into_boxed();
                    if let Some(is_verified) = is_verified {
                        query = query.filter(verifications::verified_at.is_not_null().eq(is_verified));
                    }
                    if let Some(is_sent) = is_sent {
                        query = query.filter(verifications::sent_at.is_not_null().eq(is_sent));
                    }
                    let query = query.order((verifications::created_at.desc(), verifications::pin_id)).limit(MOST);
                    Ok(query.select(Row::as_select()).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        rows.into_iter().map(Verification::try_from).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, pin: PinId) -> Result<Option<Verification>, Error> {
        self.0.run(move |connection, tenant| find(connection, tenant, pin).boxed()).await
    }

    /// A page of them, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn page(self, filter: VerificationFilter) -> Result<Vec<Verification>, Error> {
        let rows: Vec<Row> =
            self.0.run(move |connection, tenant| async move { Ok(filter.query(tenant).load(connection).await?) }.boxed()).await?;
        rows.into_iter().map(Verification::try_from).collect()
    }
}

/// One PIN.
pub(crate) async fn find(connection: &mut AsyncPgConnection, tenant: Uuid, pin: PinId) -> Result<Option<Verification>, Error> {
    let query = verifications::table
        .filter(verifications::tenant_id.eq(tenant).and(verifications::pin_id.eq(Uuid::from(pin))))
        .order(verifications::created_at.desc())
        .select(Row::as_select());
    let row: Option<Row> = query.first(connection).await.optional()?;
    row.map(Verification::try_from).transpose()
}

type Select = diesel::dsl::AsSelect<Row, Pg>;

impl VerificationFilter {
    fn query<'a>(self, tenant: Uuid) -> IntoBoxed<'a, diesel::dsl::Select<verifications::table, Select>, Pg> {
        let mut query = verifications::table.select(Row::as_select()).into_boxed();
        query = query.filter(verifications::tenant_id.eq(tenant));
        if let Some(application) = self.application {
            query = query.filter(verifications::application_id.eq(Some(Uuid::from(application))));
        }
        if let Some(status) = self.status {
            let open = [VerificationStatus::Waiting.name(), VerificationStatus::Sent.name()];
            let now = timestamp(self.now_ms);
            query = match status {
                VerificationStatus::Expired => query.filter(
                    verifications::status
                        .eq(status.name())
                        .or(verifications::status.eq_any(open).and(verifications::expires_at.le(now))),
                ),
                VerificationStatus::Waiting | VerificationStatus::Sent => {
                    // Nothing older is alive: without a bound, all that is kept would be looked at for the few that are.
                    let oldest = timestamp(self.now_ms.saturating_sub(LONGEST_LIFE_MS));
                    let is_alive = verifications::expires_at.gt(now).and(verifications::created_at.ge(oldest));
                    query.filter(verifications::status.eq(status.name()).and(is_alive))
                }
                _ => query.filter(verifications::status.eq(status.name())),
            };
        }
        if let Some(channel) = self.channel {
            query = query.filter(verifications::channel.eq(channel.name()));
        }
        if let Some(from_ms) = self.from_ms {
            query = query.filter(verifications::created_at.ge(timestamp(from_ms)));
        }
        if let Some(to_ms) = self.to_ms {
            query = query.filter(verifications::created_at.lt(timestamp(to_ms)));
        }
        if let Some(subjects) = self.subjects {
            let subjects: Vec<Vec<u8>> = subjects.into_iter().map(|subject| subject.to_vec()).collect();
            query = query.filter(verifications::subject.eq_any(subjects));
        }
        if let Some((created_ms, pin)) = self.after {
            let created = timestamp(created_ms);
            // The first condition is what the index is entered with.
            let is_after = verifications::created_at.lt(created).or(verifications::pin_id.lt(Uuid::from(pin)));
            query = query.filter(verifications::created_at.le(created).and(is_after));
        }
        query.order((verifications::created_at.desc(), verifications::pin_id.desc())).limit(self.size.into())
    }
}
