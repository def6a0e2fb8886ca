//! What may be tried a few times in a while: guesses at passwords, mails to an address. An attempt is spent before it is judged.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bytea, Integer};
use diesel_async::RunQueryDsl;
use futures::FutureExt;

use super::schema::person_attempts;
use crate::Error;
use crate::database::Database;

diesel::define_sql_function! {
    /// Spends an attempt; see the migration.
    fn spend_attempt(of: Bytea, most: Integer, window_ms: BigInt, step_ms: BigInt) -> Nullable<BigInt>;
}

/// The attempts.
#[derive(Debug, Clone, Copy)]
pub struct Attempts<'a>(pub(super) &'a Database);

/// How often something may be tried.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// So many times,
    pub most: i32,
    /// until so many milliseconds passed without one,
    pub window_ms: i64,
    /// with a pause behind the second of so many milliseconds that doubles each time; 0 for none.
    pub step_ms: i64,
}

impl Attempts<'_> {
    /// Spends one for `subject`, a keyed hash; the milliseconds until there is one when there is none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn spend(self, subject: [u8; 32], budget: Budget) -> Result<Option<u64>, Error> {
        let work = self.0.run(move |connection| {
            async move {
                let call = spend_attempt(subject.to_vec(), budget.most, budget.window_ms, budget.step_ms);
                Ok(diesel::select(call).get_result::<Option<i64>>(connection).await?)
            }
            .boxed()
        });
        Ok(work.await?.map(i64::unsigned_abs))
    }

    /// Gives one back that was no failure; with `all`, every one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn forgive(self, subject: [u8; 32], all: bool) -> Result<(), Error> {
        let work = self.0.run(move |connection| {
            async move {
                let target = person_attempts::table.find(subject.to_vec());
                if all {
                    diesel::delete(target).execute(connection).await?;
                } else {
                    let less = person_attempts::spent.eq(person_attempts::spent - 1);
                    diesel::update(target.filter(person_attempts::spent.gt(0)))
                        .set((less, person_attempts::next_at.eq(diesel::dsl::now)))
                        .execute(connection)
                        .await?;
                }
                Ok(())
            }
            .boxed()
        });
        work.await
    }

    /// Forgets those that are long over, and links that nobody followed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prune(self) -> Result<(), Error> {
        let work = self.0.run(|connection| {
            async move {
                for table in [
                    "person_attempts WHERE over_at",
                    "sign_ups WHERE expires_at",
                    "password_resets WHERE expires_at",
                    "sessions WHERE expires_at",
                ] {
                    let statement = format!("DELETE FROM {table} < now() - interval '1 hour'");
                    diesel::sql_query(statement).execute(connection).await?;
                }
                Ok(())
            }
            .boxed()
        });
        work.await
    }
}
