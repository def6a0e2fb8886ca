//! A provider on loopback that keeps every request and answers as the test tells it.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::http_answer::{Answer, Body, Broken};

/// One request as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method, in upper case.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark; empty if there is none.
    pub query: String,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Received {
    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; panics if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("the request's body is not JSON: {error}"))
    }
}

/// The peer; it runs on a thread and a clock of its own, so a busy or paused test runtime does not change its timing.
#[derive(Debug)]
pub struct HttpPeer {
    address: SocketAddr,
    script: Arc<Script>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Script {
    next: Mutex<VecDeque<Answer>>,
    standing: Mutex<Answer>,
    received: watch::Sender<Vec<Received>>,
}

impl HttpPeer {
    /// Starts on a free loopback port; answers an empty 200 until told otherwise.
    pub fn start() -> Self {
        let script = Arc::new(Script {
            next: Mutex::default(),
            standing: Mutex::new(Answer::ok()),
            received: watch::Sender::new(Vec::new()),
        });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let address = listener.local_addr().expect("a bound socket has an address");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&script);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("the socket does not block");
                tokio::select! {
                    () = serve(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, script, stop: Some(stop), thread: Some(thread) }
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers every request like this from now on, once the scripted answers are used up.
    pub fn answer(&self, answer: Answer) {
        *unpoisoned(&self.script.standing) = answer;
    }

    /// Answers one of the next requests like this; in the order of the calls.
    pub fn answer_once(&self, answer: Answer) {
        unpoisoned(&self.script.next).push_back(answer);
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.script.received.borrow().clone()
    }

    /// Waits until that many requests came in, and returns all; panics after `patience`.
    pub async fn wait_for(&self, count: usize, patience: Duration) -> Vec<Received> {
        let mut received = self.script.received.subscribe();
        let outcome = tokio::time::timeout(patience, received.wait_for(|all| all.len() >= count)).await;
        match outcome {
            Ok(all) => all.expect("the peer keeps the sender").clone(),
            Err(_) => panic!("{} of {count} requests came in within {patience:?}", self.received().len()),
        }
    }

    /// Forgets the requests so far.
    pub fn clear(&self) {
        self.script.received.send_replace(Vec::new());
    }
}

impl Drop for HttpPeer {
    fn drop(&mut self) {
        // A peer whose thread is gone has nothing left to stop.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(listener: TcpListener, script: Arc<Script>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream, Arc::clone(&script)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, script: Arc<Script>) {
    let service = service_fn(|request| respond(request, &script));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if (&mut connection).await.is_err() {
        // Closing with zero linger sends a reset instead of an orderly end. A peer that left first has none to receive.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}

async fn respond(request: Request<Incoming>, script: &Script) -> Result<Response<Body>, Broken> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let received = Received {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body,
    };
    let answer = unpoisoned(&script.next).pop_front().unwrap_or_else(|| unpoisoned(&script.standing).clone());
    script.received.send_modify(|all| all.push(received));
    answer.respond().await
}

/// A test that panicked while it told the peer something fails anyway; the others' answers still count.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
