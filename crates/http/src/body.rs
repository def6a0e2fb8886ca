//! JSON bodies. A handler sees a body only when it is small, declared as JSON, unambiguous and of the right shape; what
//! is wrong names the field.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::named::Named;
use crate::raw_body::whole_body;
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
        let bytes = whole_body(payload.take());
        Box::pin(async move {
            let bytes = declared_body(bytes.await, declared)?;
            Ok(Self { value: parse_json(&bytes)?, bytes })
        })
    }
}

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared = check_declaration(request);
        let bytes = whole_body(payload.take());
        Box::pin(async move {
            let bytes = bytes.await;
            if bytes.as_ref().is_ok_and(Bytes::is_empty) {
                return Ok(Self { value: T::default(), bytes: Bytes::new() });
            }
            let bytes = declared_body(bytes, declared)?;
            Ok(Self { value: parse_json(&bytes)?, bytes })
        })
    }
}

/// A body that came, if it was declared as what it must be. One that broke off was declared wrong all the same.
pub(crate) fn declared_body(body: Result<Bytes, Problem>, declared: Result<(), Problem>) -> Result<Bytes, Problem> {
    match body {
        Err(problem) if problem.code == Code::BadRequest => Err(declared.err().unwrap_or(problem)),
        body => body.and_then(|body| declared.map(|()| body)),
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

pub(crate) fn is_plain(request: &HttpRequest) -> bool {
    request.headers().get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity")
}

/// The content type in lower case, of a body in UTF-8 that is not compressed.
///
/// # Errors
/// 415.
pub(crate) fn declared_kind(request: &HttpRequest) -> Result<String, Problem> {
    let unsupported = || Problem::new(Code::UnsupportedMediaType);
    if !is_plain(request) {
        return Err(compressed());
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
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let read = &bytes[..error.valid_up_to()];
        let line = read.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        unacceptable(read.iter().filter(|byte| **byte == b'\n').count() + 1, line.len() + 1)
    })?;
    strict::check(text).map_err(|error| unacceptable(error.line(), error.column()))?;
    parse(text).or_else(|_| {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(Named(&mut deserializer)).map_err(|error| misfit(&error))
    })
}

/// What follows the value was looked at by [`strict::check`].
fn parse<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    T::deserialize(Named(&mut serde_json::Deserializer::from_str(text)))
}

pub(crate) fn compressed() -> Problem {
    Problem::new(Code::UnsupportedMediaType).detail("Compressed bodies are not taken.")
}

fn unacceptable(line: usize, column: usize) -> Problem {
    Problem::new(Code::InvalidJson).detail(format!("The body is not acceptable JSON at line {line} column {column}."))
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
    }

    #[test]
    fn what_is_no_json_is_told_its_place() {
        let detail = |bytes: &[u8]| {
            let problem = parse_json::<Outer>(bytes).expect_err("no JSON");
            assert_eq!(problem.code, Code::InvalidJson);
            problem.detail.map(std::borrow::Cow::into_owned)
        };
        let at = |place: &str| Some(format!("The body is not acceptable JSON at {place}."));
        assert_eq!(detail(b"{"), at("line 1 column 1"));
        assert_eq!(detail(b"{\n \"a\":\"x\xff\"}"), at("line 2 column 8"));
        assert_eq!(detail(b"\xff"), at("line 1 column 1"));
    }
}
