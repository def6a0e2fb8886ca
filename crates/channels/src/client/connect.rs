//! How a connection to a provider comes about: names by the closed door, TCP and TLS within one limit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{io, vec};

use futures::future::BoxFuture;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use crate::address::Addresses;

/// How soon a connection that says nothing is asked whether it still stands.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Why there is no connection.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;
type Lookup = dyn Fn(Name) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

/// A name has no address that may be reached.
#[derive(Debug, thiserror::Error)]
#[error("the name leads nowhere")]
pub(crate) struct Unresolved(#[from] io::Error);

/// Finds the addresses of a name. It is asked once for a connection.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Lookup>);

impl Resolver {
    /// One that asks `lookup`. It gives addresses with port 0: the one of the URL takes its place.
    pub(crate) fn new(lookup: impl Fn(Name) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }
}

impl From<Addresses> for Resolver {
    fn from(addresses: Addresses) -> Self {
        Self::new(move |name| Box::pin(async move { addresses.resolve(name.as_str(), 0).await }))
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Unresolved;
    type Future = BoxFuture<'static, Result<Self::Response, Unresolved>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let found = (self.0)(name);
        Box::pin(async move { Ok(found.await?.into_iter()) })
    }
}

/// Connects, or gives up after a while.
pub(super) struct Connector {
    https: HttpsConnector<HttpConnector<Resolver>>,
    within: Duration,
}

impl Connector {
    pub(super) fn new(tls: &ClientConfig, resolver: Resolver, within: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        // While something sent is not acknowledged, nobody asks: then the connection ends after as long.
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(KEEP_ALIVE));
        tcp.set_connect_timeout(Some(within));
        let https =
            HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http().enable_all_versions().wrap_connector(tcp);
        Self { https, within }
    }

    pub(super) async fn connect(&self, uri: Uri) -> Result<MaybeHttpsStream<TokioIo<TcpStream>>, Failure> {
        let connecting = self.https.clone().call(uri);
        timeout(self.within, connecting).await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }
}
