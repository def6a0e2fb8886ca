//! The API reference: the OpenAPI document, and a page that shows it and can try it.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::{HttpRequest, HttpResponse, web};
use pinfold_http::{Code, Problem};
use utoipa_swagger_ui::Config;

use crate::State;
use crate::pages::asset::in_utf8;
use crate::pages::{Asset, page};

/// The viewer draws its icons from `data:` addresses.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
/// Files of the viewer, which come with its crate.
const VIEWER: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// Answers with the OpenAPI document.
pub(crate) async fn document(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(state.openapi.clone())
}

/// Answers with the page.
pub(crate) async fn page_handler(request: HttpRequest) -> Result<HttpResponse, Problem> {
    page(&request, "pages/reference.html", POLICY)
}

/// Answers with a file of the page, ours or the viewer's.
pub(crate) async fn asset(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    if !VIEWER.contains(&name.as_str()) {
        return Ok(Asset::find(&format!("pages/{name}"))?.answer(&request, None));
    }
    let file = utoipa_swagger_ui::serve(&name, Arc::new(Config::from("/openapi.json")));
    let file = file.map_err(|error| Problem::internal(error.to_string()))?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let mut answer = HttpResponse::Ok();
    answer.content_type(in_utf8(&file.content_type)).insert_header((CACHE_CONTROL, "public, max-age=86400"));
    if file.gzpipped {
        answer.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(answer.body(file.bytes.into_owned()))
}
