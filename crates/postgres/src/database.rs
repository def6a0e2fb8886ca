//! The pool, and the one way to run a transaction on it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
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
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::connect::Connector;
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
        let pool = Pool::builder()
            .max_size(settings.pool_size)
            .connection_timeout(settings.acquire_timeout())
            .idle_timeout(Duration::from_secs(600))
            .max_lifetime(Duration::from_secs(1_800))
            .error_sink(Box::new(Sink))
            .build_unchecked(AsyncDieselConnectionManager::new_with_config("", manager));
        Ok(Self {
            pool,
            connector,
            tracker,
            runtime: Handle::current(),
            deadline: settings.operation_timeout(),
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

    /// The platform's keys for session tokens.
    #[must_use]
    pub fn signing_keys(&self) -> SigningKeys<'_> {
        SigningKeys::new(self)
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
        let (pool, deadline) = (self.pool.clone(), self.deadline);
        let task = async move {
            let work = async move {
                let mut connection = pool.get().await.map_err(|error| match error {
                    bb8::RunError::TimedOut => Error::TimedOut,
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
                            diesel::select(set_config("app.tenant", name, true)).execute(connection).await?;
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

/// Why connections could not be made: said once per failed attempt, at most five a second.
#[derive(Debug, Clone)]
struct Sink;

impl bb8::ErrorSink<PoolError> for Sink {
    fn sink(&self, error: PoolError) {
        tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "no connection to PostgreSQL");
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<PoolError>> {
        Box::new(self.clone())
    }
}
