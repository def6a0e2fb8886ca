//! What travels in links of mails: sign-ups that wait for their confirmation, and password resets. Known by keyed hashes, good once.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::email::Email;
use pinfold_core::id::PersonId;
use uuid::Uuid;

use super::schema::{password_resets, sign_ups};
use crate::Error;
use crate::database::Database;
use crate::time::timestamp;

/// The tokens.
#[derive(Debug, Clone, Copy)]
pub struct PersonTokens<'a>(pub(super) &'a Database);

/// Somebody who wants to join.
#[derive(Clone)]
pub struct SignUp {
    /// The mailbox that is to be shown.
    pub email: Email,
    /// The person's name.
    pub name: String,
    /// The tenant's.
    pub organization: String,
    /// Argon2id, as a PHC string.
    pub password: String,
}

impl PersonTokens<'_> {
    /// Keeps a sign-up until `expires_ms`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn keep_sign_up(self, sign_up: SignUp, hash: [u8; 32], expires_ms: u64) -> Result<(), Error> {
        let work = self.0.run(move |connection| {
            async move {
                let values = (
                    sign_ups::hash.eq(hash.to_vec()),
                    sign_ups::email.eq(sign_up.email.address().to_owned()),
                    sign_ups::email_key.eq(sign_up.email.budget_form()),
                    sign_ups::name.eq(sign_up.name),
                    sign_ups::organization.eq(sign_up.organization),
                    sign_ups::password.eq(sign_up.password),
                    sign_ups::expires_at.eq(timestamp(expires_ms)),
                );
                diesel::insert_into(sign_ups::table).values(values).execute(connection).await?;
                Ok(())
            }
            .boxed()
        });
        work.await
    }

    /// Takes the sign-up with this hash, once; all others of its mailbox end with it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take_sign_up(self, hash: [u8; 32]) -> Result<Option<SignUp>, Error> {
        type Columns = (String, String, String, String, String);
        let work = self.0.run(move |connection| {
            async move {
                let target = sign_ups::table.find(hash.to_vec()).filter(sign_ups::expires_at.gt(diesel::dsl::now));
                let columns = (sign_ups::email, sign_ups::email_key, sign_ups::name, sign_ups::organization, sign_ups::password);
                let taken: Option<Columns> = diesel::delete(target).returning(columns).get_result(connection).await.optional()?;
                if let Some((_, key, ..)) = &taken {
                    diesel::delete(sign_ups::table.filter(sign_ups::email_key.eq(key))).execute(connection).await?;
                }
                Ok(taken)
            }
            .boxed()
        });
        let Some((email, _, name, organization, password)) = work.await? else { return Ok(None) };
        let email = Email::parse(&email).map_err(|_| Error::corrupt("sign_ups", "email", "of a sign-up"))?;
        Ok(Some(SignUp { email, name, organization, password }))
    }

    /// Keeps a password reset until `expires_ms`, in the place of the person's older ones.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn keep_reset(self, person: PersonId, hash: [u8; 32], expires_ms: u64) -> Result<(), Error> {
        let work = self.0.run(move |connection| {
            async move {
                forget_resets(connection, person.into()).await?;
                let values = (
                    password_resets::hash.eq(hash.to_vec()),
                    password_resets::person_id.eq(Uuid::from(person)),
                    password_resets::expires_at.eq(timestamp(expires_ms)),
                );
                diesel::insert_into(password_resets::table).values(values).execute(connection).await?;
                Ok(())
            }
            .boxed()
        });
        work.await
    }

    /// Whose password reset has this hash; it is taken, once.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take_reset(self, hash: [u8; 32]) -> Result<Option<PersonId>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let target = password_resets::table.find(hash.to_vec()).filter(password_resets::expires_at.gt(diesel::dsl::now));
                let deleted = diesel::delete(target).returning(password_resets::person_id);
                Ok(deleted.get_result::<Uuid>(connection).await.optional()?)
            }
            .boxed()
        });
        Ok(work.await?.map(PersonId::from))
    }
}

/// Ends a person's password resets.
pub(super) async fn forget_resets(connection: &mut AsyncPgConnection, person: Uuid) -> Result<(), Error> {
    diesel::delete(password_resets::table.filter(password_resets::person_id.eq(person))).execute(connection).await?;
    Ok(())
}
