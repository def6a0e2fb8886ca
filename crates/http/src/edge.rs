//! What happens to every request, in every role: aliases and needless slashes, limits on address and headers, a request
//! id, headers of the answer, errors in the caller's dialect, one log line and one count.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{StatusCode, Uri};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use pinfold_core::request_id::RequestId;

use crate::dialect::Dialect;
use crate::metrics::RequestMetrics;
use crate::mount::Answering;
use crate::{Code, Problem, clock};

/// The largest body, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;
const LONGEST_URI: usize = 8 * 1024;
const LARGEST_HEADERS: usize = 16 * 1024;

/// The header with the request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What every answer says that does not say otherwise.
const FIXED: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_SCRIPTS)),
];
const NO_SCRIPTS: &str = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// A page's origin that may read the answer, as an extension that its operation sets: whatever the answer is then.
#[derive(Debug, Clone)]
pub struct AllowedOrigin(pub HeaderValue);

/// The trace that a request belongs to, as a `traceparent` header (W3C), as an extension; set only while tracing is on.
#[derive(Debug, Clone)]
pub struct TraceParent(pub String);

/// Wraps every request; use with [`actix_web::middleware::from_fn`].
///
/// # Errors
/// Those of other middleware inside that are no answers; ours has none.
pub async fn edge(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<BoxBody>> {
    let started = clock::stopwatch();
    let fresh = RequestId::random();
    let answering = Answering::default();
    {
        let mut extensions = request.extensions_mut();
        extensions.insert(fresh);
        extensions.insert(answering.clone());
    }
    normalise(&mut request);
    let dialect = Dialect::of(request.path());
    let echoed = echoed(&request, dialect);

    let mut response = match check(&request) {
        Err(problem) => request.error_response(problem),
        // The framework forbids to keep a copy of the request while it is routed, so an error that is not an answer
        // yet cannot be rendered here: middleware inside answers with its problems.
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
    };
    // Behind the gateway this is the gateway's.
    let id = response.request().extensions().get::<RequestId>().copied().unwrap_or(fresh);
    let id = id.as_str();
    let (mut fault, mut is_refusal) = (None, false);
    if let Some(rendered) = render(&response, dialect, id) {
        (fault, is_refusal) = (rendered.fault, rendered.is_refusal);
        response = response.into_response(rendered.answer);
    }
    let reader = response.request().extensions_mut().remove::<AllowedOrigin>();
    finish(&mut response, id);
    if let Some(AllowedOrigin(origin)) = reader {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after, x-request-id"));
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some((name, value)) = echoed {
        response.headers_mut().insert(name, value);
    }
    let operation = answering.0.get().copied().unwrap_or("none");
    let status = response.status();
    let took = started.elapsed();
    if let Some(metrics) = response.request().app_data::<web::Data<RequestMetrics>>() {
        metrics.count(operation, status.as_u16(), took);
    }
    // One dialect answers with a 200 whatever it is, and what another process answered has told its cause there.
    if !is_refusal && (fault.is_some() || status.is_server_error()) {
        let (code, cause) = fault.map(|fault| (fault.code, fault.cause)).unzip();
        tracing::error!(
            request.id = id,
            operation,
            status = status.as_u16(),
            took_us = took.as_micros() as u64,
            code,
            cause,
            "request cannot be served"
        );
    } else {
        tracing::debug!(
            request.id = id,
            operation,
            status = status.as_u16(),
            took_us = took.as_micros() as u64,
            "request answered"
        );
    }
    Ok(response)
}

/// What a client sends to find its request again, and wants back with the answer.
fn echoed(request: &ServiceRequest, dialect: Dialect) -> Option<(HeaderName, HeaderValue)> {
    let name = dialect.correlator()?;
    let value = request.headers().get(&name)?;
    let is_plain = value.len() <= 55 && value.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    is_plain.then(|| (name.clone(), value.clone()))
}

/// Older clients' `/2fa/1` is `/2fa/2`, a trailing slash means nothing, and neither does that of a base address before a path.
fn normalise(request: &mut ServiceRequest) {
    let Some(path) = request.path().strip_prefix('/') else { return };
    let bare = path.trim_matches('/');
    let path = match bare.strip_prefix("2fa/1/") {
        Some(rest) => format!("/2fa/2/{rest}"),
        None if bare.len() == path.len() => return,
        None => format!("/{bare}"),
    };
    let query = request.query_string();
    let text = if query.is_empty() { path } else { format!("{path}?{query}") };
    let Ok(path_and_query) = PathAndQuery::try_from(text) else { return };
    let mut parts = request.head().uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    if let Ok(uri) = Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

fn check(request: &ServiceRequest) -> Result<(), Problem> {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > LONGEST_URI {
        return Err(Problem::new(Code::UriTooLong));
    }
    let headers = request.headers();
    if headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() > LARGEST_HEADERS {
        return Err(Problem::new(Code::HeadersTooLarge));
    }
    if headers.get_all(header::HOST).nth(1).is_some() || headers.get_all(header::AUTHORIZATION).nth(1).is_some() {
        return Err(Problem::new(Code::BadRequest).detail("Host and Authorization may be given once."));
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > LARGEST_BODY) {
        return Err(Problem::new(Code::BodyTooLarge));
    }
    Ok(())
}

/// An error as it is answered, and what the log is told of one that is ours.
struct RenderedError {
    answer: HttpResponse<BoxBody>,
    fault: Option<Fault>,
    is_refusal: bool,
}

struct Fault {
    code: &'static str,
    /// The whole chain.
    cause: String,
}

impl Fault {
    fn of(problem: &Problem) -> Self {
        let mut chain = Vec::new();
        let mut cause: Option<&dyn std::error::Error> = problem.source.as_deref().map(|source| source as _);
        while let Some(error) = cause {
            chain.push(error.to_string());
            cause = error.source();
        }
        Self { code: problem.code.name(), cause: chain.join(": ") }
    }
}

/// The answer to an error, in the dialect of its path.
fn render(response: &ServiceResponse<BoxBody>, dialect: Dialect, id: &str) -> Option<RenderedError> {
    let error = response.response().error()?;
    let foreign;
    let problem = match error.as_error::<Problem>() {
        Some(problem) => problem,
        None => {
            foreign = foreign_problem(error.as_response_error().status_code());
            &foreign
        }
    };
    let rendered = dialect.render(problem, id);
    let mut answer = HttpResponse::build(rendered.status);
    answer.content_type(rendered.content_type);
    if let Some(seconds) = problem.retry_after_s {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    if let Some(allow) = &problem.allow {
        answer.insert_header((header::ALLOW, allow.as_ref()));
    }
    if problem.code == Code::Unauthorized {
        answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"pinfold\""));
    }
    // A body that was not read leaves the connection in an unknown place.
    if matches!(problem.code, Code::BodyTooLarge | Code::RequestTimeout) {
        answer.insert_header((header::CONNECTION, "close"));
    }
    // Who is refused because others are many is counted: a line for each would cost more than the refusal.
    let is_refusal = problem.code == Code::Overloaded;
    let fault = (!is_refusal && problem.code.status().is_server_error()).then(|| Fault::of(problem));
    Some(RenderedError { answer: answer.body(rendered.body), fault, is_refusal })
}

/// What the framework refused by itself, such as a malformed path.
fn foreign_problem(status: StatusCode) -> Problem {
    Problem::new(match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_client_error() => Code::BadRequest,
        _ => Code::Internal,
    })
}

fn finish(response: &mut ServiceResponse<BoxBody>, id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in FIXED {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
}
