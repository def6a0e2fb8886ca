//! The pool, and the one way to run a transaction on it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError, PoolableConnection, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt;
use futures::future::BoxFuture;
use pinfold_core::id::TenantId;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::audit::{Acting, Audit, PLATFORM};
use crate::connect::Connector;
use crate::error::with_causes;
use crate::key_ring::KeyRing;
use crate::people::People;
use crate::signing_keys::SigningKeys;
use crate::tenant_scope::TenantScope;
use crate::tenants::Tenants;
use crate::{Error, Settings};

/// A connection, inside a transaction or not.
pub(crate) type Conn = AsyncPgConnection;

diesel::define_sql_function! {
    /// PostgreSQL's own: sets a variable, here until the end of the transaction.
    fn set_config(name: diesel::sql_types::Text, value: diesel::sql_types::Text, is_local: diesel::sql_types::Bool) -> diesel::sql_types::Text;
}

/// How a transaction sees the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access {
    /// Every statement sees what is committed by then.
    Write,
    /// All statements see the same moment.
    ReadOneMoment,
}

/// The system of record.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Conn>,
    pub(crate) connector: Connector,
    tracker: TaskTracker,
    /// Connections live on the runtime that made them; this one outlives every caller's.
    runtime: Handle,
    deadline: Duration,
    refusal: Refusal,
    /// Days whose partitions are known to exist.
    pub(crate) days: Arc<Mutex<BTreeSet<chrono::NaiveDate>>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("pool", &self.pool.state()).finish_non_exhaustive()
    }
}

impl Database {
    /// The system of record at `settings.url`. Makes no connection yet: PostgreSQL may be away.
    ///
    /// Must be called on a runtime that lives as long as the process; work is done there, in tasks of `tracker`.
    ///
    /// # Errors
    /// [`Error::Setting`].
    pub fn connect(settings: &Settings, tracker: TaskTracker) -> Result<Self, Error> {
        let connector = Connector::new(settings)?;
        let mut manager = ManagerConfig::default();
        // A connection that PostgreSQL closed is known to be closed: no need to ask it.
        manager.recycling_method = RecyclingMethod::CustomFunction(Box::new(|connection: &mut Conn| {
            let is_broken = connection.is_broken();
            async move { if is_broken { Err(diesel::result::Error::BrokenTransactionManager) } else { Ok(()) } }.boxed()
        }));
        let make = connector.clone();
        manager.custom_setup = Box::new(move |_| {
            let make = make.clone();
            async move { make.connect().await }.boxed()
        });
        let refusal = Refusal::default();
        let pool = Pool::builder()
            .max_size(settings.pool_size)
            .connection_timeout(settings.acquire_timeout())
            .idle_timeout(Duration::from_secs(600))
            .max_lifetime(Duration::from_secs(1_800))
            .error_sink(Box::new(refusal.clone()))
            .build_unchecked(AsyncDieselConnectionManager::new_with_config("", manager));
        Ok(Self {
            pool,
            connector,
            tracker,
            runtime: Handle::current(),
            deadline: settings.operation_timeout(),
            refusal,
            days: Arc::default(),
        })
    }

    /// Whether PostgreSQL answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.run(|connection| async { Ok(diesel::sql_query("SELECT 1").execute(connection).await.map(drop)?) }.boxed()).await
    }

    /// What one tenant owns.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> TenantScope<'_> {
        TenantScope::new(self, tenant)
    }

    /// The tenants themselves: for the operator's commands.
    #[must_use]
    pub fn tenants(&self) -> Tenants<'_> {
        Tenants::new(self)
    }

    /// Tenants' data keys and what is sealed with them, as the owner.
    #[must_use]
    pub fn key_ring(&self) -> KeyRing<'_> {
        KeyRing::new(self)
    }

    /// The people who use the console.
    #[must_use]
    pub fn people(&self) -> People<'_> {
        People(self)
    }

    /// The platform's keys for session tokens.
    #[must_use]
    pub fn signing_keys(&self) -> SigningKeys<'_> {
        SigningKeys::new(self)
    }

    /// The platform's own audit log: tenants that came and went, keys of the platform, strangers at the door.
    #[must_use]
    pub fn platform_audit(&self) -> Audit<'_> {
        Audit(self.tenant(PLATFORM))
    }

    /// Connections of the pool: all, and those of them that are idle.
    #[must_use]
    pub fn pool_size(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections, state.idle_connections)
    }

    /// Spawns background work on the runtime that outlives every caller's.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
        self.tracker.spawn_on(work.in_current_span(), &self.runtime)
    }

    /// Runs `work` on a pooled connection, outside a transaction: for single statements.
    ///
    /// The work is a task of its own. A caller that is dropped in the middle neither stops it nor costs the connection.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (pool, deadline, refusal) = (self.pool.clone(), self.deadline, self.refusal.clone());
        let task = async move {
            let work = async move {
                let mut connection = pool.get().await.map_err(|error| match error {
                    // Whoever waits in vain is told why no connection could be made, if that is why.
                    bb8::RunError::TimedOut => refusal.recent(deadline).map_or(Error::TimedOut, Error::Away),
                    bb8::RunError::User(PoolError::ConnectionError(error)) => error.into(),
                    bb8::RunError::User(PoolError::QueryError(error)) => error.into(),
                })?;
                work(&mut connection).await
            };
            // Past the deadline the connection is given up together with its transaction.
            tokio::time::timeout(deadline, work).await.map_err(|_| Error::TimedOut)?
        };
        self.spawn(task).await.map_err(|_| Error::Interrupted)?
    }

    /// Runs `work` in a transaction, as `tenant` when there is one. The tenant is forgotten with the transaction.
    pub(crate) async fn transaction<T: Send + 'static>(
        &self,
        tenant: Option<TenantId>,
        access: Access,
        work: impl for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        // The work runs in a task of its own, where the caller's would not be found.
        let acting = match access {
            Access::Write => Acting::current(),
            Access::ReadOneMoment => None,
        };
        self.run(move |connection| {
            async move {
                let transaction = connection.build_transaction();
                let mut transaction = match access {
                    Access::Write => transaction.read_committed(),
                    Access::ReadOneMoment => transaction.repeatable_read().read_only(),
                };
                transaction
                    .run(async move |connection: &mut Conn| {
                        if let Some(tenant) = tenant {
                            let name = uuid::Uuid::from(tenant).to_string();
                            let settings = (
                                set_config("app.tenant", name, true),
                                set_config("app.acting", acting.unwrap_or_default(), true),
                            );
                            diesel::select(settings).execute(connection).await?;
                        } else if let Some(acting) = acting {
                            diesel::select(set_config("app.acting", acting, true)).execute(connection).await?;
                        }
                        work(connection).await
                    })
                    .await
            }
            .boxed()
        })
        .await
    }
}

