//! The connection to one server: the one at an address, or the master whose name Sentinel knows. It reconnects by itself after
//! a loss that it is told of. After an answer that never came another connection takes its place, because a network that forgot
//! one, or a balancer whose server froze, never says so; and after whatever a failover can look like, Sentinel is asked again.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::sentinel::{Sentinel, SentinelNodeConnectionInfo};
use redis::{Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, Pipeline, RedisError, RedisResult, TlsMode, Value};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// What a server says that is no master, or not yet.
const DEMOTED: [&str; 4] = ["READONLY", "MASTERDOWN", "UNBLOCKED", "LOADING"];

/// The connection to one server.
pub(crate) struct Single {
    source: Source,
    config: ConnectionManagerConfig,
    /// Nothing while nobody asked yet, or the last one failed.
    manager: ArcSwapOption<ConnectionManager>,
    database: i64,
}

enum Source {
    Address(Box<Client>),
    Sentinel(Box<Named>),
}

/// A master that Sentinel knows.
struct Named {
    sentinel: Mutex<Sentinel>,
    name: String,
    login: SentinelNodeConnectionInfo,
    /// Longest wait for Sentinel.
    patience: Duration,
}

impl Single {
    /// The server at an address.
    pub(crate) fn at(client: Client, config: ConnectionManagerConfig) -> Self {
        let database = client.get_connection_info().redis_settings().db();
        Self { source: Source::Address(Box::new(client)), config, manager: ArcSwapOption::empty(), database }
    }

    /// The master that Sentinel knows by `name`; Sentinel may take `patience` to say which server that is.
    pub(crate) fn named(
        sentinel: Sentinel,
        name: String,
        login: ConnectionInfo,
        patience: Duration,
        config: ConnectionManagerConfig,
    ) -> Self {
        let database = login.redis_settings().db();
        let named = Named { sentinel: Mutex::new(sentinel), name, login: node(&login), patience };
        Self { source: Source::Sentinel(Box::new(named)), config, manager: ArcSwapOption::empty(), database }
    }

    /// The logical database.
    pub(crate) fn database(&self) -> i64 {
        self.database
    }

    /// The server that it is now.
    pub(crate) async fn client(&self) -> RedisResult<Client> {
        match &self.source {
            Source::Address(client) => Ok(client.as_ref().clone()),
            Source::Sentinel(named) => named.client().await,
        }
    }

    /// The connection, if there is one.
    pub(crate) fn known(&self) -> Option<Arc<ConnectionManager>> {
        self.manager.load_full()
    }

    async fn manager(&self) -> RedisResult<Arc<ConnectionManager>> {
        if let Some(manager) = self.known() {
            return Ok(manager);
        }
        let client = self.client().await?;
        let fresh = Arc::new(ConnectionManager::new_lazy_with_config(client, self.config.clone())?);
        // Somebody else may have been quicker: one connection is enough.
        let before = self.manager.compare_and_swap(&None::<Arc<ConnectionManager>>, Some(Arc::clone(&fresh)));
        Ok(before.as_ref().map_or(fresh, Arc::clone))
    }

    /// Lets another connection take the place of `failed`, unless one did.
    pub(crate) fn forget(&self, failed: &Arc<ConnectionManager>) {
        self.manager.compare_and_swap(failed, None);
    }

    /// Carries out a command.
    pub(crate) async fn ask(&self, command: &Cmd) -> RedisResult<Value> {
        let manager = self.manager().await?;
        let ask = async |manager: &ConnectionManager| manager.clone().req_packed_command(command).await;
        let answer = ask(&manager).await;
        match self.heard(&manager, answer) {
            Err(error) if is_untouched(&error) => {
                let manager = self.manager().await?;
                let answer = ask(&manager).await;
                self.heard(&manager, answer)
            }
            answer => answer,
        }
    }

    /// Carries out several commands, one right behind the other.
    pub(crate) async fn ask_many(&self, pipeline: &Pipeline, offset: usize, count: usize) -> RedisResult<Vec<Value>> {
        let manager = self.manager().await?;
        let answers = manager.as_ref().clone().req_packed_commands(pipeline, offset, count).await;
        // What a server refuses of several is in its place among the answers.
        let is_refusal = |answer: &Value| matches!(answer, Value::ServerError(error) if DEMOTED.contains(&error.code()));
        if matches!(self.source, Source::Sentinel(_)) && answers.iter().flatten().any(is_refusal) {
            self.forget(&manager);
        }
        self.heard(&manager, answers)
    }

    fn heard<T>(&self, manager: &Arc<ConnectionManager>, answer: RedisResult<T>) -> RedisResult<T> {
        let is_over = |error: &RedisError| match self.source {
            Source::Address(_) => error.is_timeout(),
            Source::Sentinel(_) => error.is_io_error() || is_demoted(error),
        };
        if answer.as_ref().is_err_and(is_over) {
            self.forget(manager);
        }
        answer
    }
}

impl Named {
    async fn client(&self) -> RedisResult<Client> {
        let ask = async { self.sentinel.lock().await.async_master_for(&self.name, Some(&self.login)).await };
        timeout(self.patience, ask).await.unwrap_or_else(|_| Err((ErrorKind::Io, "Sentinel does not answer").into()))
    }
}

/// How the servers behind a name are spoken to.
fn node(login: &ConnectionInfo) -> SentinelNodeConnectionInfo {
    let node = SentinelNodeConnectionInfo::default().set_redis_connection_info(login.redis_settings().clone());
    match login.addr() {
        ConnectionAddr::TcpTls { insecure: false, .. } => node.set_tls_mode(TlsMode::Secure),
        ConnectionAddr::TcpTls { .. } => node.set_tls_mode(TlsMode::Insecure),
        _ => node,
    }
}

/// Whether a command was certainly not carried out. A connection that failed keeps its failed reconnection until the next
/// command meets it: tried again, that connects anew, and the first request after Redis is back is answered.
fn is_untouched(error: &RedisError) -> bool {
    error.is_connection_refusal() || is_demoted(error)
}

/// Whether a server says that it is no master, or not yet.
fn is_demoted(error: &RedisError) -> bool {
    error.code().is_some_and(|code| DEMOTED.contains(&code))
}
