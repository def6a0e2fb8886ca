//! What a person proves beside the password: codes of an authenticator app, each good once, and recovery codes.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use pinfold_core::id::PersonId;
use pinfold_core::keys::MasterKey;
use pinfold_core::totp::{Guesses, Judged, Totp, TotpSecret};
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::schema::{login_totps, recovery_codes};
use crate::Error;
use crate::database::{Access, Database};
use crate::time::{Timestamp, millis, timestamp};

/// How many recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;

/// A person's second factors but passkeys.
#[derive(Debug, Clone, Copy)]
pub struct LoginFactors<'a> {
    pub(super) database: &'a Database,
    pub(super) person: PersonId,
}

pub(crate) fn place(person: Uuid) -> Vec<u8> {
    [b"login-totp".as_slice(), person.as_bytes()].concat()
}

type Remembered = (Vec<u8>, Option<i64>, i16, i16, Option<Timestamp>);

impl LoginFactors<'_> {
    /// Whether the person has an authenticator app, and how many recovery codes are left.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count(self) -> Result<(bool, u32), Error> {
        let person = Uuid::from(self.person);
        let work = self.database.run(move |connection| {
            async move {
                let confirmed = login_totps::table.find(person).filter(login_totps::is_confirmed.eq(true)).count();
                let apps: i64 = confirmed.get_result(connection).await?;
                let codes = recovery_codes::table.filter(recovery_codes::person_id.eq(person)).count();
                Ok((apps > 0, codes.get_result::<i64>(connection).await?))
            }
            .boxed()
        });
        let (has_app, codes) = work.await?;
        Ok((has_app, u32::try_from(codes).unwrap_or(u32::MAX)))
    }

    /// Keeps a new secret that the person has not confirmed yet, in the place of such a one. `false` when they have a confirmed one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn offer_totp(self, secret: &TotpSecret, master: &MasterKey) -> Result<bool, Error> {
        let person = Uuid::from(self.person);
        let (sealed, version) = (master.seal(secret.as_bytes(), &place(person)), i32::from(master.current()));
        let work = self.database.transaction(None, Access::Write, move |connection| {
            async move {
                let older = login_totps::table.find(person).filter(login_totps::is_confirmed.eq(false));
                diesel::delete(older).execute(connection).await?;
                let values =
                    (login_totps::person_id.eq(person), login_totps::sealed.eq(sealed), login_totps::master_version.eq(version));
                let insert = diesel::insert_into(login_totps::table).values(values).on_conflict_do_nothing();
                Ok(insert.execute(connection).await? == 1)
            }
            .boxed()
        });
        work.await
    }

    /// Judges a code; `None` when the person has no such app. With `confirms` it is the first code of a new one, which counts from
    /// then on; otherwise one of a confirmed app. Parallel guesses wait for each other.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn judge_totp(
        self,
        code: Zeroizing<String>,
        confirms: bool,
        master: Arc<MasterKey>,
        now_ms: u64,
    ) -> Result<Option<Judged>, Error> {
        let person = Uuid::from(self.person);
        let work = self.database.transaction(None, Access::Write, move |connection| {
            async move {
                let target = || login_totps::table.find(person);
                let columns = (
                    login_totps::sealed,
                    login_totps::last_used,
                    login_totps::failures,
                    login_totps::locks,
                    login_totps::locked_until,
                );
                let query = target().filter(login_totps::is_confirmed.eq(!confirms)).select(columns).for_update();
                let found: Option<Remembered> = query.first(connection).await.optional()?;
                let Some((sealed, last_used, failures, locks, locked_until)) = found else { return Ok(None) };
                let corrupt = || Error::corrupt("login_totps", "sealed", person);
                let secret = master.open(&sealed, &place(person)).map_err(|_| corrupt())?;
                let secret = TotpSecret::from_bytes(secret).ok_or_else(corrupt)?;
                let mut guesses = Guesses {
                    last_used: last_used.and_then(|step| u64::try_from(step).ok()),
                    failures: failures.try_into().unwrap_or(u8::MAX),
                    locks: locks.try_into().unwrap_or(u8::MAX),
                    locked_until_ms: locked_until.map(millis).unwrap_or_default(),
                };
                let judged = guesses.judge(&Totp::default(), &secret, &code, now_ms);
                if !matches!(judged, Judged::Locked { .. }) {
                    let changes = (
                        login_totps::last_used.eq(guesses.last_used.map(u64::cast_signed)),
                        login_totps::failures.eq(i16::from(guesses.failures)),
                        login_totps::locks.eq(i16::from(guesses.locks)),
                        login_totps::locked_until.eq((guesses.locked_until_ms > 0).then(|| timestamp(guesses.locked_until_ms))),
                        login_totps::is_confirmed.eq(!confirms || judged == Judged::Right),
                    );
                    diesel::update(target()).set(changes).execute(connection).await?;
                }
                Ok(Some(judged))
            }
            .boxed()
        });
        work.await
    }

    /// Takes the authenticator app away; `None` when there is none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_totp(self) -> Result<Option<()>, Error> {
        let person = Uuid::from(self.person);
        let work = self.database.transaction(None, Access::Write, move |connection| {
            async move {
                let target = login_totps::table.find(person).filter(login_totps::is_confirmed.eq(true));
                Ok(diesel::delete(target).execute(connection).await?)
            }
            .boxed()
        });
        Ok((work.await? > 0).then_some(()))
    }

    /// Keeps new recovery codes by their keyed hashes, in the place of all older ones; unless `only_first` and there are some, which
    /// is `false`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_recovery_codes(self, hashes: Vec<[u8; 32]>, only_first: bool) -> Result<bool, Error> {
        let person = Uuid::from(self.person);
        let work = self.database.transaction(None, Access::Write, move |connection| {
            async move {
                lock(connection, person).await?;
                let of_person = || recovery_codes::table.filter(recovery_codes::person_id.eq(person));
                if only_first && of_person().count().get_result::<i64>(connection).await? > 0 {
                    return Ok(false);
                }
                diesel::delete(of_person()).execute(connection).await?;
                let row = |hash: [u8; 32]| (recovery_codes::person_id.eq(person), recovery_codes::hash.eq(hash.to_vec()));
                let rows: Vec<_> = hashes.into_iter().map(row).collect();
                diesel::insert_into(recovery_codes::table).values(rows).execute(connection).await?;
                Ok(true)
            }
            .boxed()
        });
        work.await
    }

    /// Uses a recovery code up; how many are left, `None` when it is none of the person's. Of parallel uses one succeeds.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn use_recovery_code(self, hash: [u8; 32]) -> Result<Option<u32>, Error> {
        let person = Uuid::from(self.person);
        let work = self.database.transaction(None, Access::Write, move |connection| {
            async move {
                let used = diesel::delete(recovery_codes::table.find((person, hash.to_vec()))).execute(connection).await?;
                let left = recovery_codes::table.filter(recovery_codes::person_id.eq(person)).count();
                let left: i64 = left.get_result(connection).await?;
                Ok((used > 0).then_some(u32::try_from(left).unwrap_or(u32::MAX)))
            }
            .boxed()
        });
        work.await
    }
}

/// Others who change the same of a person wait for this transaction.
async fn lock(connection: &mut AsyncPgConnection, person: Uuid) -> Result<(), Error> {
    use super::schema::people;
    let _: Option<Uuid> = people::table.find(person).select(people::id).for_update().first(connection).await.optional()?;
    Ok(())
}
