//! Files of the executable as answers: revalidated, never fetched twice.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::{Code, Problem};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Assets;

/// A file in the executable.
pub(crate) struct Asset {
    bytes: Vec<u8>,
    kind: String,
    tag: String,
}

impl Asset {
    /// The file at `path` below `assets`.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn find(path: &str) -> Result<Self, Problem> {
        let file = Assets::get(path).ok_or_else(|| Problem::new(Code::NotFound))?;
        let tag = tag_of(&file);
        Ok(Self { kind: in_utf8(file.metadata.mimetype()), bytes: file.data.into_owned(), tag })
    }

    /// Answers with the file, or that the client has it already.
    pub(crate) fn answer(self, request: &HttpRequest, policy: Option<&'static str>) -> HttpResponse {
        let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
        let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == self.tag));
        let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        answer.insert_header((ETAG, self.tag)).insert_header((CACHE_CONTROL, "no-cache"));
        if let Some(policy) = policy {
            answer.insert_header((CONTENT_SECURITY_POLICY, policy));
        }
        if is_known { answer.finish() } else { answer.content_type(self.kind).body(self.bytes) }
    }
}

/// Answers with a page.
///
/// # Errors
/// 404.
pub(crate) fn page(request: &HttpRequest, path: &str, policy: &'static str) -> Result<HttpResponse, Problem> {
    Ok(Asset::find(path)?.answer(request, Some(policy)))
}

/// Our files are UTF-8, and text says so.
pub(crate) fn in_utf8(kind: &str) -> String {
    let is_text = kind.starts_with("text/") || kind == "application/javascript";
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

/// A tag that stands for a file's content.
pub(crate) fn tag_of(file: &EmbeddedFile) -> String {
    format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]))
}
