//! JSON bodies. A handler sees a body only when it is small, declared as JSON, unambiguous and of the right shape; what
//! is wrong names the field.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::named::Named;
use crate::{Code, Problem, strict};

/// A checked JSON body.
#[derive(Debug)]
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// The bytes as they came, for idempotency.
    pub bytes: Bytes,
}

/// A checked JSON body that may be missing.
#[derive(Debug)]
pub struct OptionalBody<T> {
    /// What it says, or the default.
    pub value: T,
    /// The bytes as they came.
    pub bytes: Bytes,
}

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared = check_declaration(request);
        let bytes = in_time(Bytes::from_request(request, payload));
        Box::pin(async move {
            let bytes = read(bytes.await?, declared)?;
            Ok(Self { value: parse_json(&bytes)?, bytes })
        })
    }
}

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared = check_declaration(request);
        let bytes = in_time(Bytes::from_request(request, payload));
        Box::pin(async move {
            let bytes = bytes.await?;
            if let Ok(bytes) = &bytes
                && bytes.is_empty()
            {
                return Ok(Self { value: T::default(), bytes: bytes.clone() });
            }
            let bytes = read(bytes, declared)?;
            Ok(Self { value: parse_json(&bytes)?, bytes })
        })
    }
}

/// How long a client may take to send a body.
const LONGEST_READ: Duration = Duration::from_secs(15);

/// A body that comes in time.
///
/// # Errors
/// 408.
pub async fn in_time<T>(reading: impl Future<Output = T>) -> Result<T, Problem> {
    tokio::time::timeout(LONGEST_READ, reading).await.map_err(|_| Problem::new(Code::RequestTimeout))
}

/// The framework unpacks a compressed body before anybody sees it; what it cannot unpack was declared wrong all the same.
pub(crate) fn read(bytes: actix_web::Result<Bytes>, declared: Result<(), Problem>) -> Result<Bytes, Problem> {
    match bytes {
        Ok(bytes) => declared.map(|()| bytes),
        Err(error) if error.as_response_error().status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::new(Code::BodyTooLarge))
        }
        Err(_) => Err(declared.err().unwrap_or_else(|| Problem::new(Code::BadRequest))),
    }
}

/// `application/json` or a `+json` kind, in UTF-8, not compressed.
fn check_declaration(request: &HttpRequest) -> Result<(), Problem> {
    if request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json") && is_plain(request) {
        return Ok(());
    }
    let kind = declared_kind(request)?;
    if is_json(&kind) { Ok(()) } else { Err(Problem::new(Code::UnsupportedMediaType)) }
}

pub(crate) fn is_json(kind: &str) -> bool {
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn is_plain(request: &HttpRequest) -> bool {
    request.headers().get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity")
}

/// The content type in lower case, of a body in UTF-8 that is not compressed.
///
/// # Errors
/// 415.
pub(crate) fn declared_kind(request: &HttpRequest) -> Result<String, Problem> {
    let unsupported = || Problem::new(Code::UnsupportedMediaType);
    if !is_plain(request) {
        return Err(unsupported().detail("Compressed bodies are not taken."));
    }
    let declared = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).ok_or_else(unsupported)?;
    let mut parts = declared.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => value.trim_matches('"').eq_ignore_ascii_case("utf-8"),
        _ => true,
    });
    if is_utf8 { Ok(kind) } else { Err(unsupported()) }
}

/// Parses checked JSON; the slow path that names the field runs only for a body that does not fit.
///
/// # Errors
/// A 400 that names what does not fit.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    strict::check(bytes).map_err(|error| {
        let place = format!("The body is not acceptable JSON at line {} column {}.", error.line(), error.column());
        Problem::new(Code::InvalidJson).detail(place)
    })?;
    parse(bytes).or_else(|_| {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        serde_path_to_error::deserialize(Named(&mut deserializer)).map_err(|error| misfit(&error))
    })
}

/// What follows the value was looked at by [`strict::check`].
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    T::deserialize(Named(&mut serde_json::Deserializer::from_slice(bytes)))
}

fn misfit(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let path = error.path().to_string();
    let message = error.inner().to_string();
    // serde names a missing or unknown field in its message, not in the path.
    let quoted =
        message.split('`').nth(1).filter(|_| message.starts_with("missing field") || message.starts_with("unknown field"));
    let field = match (path.as_str(), quoted) {
        (".", None) => "body".to_owned(),
        (".", Some(name)) => name.to_owned(),
        (path, Some(name)) if !path.ends_with(name) => format!("{path}.{name}"),
        (path, _) => path.to_owned(),
    };
    let must = if message.starts_with("missing field") {
        "must be given".to_owned()
    } else if message.starts_with("unknown field") {
        "is not a field of this request".to_owned()
    } else {
        // "invalid type: string "3", expected i32 at line 1 column 9": the value itself is not repeated.
        let until = message.split(" at line ").next().unwrap_or_default();
        match until.rsplit_once(", expected ") {
            Some((_, expected)) => format!("must be {expected}"),
            None => until.to_owned(),
        }
    };
    Problem::field(field, must)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Outer {
        #[serde(rename = "inner")]
        _inner: Inner,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Inner {
        #[serde(rename = "pinAttempts")]
        _attempts: i32,
    }

    #[test]
    fn what_does_not_fit_names_its_field_and_repeats_no_value() {
        let problem = |text: &str| {
            let problem = parse_json::<Outer>(text.as_bytes()).expect_err("does not fit");
            let first = problem.fields.into_iter().next().expect("names a field");
            (first.field.into_owned(), first.must.into_owned())
        };
        assert_eq!(problem(r#"{"inner":{"pinAttempts":"3"}}"#), ("inner.pinAttempts".into(), "must be i32".into()));
        assert_eq!(problem(r#"{"inner":{}}"#), ("inner.pinAttempts".into(), "must be given".into()));
        assert_eq!(problem("{}"), ("inner".into(), "must be given".into()));
        assert_eq!(problem("[]"), ("body".into(), "must be an object".into()));
        assert_eq!(problem(r#"[{"pinAttempts":3}]"#), ("body".into(), "must be an object".into()));
        assert_eq!(problem(r#"{"inner":[3]}"#), ("inner".into(), "must be an object".into()));
        assert_eq!(problem(r#"{"inner":3}"#), ("inner".into(), "must be an object".into()));
        assert_eq!(parse_json::<Outer>(b"{").expect_err("no JSON").code, Code::InvalidJson);
    }
}
