//! People who use the console. They belong to no tenant; what they may do where is asked of memberships.

mod alert_mails;
mod attempts;
pub(crate) mod factors;
mod mails;
mod managed;
mod members;
mod passkeys;
pub(crate) mod schema;
mod sessions;
mod single_sign_on;
mod tokens;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::access::Role;
use pinfold_core::email::Email;
use pinfold_core::id::{PersonId, TenantId};
use pinfold_core::keys::{MasterKey, data_key_place};
use uuid::Uuid;
use zeroize::Zeroizing;

pub use alert_mails::{Addressee, AlertToMail};
pub use attempts::{Attempts, Budget};
pub(crate) use factors::place as totp_place;
pub use factors::{LoginFactors, RECOVERY_CODES};
pub(crate) use mails::place as mail_place;
pub use mails::{DueMail, Mails};
pub use managed::Asserted;
pub use members::{Change, Invitation, Invitations, Member, Members, NewInvitation};
pub use passkeys::{Passkey, Passkeys};
use schema::{memberships, operators, people};
pub use sessions::{NewSession, SessionRow, Sessions, ShownSession, Stage};
pub(crate) use single_sign_on::place as single_sign_on_place;
pub use single_sign_on::{SingleSignOn, SingleSignOns};
pub use tokens::{PersonTokens, SignUp};

use crate::Error;
use crate::database::{Access, Database};
use crate::time::{Timestamp, millis};

diesel::joinable!(memberships -> people (person_id));
diesel::allow_tables_to_appear_in_same_query!(memberships, people);

/// The people.
#[derive(Debug, Clone, Copy)]
pub struct People<'a>(pub(crate) &'a Database);

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Where their mail goes.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Argon2id, as a PHC string; none of a managed person.
    pub password: Option<String>,
    /// The tenant by whose provider alone they come in; none for a person of the whole platform.
    pub managed_by: Option<TenantId>,
    /// When they joined, in milliseconds since 1970.
    pub created_ms: u64,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A tenant that a person is a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The tenant.
    pub tenant: TenantId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What the person is to it.
    pub role: Role,
    /// Whether it may do anything.
    pub is_enabled: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = people)]
pub(crate) struct Row {
    id: Uuid,
    email: String,
    name: String,
    password: Option<String>,
    managed_by: Option<Uuid>,
    created_at: Timestamp,
}

impl From<Row> for Person {
    fn from(row: Row) -> Self {
        let Row { id, email, name, password, managed_by, created_at } = row;
        Self { id: id.into(), email, name, password, managed_by: managed_by.map(TenantId::from), created_ms: millis(created_at) }
    }
}

#[derive(QueryableByName)]
struct MembershipRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    is_enabled: bool,
}

diesel::define_sql_function! {
    /// A tenant of its own for a person; see the migration.
    fn open_tenant(
        new_id: SqlUuid, new_slug: Text, new_name: Text, sealed_key: diesel::sql_types::Bytea, sealed_by: diesel::sql_types::Integer,
        person: SqlUuid,
        most: diesel::sql_types::Integer
    ) -> Bool;
}

/// The role of this name.
pub(crate) fn role(name: &str, table: &'static str, id: Uuid) -> Result<Role, Error> {
    name.parse().map_err(|_| Error::corrupt(table, "role", id))
}

