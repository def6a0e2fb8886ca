//! Days of what happened: partitions are made before they are needed, and dropped when they are old.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use diesel::sql_types::{Date, Integer};
use diesel_async::RunQueryDsl;
use futures::FutureExt;

use crate::time::timestamp;
use crate::{Database, Error};

diesel::define_sql_function! {
    /// Makes partitions; see the migration.
    fn create_partitions(first: Date, days: Integer) -> Integer;
}
diesel::define_sql_function! {
    /// Drops partitions; see the migration.
    fn drop_partitions(keep_from: Date) -> Integer;
}

/// The most days that one call makes.
const MOST_DAYS: u32 = 366;

impl Database {
    /// Makes the partitions of today, which `now_ms` is in, and of `days_ahead` more days. Returns how many it made.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_partitions(&self, now_ms: u64, days_ahead: u32) -> Result<u32, Error> {
        let first = timestamp(now_ms).date_naive();
        let days = days_ahead.saturating_add(1).min(MOST_DAYS);
        let count = i32::try_from(days).unwrap_or(1);
        let made = self.partition(move |connection| {
            async move { Ok(diesel::select(create_partitions(first, count)).get_result(connection).await?) }.boxed()
        });
        let made = made.await?;
        self.remember_days(first.iter_days().take(days.try_into().unwrap_or(1)));
        Ok(made)
    }

    /// Drops the partitions of days that ended more than `keep_days` before `now_ms`. Returns how many it dropped.
    ///
    /// # Errors
    /// [`Error::TimedOut`] when they are in use; the next call goes on. See [`Error`].
    pub async fn drop_partitions(&self, now_ms: u64, keep_days: u32) -> Result<u32, Error> {
        let today = timestamp(now_ms).date_naive();
        let keep_from = today.checked_sub_days(Days::new(keep_days.into())).unwrap_or(NaiveDate::MIN);
        let dropped = self.partition(move |connection| {
            async move { Ok(diesel::select(drop_partitions(keep_from)).get_result(connection).await?) }.boxed()
        });
        let dropped = dropped.await?;
        self.forget_days();
        Ok(dropped)
    }

    /// Makes the partitions of `days` that are not known to exist.
    pub(crate) async fn ensure_partitions(&self, days: &BTreeSet<NaiveDate>) -> Result<(), Error> {
        let unknown: Vec<NaiveDate> = {
            let known = self.days.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            days.difference(&known).copied().collect()
        };
        for day in unknown {
            self.partition(move |connection| {
                async move { Ok(diesel::select(create_partitions(day, 1)).get_result(connection).await?) }.boxed()
            })
            .await?;
            self.remember_days([day]);
        }
        Ok(())
    }

    pub(crate) fn forget_days(&self) {
        self.days.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }

    fn remember_days(&self, days: impl IntoIterator<Item = NaiveDate>) {
        self.days.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(days);
    }

    async fn partition(
        &self,
        work: impl for<'c> FnOnce(&'c mut crate::database::Conn) -> futures::future::BoxFuture<'c, Result<i32, Error>>
        + Send
        + 'static,
    ) -> Result<u32, Error> {
        Ok(u32::try_from(self.run(work).await?).unwrap_or(0))
    }
}
