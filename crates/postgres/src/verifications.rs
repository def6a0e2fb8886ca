//! What became of a tenant's PINs, for its reports. Written by [`crate::Database::record`].

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, MessageId, PinId};
use pinfold_core::keys::Digest;
use uuid::Uuid;

use crate::schema::verifications;
use crate::time::{Timestamp, millis};
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
    const ALL: [Self; 7] =
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
    wrong_guesses: i32,
    sent_at: Option<Timestamp>,
    verified_at: Option<Timestamp>,
    status: String,
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
        })
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
        let row: Option<Row> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = verifications::table
                        .filter(verifications::tenant_id.eq(tenant).and(verifications::pin_id.eq(Uuid::from(pin))))
                        .order(verifications::created_at.desc())
                        .select(Row::as_select());
                    Ok(query.first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(Verification::try_from).transpose()
    }
}