impl<'a> People<'a> {
    /// The sessions of the console.
    #[must_use]
    pub fn sessions(self) -> Sessions<'a> {
        Sessions(self.0)
    }

    /// What may be tried a few times in a while.
    #[must_use]
    pub fn attempts(self) -> Attempts<'a> {
        Attempts(self.0)
    }

    /// What travels in links of mails.
    #[must_use]
    pub fn tokens(self) -> PersonTokens<'a> {
        PersonTokens(self.0)
    }

    /// The platform's mails that are on their way.
    #[must_use]
    pub fn mails(self) -> Mails<'a> {
        Mails(self.0)
    }

    /// What a person proves beside the password.
    #[must_use]
    pub fn factors(self, person: PersonId) -> LoginFactors<'a> {
        LoginFactors { database: self.0, person }
    }

    /// The passkeys.
    #[must_use]
    pub fn passkeys(self) -> Passkeys<'a> {
        Passkeys(self.0)
    }

    /// The one of this mailbox; never a managed one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn find(self, email: &Email) -> Result<Option<Person>, Error> {
        let key = email.budget_form();
        let work = self.0.run(move |connection| {
            async move {
                let mailbox = people::email_key.eq(key).and(people::managed_by.is_null());
                let query = people::table.filter(mailbox).select(Row::as_select());
                Ok(query.first(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(work.await?.map(Person::from))
    }

    /// The one with this id.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(self, person: PersonId) -> Result<Option<Person>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let query = people::table.find(Uuid::from(person)).select(Row::as_select());
                Ok(query.first(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(work.await?.map(Person::from))
    }

    /// Adds one; `None` when the mailbox has one already.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(self, email: &Email, name: &str, password: &str) -> Result<Option<Person>, Error> {
        let (address, key) = (email.address().to_owned(), email.budget_form());
        let (name, password) = (name.to_owned(), password.to_owned());
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let values = (
                    people::id.eq(Uuid::from(PersonId::random())),
                    people::email.eq(address),
                    people::email_key.eq(key),
                    people::name.eq(name),
                    people::password.eq(password),
                );
                let insert = diesel::insert_into(people::table).values(values).on_conflict(people::email_key).do_nothing();
                Ok(insert.returning(Row::as_returning()).get_result(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(work.await?.map(Person::from))
    }

    /// Changes a person's name.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rename(self, person: PersonId, name: &str) -> Result<Option<Person>, Error> {
        let name = name.to_owned();
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let update = diesel::update(people::table.find(Uuid::from(person))).set(people::name.eq(name));
                Ok(update.returning(Row::as_returning()).get_result(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(work.await?.map(Person::from))
    }

    /// Changes a person's password (a PHC string), and ends their sessions but `kept`, in one step.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_password(
        self,
        person: PersonId,
        password: &str,
        kept: Option<pinfold_core::id::SessionId>,
    ) -> Result<(), Error> {
        let password = password.to_owned();
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let update = diesel::update(people::table.find(Uuid::from(person))).set(people::password.eq(password));
                update.execute(connection).await?;
                sessions::end_others(connection, person.into(), kept.map(Uuid::from)).await?;
                tokens::forget_resets(connection, person.into()).await
            }
            .boxed()
        });
        work.await
    }

    /// Where a person is a member, in the order they became it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn memberships(self, person: PersonId) -> Result<Vec<Membership>, Error> {
        let query = diesel::sql_query("SELECT * FROM memberships_of($1)").bind::<SqlUuid, _>(Uuid::from(person));
        let rows: Vec<MembershipRow> =
            self.0.run(move |connection| async move { Ok(query.load(connection).await?) }.boxed()).await?;
        let open = |row: MembershipRow| {
            Ok(Membership {
                role: role(&row.role, "memberships", row.tenant_id)?,
                tenant: row.tenant_id.into(),
                slug: row.slug,
                name: row.name,
                is_enabled: row.is_enabled,
            })
        };
        rows.into_iter().map(open).collect()
    }

    /// A new tenant that the person owns; `None` when the slug is taken.
    ///
    /// # Errors
    /// [`Error::Refused`] with the constraint `most_tenants` when the person owns `most` already, and see [`Error`].
    pub async fn open_tenant(
        self,
        person: PersonId,
        slug: &str,
        name: &str,
        master: &MasterKey,
        most: i32,
    ) -> Result<Option<TenantId>, Error> {
        let (id, data_key) = (TenantId::random(), Zeroizing::new(pinfold_core::entropy::bytes::<32>()));
        let sealed = master.seal(data_key.as_slice(), &data_key_place(id, 1));
        let (slug, name, sealed_by) = (slug.to_owned(), name.to_owned(), i32::from(master.current()));
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let call = open_tenant(Uuid::from(id), slug, name, sealed, sealed_by, Uuid::from(person), most);
                Ok(diesel::select(call).get_result::<bool>(connection).await?)
            }
            .boxed()
        });
        Ok(work.await?.then_some(id))
    }

    /// Whether a person runs the platform.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn is_operator(self, person: PersonId) -> Result<bool, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let query = operators::table.find(Uuid::from(person)).count();
                Ok(query.get_result::<i64>(connection).await? > 0)
            }
            .boxed()
        });
        work.await
    }

    /// Makes a person an operator, as the owner of the record.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn make_operator(self, person: PersonId) -> Result<(), Error> {
        let work = self.0.transaction(None, Access::Write, move |connection| {
            async move {
                let insert = diesel::insert_into(operators::table).values(operators::person_id.eq(Uuid::from(person)));
                insert.on_conflict_do_nothing().execute(connection).await?;
                Ok(())
            }
            .boxed()
        });
        work.await
    }
}
