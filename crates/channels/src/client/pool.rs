//! Connections to where requests lead, kept between requests: an HTTP/1 connection has one request at a time, an HTTP/2 connection
//! all that come.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures::future::Either;
use http::header::{HOST, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::rt::Executor as _;
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::TokioExecutor;

use super::Request;
use super::connect::{Connector, Failure};

/// Idle connections are closed before most providers do, so that a request seldom meets one that is going away: a round after the
/// round in which they were used last.
const ROUND: Duration = Duration::from_secs(15);
/// How many idle connections lead to one place.
const IDLE_CONNECTIONS: usize = 256;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// No connection stood: nothing was sent.
    #[error("no connection")]
    Unconnected(#[source] Failure),
    /// The connection failed; how much of the request left is not known.
    #[error("the connection failed")]
    Unanswered(#[source] hyper::Error),
}

/// Connects, and keeps connections.
pub(super) struct Pool {
    connector: Connector,
    idle: Arc<Mutex<Idle>>,
}

/// A connection that answers a request. It comes back when its answer was read, or closes.
pub(super) struct Taken {
    line: Line,
    origin: Origin,
    idle: Weak<Mutex<Idle>>,
}

/// Scheme, host and port, as they are written: the types' own hashes go letter by letter, so as to ignore case.
#[derive(Clone)]
struct Origin(Scheme, Authority);

impl Origin {
    fn of(uri: &Uri) -> Option<Self> {
        Some(Self(uri.scheme()?.clone(), uri.authority()?.clone()))
    }

    fn text(&self) -> (&str, &str) {
        (self.0.as_str(), self.1.as_str())
    }

    /// Host and port, without a name and password before them.
    fn host(&self) -> Option<HeaderValue> {
        let authority = self.1.as_str();
        HeaderValue::from_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host)).ok()
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

enum Line {
    Http1(Http1),
    Http2(http2::SendRequest<Full<Bytes>>),
}

struct Http1 {
    sender: http1::SendRequest<Full<Bytes>>,
    /// What `Host` says.
    host: Option<HeaderValue>,
}

#[derive(Default)]
struct Idle {
    lines: HashMap<Origin, Vec<Resting>, foldhash::fast::RandomState>,
    round: u64,
    has_sweeper: bool,
}

struct Resting {
    line: Line,
    since_round: u64,
}

impl Pool {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, idle: Arc::default() }
    }

    /// Sends a request over a connection that rests or a new one, and gives the head of the answer.
    #[expect(clippy::manual_async_fn, reason = "an async fn has room for its arguments twice, and a request is large")]
    pub(super) fn send(
        self: Arc<Self>,
        mut request: Request,
    ) -> impl Future<Output = Result<(Response<Incoming>, Taken), Lost>> + use<> {
        async move {
            let uri = request.uri().clone();
            let origin = Origin::of(&uri).ok_or_else(|| Lost::Unconnected("the address names no host".into()))?;
            loop {
                let resting = lock(&self.idle).take(&origin);
                let is_new = resting.is_none();
                let mut line = match resting {
                    Some(line) => line,
                    None => Box::pin(self.connect(&uri, &origin)).await.map_err(Lost::Unconnected)?,
                };
                match line.send(request, &uri).await {
                    Ok(response) => return Ok((response, Taken { line, origin, idle: Arc::downgrade(&self.idle) })),
                    Err(mut error) => match error.take_message() {
                        // It was closed while it rested, and nothing of the request left.
                        Some(unsent) if !is_new => request = unsent,
                        Some(_) => return Err(Lost::Unconnected(error.into_error().into())),
                        None => return Err(Lost::Unanswered(error.into_error())),
                    },
                }
            }
        }
    }

    async fn connect(&self, uri: &Uri, origin: &Origin) -> Result<Line, Failure> {
        let stream = self.connector.connect(uri.clone()).await?;
        // What ends a connection is told to its requests.
        if stream.connected().is_negotiated_h2() {
            let (line, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
            in_background(connection);
            keep(&self.idle, origin.clone(), Line::Http2(line.clone()));
            Ok(Line::Http2(line))
        } else {
            let (sender, connection) = http1::handshake(stream).await?;
            in_background(connection);
            Ok(Line::Http1(Http1 { sender, host: origin.host() }))
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Taken {
    /// Gives an HTTP/1 connection back; an HTTP/2 connection was never taken away. The answer's body was read, or dropped: then the
    /// connection closes, unless little was left of it.
    pub(super) fn back(self) {
        let Self { line: Line::Http1(mut line), origin, idle } = self else { return };
        let keep = move |line| {
            if let Some(idle) = idle.upgrade() {
                keep(&idle, origin, Line::Http1(line));
            }
        };
        if line.sender.is_ready() {
            return keep(line);
        }
        in_background(async move {
            if line.sender.ready().await.is_ok() {
                keep(line);
            }
        });
    }
}

impl Line {
    fn is_closed(&self) -> bool {
        match self {
            Self::Http1(line) => line.sender.is_closed(),
            Self::Http2(line) => line.is_closed(),
        }
    }

    /// Hands a request over; the future gives the head of the answer.
    fn send(
        &mut self,
        mut request: Request,
        uri: &Uri,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<Request>>> + use<> {
        match self {
            Self::Http1(Http1 { sender, host }) => {
                // RFC 9112, 3.2: the host has a header of its own, the target only says where on it.
                if let Some(host) = host {
                    request.headers_mut().entry(HOST).or_insert_with(|| host.clone());
                }
                *request.uri_mut() = uri.path_and_query().cloned().map_or_else(Uri::default, Uri::from);
                Either::Left(sender.try_send_request(request))
            }
            Self::Http2(line) => {
                *request.uri_mut() = uri.clone();
                Either::Right(line.try_send_request(request))
            }
        }
    }
}

impl Idle {
    /// The connection to a place that was used last.
    fn take(&mut self, origin: &Origin) -> Option<Line> {
        let resting = self.lines.get_mut(origin)?;
        while let Some(Resting { line, .. }) = resting.pop() {
            match line {
                line if line.is_closed() => {}
                Line::Http1(line) => return Some(Line::Http1(line)),
                Line::Http2(line) => {
                    resting.push(Resting { line: Line::Http2(line.clone()), since_round: self.round });
                    return Some(Line::Http2(line));
                }
            }
        }
        None
    }

    fn put(&mut self, origin: Origin, line: Line) {
        let resting = self.lines.entry(origin).or_default();
        // One for all requests is enough.
        let is_shared = |it: &Resting| matches!(it.line, Line::Http2(_)) && !it.line.is_closed();
        let is_spare = matches!(line, Line::Http2(_)) && resting.iter().any(is_shared);
        if !is_spare && resting.len() < IDLE_CONNECTIONS {
            resting.push(Resting { line, since_round: self.round });
        }
    }

    /// Begins the next round. Says whether any connection is left.
    fn sweep(&mut self) -> bool {
        let round = self.round;
        self.lines.retain(|_, resting| {
            resting.retain(|it| it.since_round == round && !it.line.is_closed());
            !resting.is_empty()
        });
        self.round += 1;
        !self.lines.is_empty()
    }
}

fn keep(idle: &Arc<Mutex<Idle>>, origin: Origin, line: Line) {
    let mut kept = lock(idle);
    kept.put(origin, line);
    if !std::mem::replace(&mut kept.has_sweeper, true) {
        in_background(sweep(Arc::downgrade(idle)));
    }
}

/// Closes what rested too long, until nothing rests.
async fn sweep(idle: Weak<Mutex<Idle>>) {
    loop {
        tokio::time::sleep(ROUND).await;
        let Some(idle) = idle.upgrade() else { return };
        let mut kept = lock(&idle);
        if !kept.sweep() {
            kept.has_sweeper = false;
            return;
        }
    }
}

/// What runs beside requests ends with them or with the pool: nobody has to wait for it.
fn in_background<F>(task: F)
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    TokioExecutor::new().execute(task);
}

fn lock(idle: &Mutex<Idle>) -> MutexGuard<'_, Idle> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use futures::future::join_all;
    use h2::Reason;
    use http::{HeaderMap, Method, StatusCode};
    use pinfold_testkit::{SmtpOptions, SmtpPeer};
    use rustls::crypto::aws_lc_rs;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ClientConfig, RootCertStore, ServerConfig};
    use tokio::time::timeout;
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::address::Addresses;
    use crate::client::{Client, Rule, exchange, request, tls};
    use crate::outcome::Outcome;

    const DEADLINE: Duration = Duration::from_secs(5);

    fn client(tls: &ClientConfig) -> Client {
        Client::new(tls, Addresses { allow_private: true }, DEADLINE)
    }

    async fn post(client: &Client, url: &str) -> Outcome {
        let uri = url.parse().expect("an address");
        exchange(client, request(Method::POST, uri, HeaderMap::new(), "{}"), DEADLINE, &Rule::default()).await
    }

    /// Answers one request on each of `count` connections; what it does with the connection then is up to `then`.
    fn once_each(count: usize, then: fn(TcpStream)) -> (String, thread::JoinHandle<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let serving = thread::spawn(move || {
            for _ in 0..count {
                let (mut stream, _) = listener.accept().expect("a connection");
                assert!(stream.read(&mut [0; 4096]).expect("a request") > 0);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("the client reads");
                then(stream);
            }
        });
        (url, serving)
    }

    #[tokio::test]
    async fn a_request_meets_no_connection_that_closed_while_it_rested() {
        let (url, serving) = once_each(2, |_closes| thread::sleep(Duration::from_millis(50)));
        let client = client(&tls());
        assert_eq!(post(&client, &url).await, Outcome::accepted(None));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(lock(&client.0.idle).lines.len(), 1);
        assert_eq!(post(&client, &url).await, Outcome::accepted(None));
        serving.join().expect("every connection had a request");
    }

    #[tokio::test]
    async fn a_connection_closes_after_a_round_of_rest() {
        let ends = |mut stream: TcpStream| assert_eq!(stream.read(&mut [0; 1]).expect("no more than the end"), 0);
        let (url, serving) = once_each(1, ends);
        let client = client(&tls());
        assert_eq!(post(&client, &url).await, Outcome::accepted(None));
        assert!(lock(&client.0.idle).sweep(), "it was used in this round");
        assert!(!lock(&client.0.idle).sweep(), "and not in the next");
        let waiting = tokio::task::spawn_blocking(move || serving.join());
        assert!(timeout(DEADLINE, waiting).await.expect("it closes").is_ok_and(|served| served.is_ok()));
    }

    /// A server that speaks HTTP/2 alone and refuses requests to `/refused`: its address, who trusts it, and its connections.
    async fn http2_server() -> (String, ClientConfig, Arc<AtomicUsize>) {
        let authority = SmtpPeer::start_with(SmtpOptions { starttls: true, ..SmtpOptions::default() });
        let file = authority.certificate().expect("a server with STARTTLS has a certificate");
        let certificate = CertificateDer::from_pem_file(&file).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(file.with_file_name("key.pem")).expect("a key");
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).expect("it is a certificate");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let trusting = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let trusting = trusting.expect("TLS 1.3").with_root_certificates(roots).with_no_client_auth();
        let serving = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let serving = serving.expect("TLS 1.3").with_no_client_auth().with_single_cert(vec![certificate], key);
        let mut serving = serving.expect("the key belongs to the certificate");
        serving.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(serving));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        in_background(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let stream = acceptor.accept(stream).await.expect("the client trusts");
                let mut connection = h2::server::handshake(stream).await.expect("the client speaks HTTP/2");
                in_background(async move {
                    while let Some(Ok((request, mut answer))) = connection.accept().await {
                        assert!(request.headers().get(HOST).is_none() && request.uri().authority().is_some());
                        if request.uri().path() == "/refused" {
                            answer.send_reset(Reason::REFUSED_STREAM);
                            continue;
                        }
                        let mut head = Response::new(());
                        *head.status_mut() = StatusCode::ACCEPTED;
                        answer.send_response(head, true).expect("the client reads");
                    }
                });
            }
        });
        (url, trusting, connections)
    }

    #[tokio::test]
    async fn requests_share_an_http2_connection() {
        let (url, trusting, connections) = http2_server().await;
        let client = client(&trusting);
        assert_eq!(post(&client, &url).await, Outcome::accepted(None));
        assert_eq!(join_all((0..8).map(|_| post(&client, &url))).await, vec![Outcome::accepted(None); 8]);
        assert_eq!(post(&client, &format!("{url}/refused")).await, Outcome::temporary("not_taken"));
        assert_eq!(post(&client, &url).await, Outcome::accepted(None));
        assert_eq!(connections.load(Ordering::Relaxed), 1);
    }
}
