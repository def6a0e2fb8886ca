//! Sessions of the console. PostgreSQL is the source of truth: one that is gone here is gone everywhere as soon as the gateways ask
//! again, and they do so every other second.

use diesel::prelude::*;
use diesel::sql_types::{Bytea, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::access::Role;
use pinfold_core::id::{PersonId, SessionId, TenantId};
use uuid::Uuid;

use super::role;
use super::schema::sessions;
use crate::Error;
use crate::database::{Access, Database};
use crate::time::{Timestamp, millis};

/// How long a session lasts without use, and at all, in seconds.
const IDLE_S: i32 = 3_600;
const LIFE: &str = "now() + interval '24 hours'";
/// How many sessions a person has; one more ends the oldest.
const MOST: i64 = 10;
/// How long a confirmation is good, in minutes.
const CONFIRMED: &str = "now() + interval '10 minutes'";

/// The sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a>(pub(super) &'a Database);

/// What a session still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The second factor.
    SecondFactor,
    /// A second factor to be enrolled.
    Enrolment,
    /// Nothing.
    SignedIn,
}

impl Stage {
    const ALL: [Self; 3] = [Self::SecondFactor, Self::Enrolment, Self::SignedIn];

    /// Its name in the system of record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::Enrolment => "enrolment",
            Self::SignedIn => "signed_in",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// A session to be.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Whose.
    pub person: PersonId,
    /// The keyed hash of the cookie's value.
    pub hash: [u8; 32],
    /// What it lacks.
    pub stage: Stage,
    /// Whether the person proved just now who they are.
    pub is_confirmed: bool,
    /// Where it comes from.
    pub address: String,
    /// By which program.
    pub user_agent: String,
}

/// Who shows a session, as the gateway asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub person: PersonId,
    /// What it lacks.
    pub stage: Stage,
    /// The tenant that the person looks at, when they are a member of it and it is open, and what they are to it.
    pub tenant: Option<(TenantId, Role)>,
}

/// A session, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub person: PersonId,
    /// What it lacks.
    pub stage: Stage,
    /// The tenant that the person looks at.
    pub tenant: Option<TenantId>,
    /// Where it came from when it began.
    pub address: String,
    /// By which program.
    pub user_agent: String,
    /// Until when sensitive changes need no other proof, in milliseconds since 1970; none when they do.
    pub confirmed_until_ms: Option<u64>,
    /// When it began.
    pub created_ms: u64,
    /// When it was used last, to half a minute.
    pub used_ms: u64,
    /// When it ends, however it is used.
    pub expires_ms: u64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct Row {
    id: Uuid,
    person_id: Uuid,
    stage: String,
    current_tenant_id: Option<Uuid>,
    address: String,
    user_agent: String,
    confirmed_until: Option<Timestamp>,
    created_at: Timestamp,
    used_at: Timestamp,
    expires_at: Timestamp,
}

impl TryFrom<Row> for SessionRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            stage: Stage::from_name(&row.stage).ok_or_else(|| Error::corrupt("sessions", "stage", row.id))?,
            id: row.id.into(),
            person: row.person_id.into(),
            tenant: row.current_tenant_id.map(TenantId::from),
            address: row.address,
            user_agent: row.user_agent,
            confirmed_until_ms: row.confirmed_until.map(millis),
            created_ms: millis(row.created_at),
            used_ms: millis(row.used_at),
            expires_ms: millis(row.expires_at),
        })
    }
}

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    person_id: Uuid,
    #[diesel(sql_type = Text)]
    stage: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    tenant_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
}

/// What holds of a session that has not ended by time.
macro_rules! alive {
    () => {
        diesel::dsl::sql::<diesel::sql_types::Bool>("expires_at > now() AND used_at > now() - interval '1 hour'")
    };
}

