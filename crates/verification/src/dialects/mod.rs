//! Wire formats: each maps a vendor's request to the use cases of this crate and the outcome back.

pub(crate) mod infobip;
pub(crate) mod otp_v1;
pub(crate) mod vonage;

use std::str::FromStr;

use actix_web::{HttpMessage, HttpRequest};
use pinfold_http::edge::TraceParent;
use pinfold_http::{Code, Problem};

/// An id from a path or body; what is no id is not there, like what belongs to somebody else.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::new(Code::NotFound))
}

/// The trace that the request belongs to, for the job.
fn trace(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<TraceParent>().map(|trace| trace.0.clone())
}
