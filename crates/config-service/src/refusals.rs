//! The error answers that operations share, for the API reference: one type per group, in each of the two dialects this
//! role speaks. What they say is written in one place, the status table below.

use std::collections::BTreeMap;

pub(crate) use pinfold_http::ApiException;
use pinfold_http::ProblemView;
use pinfold_http::dialect::VonageError;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

type Responses = BTreeMap<String, RefOr<Response>>;

/// What each status means here.
fn description(status: u16) -> &'static str {
    match status {
        401 => "No valid credential",
        403 => "The credential lacks the scope, or may not do this",
        404 => "Nothing of this id here",
        409 => "Something else uses it",
        413 => "The body is larger than 64 KiB",
        415 => "The body is not declared as JSON",
        429 => "Too many requests; come back after `Retry-After` seconds",
        503 => "The system of record does not answer; come back after `Retry-After` seconds",
        _ => "",
    }
}

fn responses(statuses: &[u16], kind: &str, schema: &str) -> Responses {
    let response = |status: &u16| {
        let content = Content::new(Some(Ref::from_schema_name(schema)));
        let mut response = ResponseBuilder::new().description(description(*status)).content(kind, content);
        if matches!(status, 429 | 503) {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
            response = response.header("Retry-After", HeaderBuilder::new().schema(Some(seconds)).build());
        }
        (status.to_string(), RefOr::T(response.build()))
    };
    statuses.iter().map(response).collect()
}

macro_rules! groups {
    ($kind:literal, $schema:ty; $($(#[$doc:meta])* $name:ident $statuses:expr),+ $(,)?) => {$(
        $(#[$doc])*
        pub(crate) enum $name {}

        impl IntoResponses for $name {
            fn responses() -> Responses {
                responses(&$statuses, $kind, &<$schema as ToSchema>::name())
            }
        }
    )+};
}

groups! { "application/json", ApiException;
    /// What any of Infobip's operations may answer.
    Infobip [401, 403, 429, 503],
    /// The same with a body to read.
    InfobipBody [401, 403, 413, 415, 429, 503],
    /// The same for an operation on one thing.
    InfobipOne [401, 403, 404, 429, 503],
    /// The same with a body to read.
    InfobipOneBody [401, 403, 404, 413, 415, 429, 503],
}

groups! { "application/problem+json", ProblemView;
    /// What any of our own operations may answer.
    Native [401, 403, 429, 503],
    /// The same with a body to read.
    NativeBody [401, 403, 413, 415, 429, 503],
    /// The same for an operation on one thing.
    NativeOne [401, 403, 404, 429, 503],
    /// The same where something else may use it.
    NativeUsed [401, 403, 404, 409, 429, 503],
    /// The same with a body to read.
    NativeOneBody [401, 403, 404, 413, 415, 429, 503],
    /// The same where something else may use it.
    NativeUsedBody [401, 403, 404, 409, 413, 415, 429, 503],
}

groups! { "application/problem+json", ProblemView;
    /// What any operation about people may answer.
    Console [401, 403, 429, 503],
    /// The same with a body to read.
    ConsoleBody [401, 403, 409, 413, 415, 429, 503],
    /// The same for an operation on one thing.
    ConsoleOne [401, 403, 404, 409, 429, 503],
    /// The same with a body to read.
    ConsoleOneBody [401, 403, 404, 409, 413, 415, 429, 503],
}

groups! { "application/problem+json", VonageError;
    /// What any of Vonage's operations may answer.
    Vonage [401, 403, 429, 503],
    /// The same with a body to read.
    VonageBody [401, 403, 413, 415, 429, 503],
    /// The same for an operation on one thing.
    VonageOne [401, 403, 404, 429, 503],
    /// The same with a body to read.
    VonageOneBody [401, 403, 404, 413, 415, 429, 503],
}
