//! Who is a member of a tenant, and who is asked to become one. A tenant never loses its last owner.

use diesel::prelude::*;
use diesel::sql_types::{Bytea, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::access::Role;
use pinfold_core::email::Email;
use pinfold_core::id::{InvitationId, PersonId, TenantId};
use uuid::Uuid;

use super::schema::{invitations, memberships, people};
use super::{People, role, sessions};
use crate::time::{Timestamp, millis, timestamp};
use crate::{Error, TenantScope};

diesel::define_sql_function! {
    /// Whose invitation has this hash; see the migration.
    fn tenant_of_invitation(hash: Bytea) -> Nullable<SqlUuid>;
}

/// The members of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a>(pub(crate) TenantScope<'a>);

/// The invitations of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Invitations<'a>(pub(crate) TenantScope<'a>);

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// Where their mail goes.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they are to the tenant.
    pub role: Role,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// Whether they have a second factor.
    pub has_second_factor: bool,
    /// Whether they come in by the tenant's own provider alone.
    pub is_managed: bool,
}

/// What came of a change of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is done; what the member was before.
    Done(Role),
    /// There is no such member.
    Missing,
    /// It would leave the tenant without an owner.
    LastOwner,
}

/// An invitation to be.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// Who is asked.
    pub email: Email,
    /// To become what.
    pub role: Role,
    /// The keyed hash of the token.
    pub hash: [u8; 32],
    /// By whom, as people say it.
    pub invited_by: String,
    /// Until when, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is asked.
    pub email: String,
    /// To become what.
    pub role: Role,
    /// By whom.
    pub invited_by: String,
    /// Since when.
    pub created_ms: u64,
    /// Until when.
    pub expires_ms: u64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = invitations)]
struct InvitationRow {
    id: Uuid,
    email: String,
    role: String,
    invited_by: String,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = Error;

    fn try_from(row: InvitationRow) -> Result<Self, Error> {
        Ok(Self {
            role: role(&row.role, "invitations", row.id)?,
            id: row.id.into(),
            email: row.email,
            invited_by: row.invited_by,
            created_ms: millis(row.created_at),
            expires_ms: millis(row.expires_at),
        })
    }
}

type MemberColumns = (Uuid, String, String, String, Timestamp, bool, bool);

const HAS_SECOND_FACTOR: &str = "(EXISTS (SELECT FROM login_totps AS o WHERE o.person_id = people.id AND o.is_confirmed) \
     OR EXISTS (SELECT FROM passkeys AS k WHERE k.person_id = people.id))";

impl Members<'_> {
    /// All members, in the order they became it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<Member>, Error> {
        let rows: Vec<MemberColumns> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let query = memberships::table
                        .inner_join(people::table)
                        .filter(memberships::tenant_id.eq(tenant))
                        .order((memberships::created_at, people::email_key))
                        .select((
                            people::id,
                            people::email,
                            people::name,
                            memberships::role,
                            memberships::created_at,
                            diesel::dsl::sql::<diesel::sql_types::Bool>(HAS_SECOND_FACTOR),
                            people::managed_by.is_not_null(),
                        ));
                    Ok(query.load(connection).await?)
                }
                .boxed()
            })
            .await?;
        let open = |(id, email, name, called, since, has_second_factor, is_managed): MemberColumns| {
            let role = role(&called, "memberships", id)?;
            let since_ms = millis(since);
            Ok(Member { person: id.into(), email, name, role, since_ms, has_second_factor, is_managed })
        };
        rows.into_iter().map(open).collect()
    }

    /// Makes a person a member; one who is a member already stays what they are.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add(self, person: PersonId, role: Role) -> Result<(), Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    let values = (
                        memberships::tenant_id.eq(tenant),
                        memberships::person_id.eq(Uuid::from(person)),
                        memberships::role.eq(role.name()),
                    );
                    let insert = diesel::insert_into(memberships::table).values(values).on_conflict_do_nothing();
                    insert.execute(connection).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Makes a member something else, or none when `to` is none. Changes of owners wait for each other.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn change(self, person: PersonId, to: Option<Role>) -> Result<Change, Error> {
        self.0
            .run(move |connection, tenant| {
                async move {
                    let of_tenant = memberships::table.filter(memberships::tenant_id.eq(tenant));
                    let query = of_tenant.order(memberships::person_id).select((memberships::person_id, memberships::role));
                    let all: Vec<(Uuid, String)> = query.for_update().load(connection).await?;
                    let person = Uuid::from(person);
                    let Some((_, before)) = all.iter().find(|(id, _)| *id == person) else { return Ok(Change::Missing) };
                    let before = role(before, "memberships", person)?;
                    let owners = all.iter().filter(|(_, role)| role == Role::Owner.name()).count();
                    if before == Role::Owner && to != Some(Role::Owner) && owners <= 1 {
                        return Ok(Change::LastOwner);
                    }
                    let target = memberships::table.find((tenant, person));
                    match to {
                        Some(to) => {
                            diesel::update(target).set(memberships::role.eq(to.name())).execute(connection).await?;
                        }
                        None => {
                            diesel::delete(target).execute(connection).await?;
                            sessions::look_away(connection, tenant, person).await?;
                        }
                    }
                    Ok(Change::Done(before))
                }
                .boxed()
            })
            .await
    }
}

