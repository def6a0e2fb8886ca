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
        let query = request.query_string();
        let parsed = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(form(query)));
        ready(parsed.map(Self).map_err(|error| {
            let message = error.inner().to_string();
            // serde names a missing or repeated parameter in its message, a malformed one in the path.
            let quoted = message.split('`').nth(1).filter(|_| message.starts_with("missing") || message.starts_with("duplicate"));
            let field = quoted.map_or_else(|| error.path().to_string(), str::to_owned);
            let must = if message.starts_with("missing field") {
                "must be given"
            } else {
                "must be a valid query parameter, given once"
            };
            Problem::field(if field == "." { "query".to_owned() } else { field }, must)
        }))
    }
}

fn form(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}