/// Why the last connection could not be made. The pool tries again and keeps that to itself.
#[derive(Debug, Clone, Default)]
struct Refusal(Arc<Mutex<Option<(Instant, String)>>>);

impl Refusal {
    fn recent(&self, age: Duration) -> Option<Box<dyn std::error::Error + Send + Sync>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at, _)| at.elapsed() <= age).map(|(_, why)| why.clone().into())
    }
}

impl bb8::ErrorSink<PoolError> for Refusal {
    fn sink(&self, error: PoolError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), with_causes(&error)));
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<PoolError>> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::{Nullable, Text};
    use pinfold_testkit::{Postgres, Role};

    use super::*;

    #[derive(diesel::QueryableByName)]
    struct Seen {
        #[diesel(sql_type = Nullable<Text>)]
        tenant: Option<String>,
    }

    async fn tenant(connection: &mut Conn) -> Result<Option<String>, Error> {
        let query = diesel::sql_query("SELECT current_setting('app.tenant', true) AS tenant, pg_sleep(random() * 0.004)::text");
        Ok(query.get_result::<Seen>(connection).await?.tenant.filter(|tenant| !tenant.is_empty()))
    }

    fn database(pool_size: u32) -> (pinfold_testkit::Database, Database) {
        let sql = Postgres::shared().fresh_database(None);
        let settings = Settings { url: sql.url_for(Role::Service).into(), pool_size, ..Settings::default() };
        let database = Database::connect(&settings, TaskTracker::new()).unwrap();
        (sql, database)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_tenant_ends_with_its_transaction() {
        let (_sql, database) = database(1);
        let one = TenantId::random();
        let inside = database.transaction(Some(one), Access::Write, |connection| tenant(connection).boxed()).await.unwrap();
        assert_eq!(inside, Some(uuid::Uuid::from(one).to_string()));
        let failed: Result<(), Error> =
            database.transaction(Some(one), Access::Write, |_| async { Err(Error::corrupt("t", "c", 1)) }.boxed()).await;
        assert!(failed.is_err());
        assert_eq!(database.run(|connection| tenant(connection).boxed()).await.unwrap(), None);
        let nobody = database.transaction(None, Access::ReadOneMoment, |connection| tenant(connection).boxed()).await.unwrap();
        assert_eq!(nobody, None);
        assert_eq!(database.pool.state().statistics.connections_created, 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn callers_that_go_away_leave_neither_a_tenant_nor_a_broken_connection() {
        let (_sql, database) = database(4);
        let tenants = [TenantId::random(), TenantId::random()];
        for nth in 0..1_500_u64 {
            let whose = tenants[usize::from(nth % 2 == 0)];
            let look = database.transaction(Some(whose), Access::Write, |connection| tenant(connection).boxed());
            let patience = Duration::from_micros(nth * 7 % 6_000);
            if let Ok(seen) = tokio::time::timeout(patience, look).await {
                assert_eq!(seen.unwrap(), Some(uuid::Uuid::from(whose).to_string()));
            }
            if nth % 50 == 0 {
                assert_eq!(database.run(|connection| tenant(connection).boxed()).await.unwrap(), None);
            }
        }
        database.tracker.close();
        database.tracker.wait().await;
        let statistics = database.pool.state().statistics;
        assert!(statistics.connections_created <= 4, "{statistics:?}");
        assert_eq!(statistics.connections_closed_broken, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_past_its_deadline_is_given_up_with_its_connection() {
        let (sql, mut database) = database(1);
        database.deadline = Duration::from_millis(1_500);
        let slow = database.transaction(None, Access::Write, |connection| {
            async { Ok(diesel::sql_query("SELECT pg_sleep(1.9)").execute(connection).await.map(drop)?) }.boxed()
        });
        assert!(matches!(slow.await, Err(Error::TimedOut)));
        database.ping().await.unwrap();
        let open =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        assert_eq!(sql.query(Role::Superuser, open).as_deref(), Ok("0"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_is_an_interruption() {
        let (_sql, database) = database(1);
        let crashed: Result<(), Error> = database.run(|_| async { panic!("on purpose") }.boxed()).await;
        assert!(matches!(crashed, Err(Error::Interrupted)));
        database.ping().await.unwrap();
    }
}
