//! Query strings.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::Problem;

/// A checked query string. Names that are not asked for are ignored.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T> Deref for Params<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = request.query_string().as_bytes();
        ready(parse_pairs(query, "query", "must be a valid query parameter, given once").map(Self))
    }
}

/// Reads pairs of names and values; what does not fit is told of its field, or of the `whole`.
///
/// # Errors
/// A 400 that names what does not fit.
pub(crate) fn parse_pairs<T: DeserializeOwned>(pairs: &[u8], whole: &'static str, must: &'static str) -> Result<T, Problem> {
    let pairs = || serde_urlencoded::Deserializer::new(form_urlencoded::parse(pairs));
    // The slow path that names the field runs only for pairs that do not fit.
    T::deserialize(pairs()).or_else(|_| serde_path_to_error::deserialize(pairs())).map_err(|error| {
        let message = error.inner().to_string();
        // serde names a missing or repeated parameter in its message, a malformed one in the path.
        let quoted = message.split('`').nth(1).filter(|_| message.starts_with("missing") || message.starts_with("duplicate"));
        let field = quoted.map_or_else(|| error.path().to_string(), str::to_owned);
        let must = if message.starts_with("missing field") { "must be given" } else { must };
        Problem::field(if field == "." { whole.to_owned() } else { field }, must)
    })
}