impl Invitations<'_> {
    /// Asks somebody, in the place of an older invitation of theirs; `None` when they are a member already.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, new: NewInvitation) -> Result<Option<Invitation>, Error> {
        let row: Option<InvitationRow> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let key = new.email.budget_form();
                    let is_member: i64 = memberships::table
                        .inner_join(people::table)
                        .filter(memberships::tenant_id.eq(tenant).and(people::email_key.eq(&key)))
                        .count()
                        .get_result(connection)
                        .await?;
                    if is_member > 0 {
                        return Ok(None);
                    }
                    let older = invitations::tenant_id.eq(tenant).and(invitations::email_key.eq(key.clone()));
                    diesel::delete(invitations::table.filter(older)).execute(connection).await?;
                    let values = (
                        invitations::tenant_id.eq(tenant),
                        invitations::id.eq(Uuid::from(InvitationId::random())),
                        invitations::email.eq(new.email.address().to_owned()),
                        invitations::email_key.eq(key),
                        invitations::role.eq(new.role.name()),
                        invitations::hash.eq(new.hash.to_vec()),
                        invitations::invited_by.eq(new.invited_by),
                        invitations::expires_at.eq(timestamp(new.expires_ms)),
                    );
                    let insert = diesel::insert_into(invitations::table).values(values);
                    Ok(Some(insert.returning(InvitationRow::as_returning()).get_result(connection).await?))
                }
                .boxed()
            })
            .await?;
        row.map(Invitation::try_from).transpose()
    }

    /// Those that are open, the newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<Invitation>, Error> {
        let rows: Vec<InvitationRow> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let open = invitations::tenant_id.eq(tenant).and(invitations::expires_at.gt(diesel::dsl::now));
                    let query = invitations::table.filter(open).order(invitations::created_at.desc());
                    Ok(query.select(InvitationRow::as_select()).load(connection).await?)
                }
                .boxed()
            })
            .await?;
        rows.into_iter().map(Invitation::try_from).collect()
    }

    /// Takes one back; `None` when there is not one. Gives what it was.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(self, id: InvitationId) -> Result<Option<Invitation>, Error> {
        let row: Option<InvitationRow> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let target = diesel::delete(invitations::table.find((tenant, Uuid::from(id))));
                    Ok(target.returning(InvitationRow::as_returning()).get_result(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(Invitation::try_from).transpose()
    }

    /// The one with this hash, while it is open.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find(self, hash: [u8; 32]) -> Result<Option<Invitation>, Error> {
        let row: Option<InvitationRow> = self
            .0
            .run(move |connection, tenant| {
                async move {
                    let one = invitations::tenant_id.eq(tenant).and(invitations::hash.eq(hash.to_vec()));
                    let query = invitations::table.filter(one.and(invitations::expires_at.gt(diesel::dsl::now)));
                    Ok(query.select(InvitationRow::as_select()).first(connection).await.optional()?)
                }
                .boxed()
            })
            .await?;
        row.map(Invitation::try_from).transpose()
    }
}

impl People<'_> {
    /// Whose invitation has this hash.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn inviting_tenant(self, hash: [u8; 32]) -> Result<Option<TenantId>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let call = diesel::select(tenant_of_invitation(hash.to_vec()));
                Ok(call.get_result::<Option<Uuid>>(connection).await?)
            }
            .boxed()
        });
        Ok(work.await?.map(TenantId::from))
    }
}
