//! Verifying in a browser: the script that tenants' pages load, a page of our own that shows the same, and the page behind the link in
//! a mail. What they are about stands in the fragment of their address, which no server sees; none of them is ever in a frame.

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Problem;

use crate::pages::{Asset, page};

const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers with the script. Pages of any origin may load it, and check its digest.
pub(crate) async fn script(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut answer = Asset::find("pages/widget.js")?.answer(&request, None);
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(answer)
}

/// Answers with the page that asks for number and code.
pub(crate) async fn verify(request: HttpRequest) -> Result<HttpResponse, Problem> {
    page(&request, "pages/verify.html", POLICY)
}

/// Answers with the page behind the link in a mail. Looking at it changes nothing.
pub(crate) async fn confirm(request: HttpRequest) -> Result<HttpResponse, Problem> {
    page(&request, "pages/confirm.html", POLICY)
}