impl Sessions<'_> {
    /// Who shows the session with this hash; nobody when it ended.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn shown(self, hash: [u8; 32]) -> Result<Option<ShownSession>, Error> {
        let query = diesel::sql_query("SELECT * FROM session_of($1, $2)").bind::<Bytea, _>(hash.to_vec());
        let query = query.bind::<Integer, _>(IDLE_S);
        let row: Option<Shown> =
            self.0.run(move |connection| async move { Ok(query.get_result(connection).await.optional()?) }.boxed()).await?;
        let Some(row) = row else { return Ok(None) };
        let stage = Stage::from_name(&row.stage).ok_or_else(|| Error::corrupt("sessions", "stage", row.id))?;
        let tenant = match row.tenant_id.zip(row.role) {
            Some((tenant, name)) => Some((tenant.into(), role(&name, "memberships", tenant)?)),
            None => None,
        };
        Ok(Some(ShownSession { id: row.id.into(), person: row.person_id.into(), stage, tenant }))
    }

    /// Begins a session, in the place of `before` where there is one. It looks at `tenant`, or at the tenant that the person looked
    /// at last, or at the first they are a member of. A person's oldest sessions end when there are too many.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin(self, new: NewSession, before: Option<SessionId>, tenant: Option<TenantId>) -> Result<SessionRow, Error> {
        let id = SessionId::random();
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let person = Uuid::from(new.person);
                let last: Option<Option<Uuid>> = sessions::table
                    .filter(sessions::person_id.eq(person).and(sessions::current_tenant_id.is_not_null()))
                    .order(sessions::used_at.desc())
                    .select(sessions::current_tenant_id)
                    .first(connection)
                    .await
                    .optional()?;
                let tenant = tenant.map(Uuid::from).or(last.flatten());
                if let Some(before) = before {
                    diesel::delete(sessions::table.find(Uuid::from(before))).execute(connection).await?;
                }
                diesel::delete(sessions::table.filter(sessions::person_id.eq(person).and(diesel::dsl::not(alive!()))))
                    .execute(connection)
                    .await?;
                let confirmed = if new.is_confirmed { CONFIRMED } else { "NULL" };
                let values = (
                    sessions::id.eq(Uuid::from(id)),
                    sessions::person_id.eq(person),
                    sessions::hash.eq(new.hash.to_vec()),
                    sessions::stage.eq(new.stage.name()),
                    sessions::current_tenant_id.eq(tenant),
                    sessions::address.eq(new.address),
                    sessions::user_agent.eq(new.user_agent),
                    sessions::confirmed_until
                        .eq(diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>>(confirmed)),
                    sessions::expires_at.eq(diesel::dsl::sql::<diesel::sql_types::Timestamptz>(LIFE)),
                );
                let insert = diesel::insert_into(sessions::table).values(values).returning(Row::as_returning());
                let row: Row = insert.get_result(connection).await?;
                let oldest: Vec<Uuid> = sessions::table
                    .filter(sessions::person_id.eq(person))
                    .order(sessions::created_at.desc())
                    .offset(MOST)
                    .select(sessions::id)
                    .load(connection)
                    .await?;
                diesel::delete(sessions::table.filter(sessions::id.eq_any(oldest))).execute(connection).await?;
                Ok(row)
            }
            .boxed()
        });
        work.await?.try_into()
    }

    /// Gives a session another cookie, and says what else is new: that the person proved again who they are, the tenant they
    /// look at. `None` when it ended.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn renew(
        self,
        session: SessionId,
        hash: [u8; 32],
        is_confirmed: bool,
        tenant: Option<TenantId>,
    ) -> Result<Option<SessionRow>, Error> {
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let target = || sessions::table.find(Uuid::from(session));
                if is_confirmed {
                    let until = diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>>(CONFIRMED);
                    diesel::update(target()).set(sessions::confirmed_until.eq(until)).execute(connection).await?;
                }
                if let Some(tenant) = tenant {
                    let change = sessions::current_tenant_id.eq(Some(Uuid::from(tenant)));
                    diesel::update(target()).set(change).execute(connection).await?;
                }
                let update = diesel::update(target()).set(sessions::hash.eq(hash.to_vec()));
                Ok(update.returning(Row::as_returning()).get_result(connection).await.optional()?)
            }
            .boxed()
        });
        work.await?.map(SessionRow::try_from).transpose()
    }

    /// One session that has not ended.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, session: SessionId) -> Result<Option<SessionRow>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let query = sessions::table.find(Uuid::from(session)).filter(alive!()).select(Row::as_select());
                Ok(query.first(connection).await.optional()?)
            }
            .boxed()
        });
        work.await?.map(SessionRow::try_from).transpose()
    }

    /// A person's sessions, the newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self, person: PersonId) -> Result<Vec<SessionRow>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let query = sessions::table.filter(sessions::person_id.eq(Uuid::from(person))).filter(alive!());
                let rows: Vec<Row> = query.order(sessions::created_at.desc()).select(Row::as_select()).load(connection).await?;
                Ok(rows)
            }
            .boxed()
        });
        work.await?.into_iter().map(SessionRow::try_from).collect()
    }

    /// Ends one of a person's sessions; `None` when they have no such one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn end(self, person: PersonId, session: SessionId) -> Result<Option<()>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let target = sessions::table.find(Uuid::from(session)).filter(sessions::person_id.eq(Uuid::from(person)));
                Ok(diesel::delete(target).execute(connection).await?)
            }
            .boxed()
        });
        Ok((work.await? > 0).then_some(()))
    }
}

/// Ends the sessions of everybody whom a tenant's provider manages.
pub(super) async fn end_managed(connection: &mut AsyncPgConnection, tenant: Uuid) -> Result<(), Error> {
    let ended = "DELETE FROM sessions AS s USING people AS p WHERE p.id = s.person_id AND p.managed_by = $1";
    diesel::sql_query(ended).bind::<SqlUuid, _>(tenant).execute(connection).await?;
    Ok(())
}

/// Ends a person's sessions but `kept`.
pub(super) async fn end_others(connection: &mut AsyncPgConnection, person: Uuid, kept: Option<Uuid>) -> Result<(), Error> {
    let others = sessions::table.filter(sessions::person_id.eq(person).and(sessions::id.ne_all(kept.as_slice().to_vec())));
    diesel::delete(others).execute(connection).await?;
    Ok(())
}

/// The people of a tenant look at another one from now on, or at none.
pub(super) async fn look_away(connection: &mut AsyncPgConnection, tenant: Uuid, person: Uuid) -> Result<(), Error> {
    let theirs = sessions::table.filter(sessions::person_id.eq(person).and(sessions::current_tenant_id.eq(tenant)));
    diesel::update(theirs).set(sessions::current_tenant_id.eq(None::<Uuid>)).execute(connection).await?;
    Ok(())
}
