//! People whom a tenant's OpenID provider manages. They are members of that tenant alone, by triggers of the table too.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::access::Role;
use pinfold_core::id::PersonId;
use uuid::Uuid;

use super::schema::{memberships, people};
use super::{Members, Person, Row};
use crate::Error;

/// What a provider says of somebody who signed in there.
#[derive(Clone)]
pub struct Asserted {
    /// The provider.
    pub issuer: String,
    /// Who, among all whom the provider knows.
    pub subject: String,
    /// Their address, for display and mail.
    pub email: String,
    /// Their name.
    pub name: String,
}

impl Members<'_> {
    /// The person that the tenant's provider knows so, under what it says of them now. Somebody new becomes a member with a role;
    /// `None` when they would be new and there is no role for such.
    ///
    /// # Errors
    /// [`Error::Refused`] when the role is the owner's, and see [`Error`].
    pub async fn admit(self, asserted: Asserted, role: Option<Role>) -> Result<Option<Person>, Error> {
        let row = self.0.run(move |connection, tenant| {
            async move {
                if let Some(known) = known(connection, tenant, &asserted).await? {
                    return Ok(Some(known));
                }
                let Some(role) = role else { return Ok(None) };
                let id = Uuid::from(PersonId::random());
                let values = (
                    people::id.eq(id),
                    people::email.eq(&asserted.email),
                    people::email_key.eq(format!("sso:{id}")),
                    people::name.eq(&asserted.name),
                    people::managed_by.eq(tenant),
                    people::issuer.eq(&asserted.issuer),
                    people::subject.eq(&asserted.subject),
                );
                let target = (people::managed_by, people::issuer, people::subject);
                let insert = diesel::insert_into(people::table).values(values).on_conflict(target).do_nothing();
                let new: Option<Row> = insert.returning(Row::as_returning()).get_result(connection).await.optional()?;
                // Who comes twice at once is the same person.
                let Some(new) = new else { return self::known(connection, tenant, &asserted).await };
                let member =
                    (memberships::tenant_id.eq(tenant), memberships::person_id.eq(id), memberships::role.eq(role.name()));
                diesel::insert_into(memberships::table).values(member).execute(connection).await?;
                Ok(Some(new))
            }
            .boxed()
        });
        Ok(row.await?.map(Person::from))
    }
}

/// One who came before, under what is said of them now.
async fn known(connection: &mut AsyncPgConnection, tenant: Uuid, asserted: &Asserted) -> Result<Option<Row>, Error> {
    let one = people::managed_by.eq(tenant).and(people::issuer.eq(&asserted.issuer)).and(people::subject.eq(&asserted.subject));
    let found: Option<Row> = people::table.filter(one).select(Row::as_select()).first(connection).await.optional()?;
    let Some(found) = found else { return Ok(None) };
    if found.email == asserted.email && found.name == asserted.name {
        return Ok(Some(found));
    }
    let now = (people::email.eq(&asserted.email), people::name.eq(&asserted.name));
    let update = diesel::update(people::table.find(found.id)).set(now).returning(Row::as_returning());
    Ok(Some(update.get_result(connection).await?))
}
