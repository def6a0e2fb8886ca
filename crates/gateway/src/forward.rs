//! Passing requests on to a role that runs in another process, and its answers back. The role learns who is calling from
//! an identity signed for this one request; the client's credential stays here. Nothing is ever sent twice.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Handler, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use bytes::Bytes;
use futures::Stream;
use pinfold_core::receipt_path;
use pinfold_core::request_id::RequestId;
use pinfold_http::edge::REQUEST_ID;
use pinfold_http::identity::{HEADER, Identities};
use pinfold_http::visit::{SIGN_ON_COOKIE, Visit};
use pinfold_http::{Caller, Code, Problem, clock, whole_body};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, retry};
use url::Url;

use crate::authenticate::is_public;

const CONNECT: Duration = Duration::from_millis(500);
const TOTAL: Duration = Duration::from_secs(5);
/// Shorter than the roles keep a connection open, so that no request meets one that is being closed.
const IDLE: Duration = Duration::from_secs(3);
/// An answer up to this size is taken whole, so that one that breaks off is a 503 and not half an answer.
const WHOLE: u64 = 64 * 1024;
/// What of a request's headers a role sees.
const PASSED_ON: [&str; 6] = ["content-type", "content-encoding", "accept", "idempotency-key", "traceparent", "tracestate"];
/// What a role that takes providers' requests sees beside that: their signatures are theirs to judge.
const SIGNATURES: [&str; 3] = ["authorization", "x-twilio-signature", "x-smstools-signature"];
/// What of an answer's headers concerns one connection, or is written anew.
const NOT_PASSED_BACK: [&str; 10] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// The way to a role that runs elsewhere. One for each HTTP worker.
#[derive(Clone)]
pub struct Forward(Arc<Target>);

struct Target {
    role: &'static str,
    base: Url,
    client: Client,
    identities: Arc<Identities>,
}

/// The address of a role cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidTarget {
    /// It is not `http://host:port` or `https://host:port`.
    #[error("the address of a role must be like http://verification:8080, without a path")]
    Address,
    /// There is no client for it.
    #[error("no HTTP client can be made for the address of a role")]
    Client(#[source] reqwest::Error),
}

impl Forward {
    /// The way to `role` at `base`.
    ///
    /// # Errors
    /// [`InvalidTarget`].
    pub fn new(role: &'static str, base: &Url, identities: Arc<Identities>) -> Result<Self, InvalidTarget> {
        let is_origin = base.path() == "/" && base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
        if !is_origin || !base.has_host() || !matches!(base.scheme(), "http" | "https") {
            return Err(InvalidTarget::Address);
        }
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .pool_idle_timeout(IDLE);
        if base.scheme() == "http" {
            // Without TLS there is nothing to trust: the system's certificates need not be there.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(InvalidTarget::Client)?;
        Ok(Self(Arc::new(Target { role, base: base.clone(), client, identities })))
    }

    /// What answers the role's operations, for [`pinfold_http::Mount::add_forwarded`].
    pub fn handler(&self) -> impl Handler<(HttpRequest, web::Payload), Output = Result<HttpResponse, Problem>> + use<> {
        let target = Arc::clone(&self.0);
        move |request: HttpRequest, payload: web::Payload| {
            let target = Arc::clone(&target);
            async move { target.forward(request, payload).await }
        }
    }
}

impl Target {
    async fn forward(&self, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
        let caller = request.extensions().get::<Caller>().cloned();
        let visit = request.extensions().get::<Visit>().copied();
        if caller.is_none() && visit.is_none() && !is_public(request.path()) {
            return Err(Problem::new(Code::Unauthorized));
        }
        let url = self.url(&request)?;
        let method = request.method().as_str();
        let identity = self.identities.sign_visit(self.role, (method, url.path()), caller.as_ref(), visit, clock::now_ms())?;
        let body = whole_body(payload.into_inner()).await?;
        let method = Method::from_bytes(method.as_bytes()).map_err(Problem::internal)?;
        let mut outgoing = self.client.request(method, url).header(HEADER, identity).body(body);
        let signatures = if request.path().starts_with(receipt_path::ROOT) { SIGNATURES.as_slice() } else { &[] };
        let agent = if visit.is_some() { ["user-agent", "origin", "sec-fetch-site"].as_slice() } else { &[] };
        for name in PASSED_ON.iter().chain(signatures).chain(agent) {
            for value in request.headers().get_all(*name) {
                outgoing = outgoing.header(*name, value.as_bytes());
            }
        }
        if visit.is_some()
            && let Some(cookie) = request.cookie(SIGN_ON_COOKIE)
            && let Ok(mut cookie) = reqwest::header::HeaderValue::try_from(format!("{SIGN_ON_COOKIE}={}", cookie.value()))
        {
            // No credential yet: the role that sealed it opens it.
            cookie.set_sensitive(true);
            outgoing = outgoing.header("cookie", cookie);
        }
        if let Some(id) = request.extensions().get::<RequestId>() {
            outgoing = outgoing.header(REQUEST_ID.as_str(), id.as_str());
        }
        let response = outgoing.send().await.map_err(unavailable)?;
        if caller.is_some() && response.status() == reqwest::StatusCode::UNAUTHORIZED {
            // The client's credential is good; it is ours that the role does not take.
            return Err(Problem::unavailable(format!("{} does not accept the gateway's identity", self.role)));
        }
        pass_back(response).await
    }

    /// The address of the same path at the role.
    fn url(&self, request: &HttpRequest) -> Result<Url, Problem> {
        let path = request.path();
        // What the parser of addresses would turn into another path is no path of ours.
        let is_dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
        if path.contains('\\') || path.split('/').any(is_dots) {
            return Err(Problem::new(Code::NotFound));
        }
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(request.uri().query());
        Ok(url)
    }
}

async fn pass_back(response: Response) -> Result<HttpResponse, Problem> {
    let status = StatusCode::from_u16(response.status().as_u16()).map_err(Problem::internal)?;
    let mut answer = HttpResponseBuilder::new(status);
    for (name, value) in response.headers() {
        if NOT_PASSED_BACK.contains(&name.as_str()) {
            continue;
        }
        let pair = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_bytes()));
        if let (Ok(name), Ok(value)) = pair {
            answer.append_header((name, value));
        }
    }
    Ok(match response.content_length() {
        Some(length) if length <= WHOLE => answer.body(response.bytes().await.map_err(unavailable)?),
        Some(length) => answer.body(SizedStream::new(length, chunks(response))),
        None => answer.streaming(chunks(response)),
    })
}

fn chunks(response: Response) -> impl Stream<Item = Result<Bytes, reqwest::Error>> {
    futures::stream::try_unfold(
        response,
        |mut response| async move { Ok(response.chunk().await?.map(|chunk| (chunk, response))) },
    )
}

/// The address may hold a phone number, so it is not in the log.
fn unavailable(error: reqwest::Error) -> Problem {
    Problem::unavailable(error.without_url())
}
