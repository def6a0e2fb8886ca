//! How Redis is reached: one server, whichever Sentinel names, or a cluster.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManagerConfig};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, FromRedisValue, Pipeline, RedisFuture, RedisResult, Value};
use tokio::sync::OnceCell;

use crate::single::Single;
use crate::{Error, Mode, Settings};

/// Longest wait for a connection to stand.
const CONNECT: Duration = Duration::from_millis(500);

/// A connection, or the connections of a cluster. Clones share it.
#[derive(Clone)]
pub(crate) enum Link {
    Single(Arc<Single>),
    Cluster { client: Arc<ClusterClient>, connection: Arc<OnceCell<ClusterConnection>> },
}

impl Link {
    /// One that connects when it is first used; without a timeout for answers, it may block.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub(crate) fn open(settings: &Settings, response_timeout: Option<Duration>) -> Result<Self, Error> {
        let unusable = |_| Error::Settings("redis.url must be an address such as redis://:password@127.0.0.1:6379");
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(response_timeout)
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(100));
        match settings.mode {
            Mode::Single => {
                let client = Client::open(settings.nodes().next().unwrap_or_default()).map_err(unusable)?;
                Ok(Self::Single(Arc::new(Single::at(client, config))))
            }
            Mode::Sentinel => {
                let (name, login) =
                    settings.master().ok_or(Error::Settings("redis.url must name Sentinel's master as its host"))?;
                let unusable = |_| Error::Settings("redis.sentinels must be addresses such as redis://127.0.0.1:26379");
                let sentinel = redis::sentinel::Sentinel::build(settings.sentinels().collect()).map_err(unusable)?;
                Ok(Self::Single(Arc::new(Single::named(sentinel, name, login, settings.response_timeout(), config))))
            }
            Mode::Cluster => {
                let mut builder = ClusterClientBuilder::new(settings.nodes()).retries(2).connection_timeout(CONNECT);
                if let Some(timeout) = response_timeout {
                    builder = builder.response_timeout(timeout);
                }
                let client = Arc::new(builder.build().map_err(unusable)?);
                Ok(Self::Cluster { client, connection: Arc::default() })
            }
        }
    }

    /// Carries out a command. An answer is not looked through for errors inside of it, as [`Cmd::query_async`] does by copying it:
    /// where one stands in the place of a value, it is no such value. Not for answers that hold several and are taken as `()` or [`Value`].
    pub(crate) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        match self.req_packed_command(command).await? {
            Value::ServerError(error) => Err(error.into()),
            answer => Ok(T::from_redis_value(answer)?),
        }
    }

    /// The connection to one server; none in a cluster.
    pub(crate) fn single(&self) -> Option<&Arc<Single>> {
        if let Self::Single(single) = self { Some(single) } else { None }
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(single) => Box::pin(single.ask(cmd)),
            Self::Cluster { client, connection } => Box::pin(async move {
                let mut connection = connection.get_or_try_init(|| client.get_async_connection()).await?.clone();
                connection.req_packed_command(cmd).await
            }),
        }
    }

    fn req_packed_commands<'a>(&'a mut self, cmd: &'a Pipeline, offset: usize, count: usize) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(single) => Box::pin(single.ask_many(cmd, offset, count)),
            Self::Cluster { client, connection } => Box::pin(async move {
                let mut connection = connection.get_or_try_init(|| client.get_async_connection()).await?.clone();
                connection.req_packed_commands(cmd, offset, count).await
            }),
        }
    }

    fn get_db(&self) -> i64 {
        self.single().map_or(0, |single| single.database())
    }
}
