//! One HTTP exchange with a provider: no proxy, no redirect, one deadline for all of it, and no more of an answer
//! than its beginning.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::outcome::Outcome;

mod answer;
mod connect;
mod failure;
mod pointer;
mod pool;

pub(crate) use answer::{Answer, Body, Rule, id, is_id};
pub(crate) use connect::Resolver;
use failure::failure;
pub(crate) use failure::find;
use pool::{Lost, Pool, Taken};

/// How much of an answer is read.
const BODY_LIMIT: usize = 64 * 1024;

/// Who asks, in `User-Agent`.
pub(crate) const PRODUCT: HeaderValue = HeaderValue::from_static(concat!("Pinfold/", env!("CARGO_PKG_VERSION")));

/// A request to a provider.
pub(crate) type Request = http::Request<Full<Bytes>>;

/// An HTTP client and its connections. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Client(Arc<Pool>);

/// The TLS settings that all clients share: the system's certificates are read and kept once.
pub(crate) fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider has the cipher suites of TLS 1.2 and 1.3");
    let builder = match rustls_platform_verifier::Verifier::new(provider) {
        Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(error) => {
            tracing::error!(%error, "no certificates of this system can be read: no HTTPS provider can be trusted");
            builder.with_root_certificates(RootCertStore::empty())
        }
    };
    builder.with_no_client_auth()
}

impl Client {
    /// A client that connects within half the deadline, so that a failure to connect is known as such.
    pub(crate) fn new(tls: &ClientConfig, resolver: impl Into<Resolver>, deadline: Duration) -> Self {
        Self(Arc::new(Pool::new(connect::Connector::new(tls, resolver.into(), deadline / 2))))
    }

    /// Sends a request, once the future is polled; it gives the head of the answer.
    fn send(&self, mut request: Request) -> BoxFuture<'static, Result<(Response<Incoming>, Taken), Lost>> {
        request.headers_mut().entry(USER_AGENT).or_insert(PRODUCT);
        Box::pin(Arc::clone(&self.0).send(request))
    }
}

/// A request. `headers` are all but what the protocol needs.
pub(crate) fn request(method: Method, uri: Uri, headers: HeaderMap, body: impl Into<Bytes>) -> Request {
    let mut request = Request::new(Full::new(body.into()));
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
    request
}

/// An address as requests have it; `None` for one that has no place in a request.
pub(crate) fn uri(url: &Url) -> Option<Uri> {
    Uri::try_from(url.as_str()).ok()
}

/// Sends `request` and judges the answer by `rule`; its body is read only when the rule looks into it.
pub(crate) fn exchange<'a>(
    client: &Client,
    request: Request,
    deadline: Duration,
    rule: &'a Rule,
) -> impl Future<Output = Outcome> + use<'a> {
    let asking = ask(client, request, deadline, |status| rule.wants_body() && status.is_success());
    asking.map(|answer| answer.map_or_else(|outcome| outcome, |answer| rule.judge(&answer)))
}

/// Sends `request` and takes the answer, with its body when `wants_body` says so.
///
/// # Errors
/// What it means that there is no answer.
pub(crate) fn ask<F: Fn(StatusCode) -> bool>(
    client: &Client,
    request: Request,
    deadline: Duration,
    wants_body: F,
) -> impl Future<Output = Result<Answer, Outcome>> + use<F> {
    // Not inside, where every future around it would keep room for a whole request.
    let sending = client.send(request);
    async move {
        let mut timer = pin!(tokio::time::sleep(deadline));
        let (response, taken) = tokio::select! {
            biased;
            answered = sending => answered.map_err(|lost| failure(&lost))?,
            () = &mut timer => return Err(Outcome::unknown("timeout")),
        };
        let (head, body) = response.into_parts();
        let mut answer = Answer { status: head.status, headers: head.headers, body: Body::Unread };
        if wants_body(answer.status) {
            answer.body = tokio::select! {
                biased;
                body = read(body) => body,
                () = timer => Body::Cut("timeout"),
            };
        } else {
            drop(body);
        }
        if !matches!(answer.body, Body::Cut(_)) {
            taken.back();
        }
        Ok(answer)
    }
}

/// A header value, marked as a secret so that no layer below prints it or keeps it in a compression table.
pub(crate) fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

async fn read(mut body: Incoming) -> Body {
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Body::Cut("body_too_large");
    }
    // Most answers come in one piece, which is taken as it is.
    let (mut whole, mut pieces) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Body::Cut("connection_lost") };
        let Ok(piece) = frame.into_data() else { continue };
        if whole.len() + pieces.len() + piece.len() > BODY_LIMIT {
            return Body::Cut("body_too_large");
        }
        if whole.is_empty() && pieces.is_empty() {
            whole = piece;
        } else {
            pieces.extend_from_slice(&std::mem::take(&mut whole));
            pieces.extend_from_slice(&piece);
        }
    }
    Body::Whole(if pieces.is_empty() { whole } else { pieces.freeze() })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;
    use crate::address::Addresses;

    #[tokio::test]
    async fn a_name_that_leads_inside_gets_no_connection() {
        let canary = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let uri = format!("http://localhost:{}/", canary.local_addr().expect("an address").port());
        let deadline = Duration::from_secs(1);
        let client = Client::new(&tls(), Addresses { allow_private: false }, deadline);
        let request = request(Method::POST, uri.parse().expect("an address"), HeaderMap::new(), "");
        let outcome = exchange(&client, request, deadline, &Rule::default()).await;
        assert_eq!(outcome, Outcome::permanent("address_refused"));
        assert!(timeout(Duration::from_millis(50), canary.accept()).await.is_err(), "the canary was reached");
    }
}
