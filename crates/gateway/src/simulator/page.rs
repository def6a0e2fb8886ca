//! The phone's page and its files.

use actix_web::{HttpRequest, HttpResponse, web};
use pinfold_http::Problem;

use crate::State;
use crate::pages::{Asset, page};

const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// Answers with the page.
pub(super) async fn handler(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    state.phone()?;
    page(&request, "simulator/index.html", POLICY)
}

/// Answers with a file of the page.
pub(super) async fn asset(
    request: HttpRequest,
    state: web::Data<State>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    state.phone()?;
    Ok(Asset::find(&format!("simulator/{name}"))?.answer(&request, None))
}
