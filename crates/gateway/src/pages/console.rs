//! The console: files that `web-admin` was built into. Debug builds read them from the folder, release builds hold them.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use pinfold_http::{Code, Problem};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::pages::asset::{in_utf8, tag_of};

/// The console's components set sizes and colours in `style` attributes; scripts come from files of ours alone.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// What stands there while the console is not built.
const MISSING: &str = include_str!("../../assets/pages/console-missing.html");
/// Files whose names change with their content.
const HASHED: &str = "assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// `web-admin/dist` is always there; `console` in it is made by `npm run build`.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web-admin/dist"]
struct Built;

/// Answers `/console` with the page.
pub(crate) async fn page() -> HttpResponse {
    index()
}

/// Answers with a file, or with the page at the addresses that the page itself makes.
///
/// # Errors
/// 404 for a hashed file that this build does not have: a page instead of a script would only confuse.
pub(crate) async fn file(request: HttpRequest, path: web::Path<String>) -> Result<HttpResponse, Problem> {
    let path = path.into_inner();
    match find(&path) {
        Some(file) if path != "index.html" => Ok(answer(&request, &path, file)),
        None if path.starts_with(HASHED) => Err(Problem::new(Code::NotFound)),
        _ => Ok(index()),
    }
}

fn index() -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8");
    match find("index.html") {
        Some(file) => answer.body(file.data.into_owned()),
        None => answer.body(MISSING),
    }
}

fn answer(request: &HttpRequest, path: &str, file: EmbeddedFile) -> HttpResponse {
    let tag = tag_of(&file);
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let keep = if path.starts_with(HASHED) { FOR_EVER } else { "no-cache" };
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, keep)).insert_header((VARY, ACCEPT_ENCODING.as_str()));
    if is_known { answer.finish() } else { body(request, path, file, answer) }
}

/// The build lays a packed copy beside what is worth packing.
fn body(request: &HttpRequest, path: &str, file: EmbeddedFile, mut answer: HttpResponseBuilder) -> HttpResponse {
    answer.content_type(in_utf8(file.metadata.mimetype()));
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|accepted| accepted.to_str().ok());
    let is_gzip_welcome = accepted.is_some_and(|accepted| accepted.split(',').any(|one| one.trim().starts_with("gzip")));
    match is_gzip_welcome.then(|| find(&format!("{path}.gz"))).flatten() {
        Some(packed) => answer.insert_header((CONTENT_ENCODING, "gzip")).body(packed.data.into_owned()),
        None => answer.body(file.data.into_owned()),
    }
}

fn find(path: &str) -> Option<EmbeddedFile> {
    Built::get(&format!("console/{path}"))
}
