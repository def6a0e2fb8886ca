//! A page that shows a token: whose, where, and whether it may. The origins of a token may read the answer, whatever it says; a
//! page of another origin is refused, and its browser keeps the refusal to itself. Requests are forms, which browsers send without
//! asking first, so nothing is ever promised to a page whose token was not read.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::ORIGIN;
use actix_web::{HttpMessage, HttpRequest};
use pinfold_core::sealed_token::{Kind, SealedToken};
use pinfold_http::edge::AllowedOrigin;
use pinfold_http::visit::Visit;
use pinfold_http::{Caller, Code, Problem, clock};
use pinfold_postgres::Snapshot;
use url::Url;

use super::token::{MintedBy, WidgetToken};
use crate::State;

/// A token that is good, in a page that may show it.
pub(super) struct Page {
    pub(super) token: WidgetToken,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) caller: Caller,
    /// Where the browser is.
    pub(super) address: Option<IpAddr>,
}

impl State {
    /// Reads the token that a page shows.
    ///
    /// # Errors
    /// 401 for one that is not good any more or never was, 403 for a page of another origin, 503.
    pub(super) async fn page(&self, request: &HttpRequest, text: &str) -> Result<Page, Problem> {
        let not_good = || Problem::new(Code::Unauthorized).detail("The token has ended, or is none. Ask for a new one.");
        let sealed = SealedToken::parse(Kind::Widget, text).ok_or_else(not_good)?;
        let mut snapshot = self.snapshot(sealed.tenant).await?;
        let token: WidgetToken = sealed.open(&snapshot.keys).ok_or_else(not_good)?;
        let visit = request.extensions().get::<Visit>().copied().unwrap_or_default();
        let mut origins = request.headers().get_all(ORIGIN);
        let origin = origins.next().filter(|_| origins.next().is_none());
        let named = origin.filter(|origin| token.origins.iter().any(|one| one.as_bytes() == origin.as_bytes()));
        match named {
            Some(origin) => drop(request.extensions_mut().insert(AllowedOrigin(origin.clone()))),
            None if visit.is_own_page => {}
            None => return Err(Problem::new(Code::Forbidden).detail("The token is not for pages of this origin.")),
        }
        let now_ms = clock::now_ms();
        if token.expires_ms <= now_ms {
            return Err(not_good());
        }
        // Whoever takes the API key away ends its tokens too.
        if let MintedBy::Key(id) = token.minted_by {
            let is_good = |snapshot: &Snapshot| snapshot.api_keys.values().any(|key| key.id == id && key.is_valid_at(now_ms));
            if !is_good(&snapshot) {
                // It may have been made a moment ago, by way of another process.
                snapshot = self.snapshots.newest(snapshot).await;
                if !is_good(&snapshot) {
                    return Err(not_good());
                }
            }
        }
        let caller = token.caller(snapshot.tenant);
        Ok(Page { token, snapshot, caller, address: visit.address })
    }
}

/// Whether a text is the origin of pages that a browser shows with a padlock, or of this machine's, exactly as browsers write it.
pub(super) fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    is_trustworthy(&url) && url.origin().ascii_serialization() == text
}

/// Whether a text is the address of such a page, without a fragment of its own.
pub(super) fn is_address(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    text.len() <= 2_048
        && is_trustworthy(&url)
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
}

fn is_trustworthy(url: &Url) -> bool {
    let is_this_machine = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    // A host of the standard may hold a star, which in a list of origins would look like a pattern.
    let is_pattern = url.host_str().is_none_or(|host| host.contains('*'));
    !is_pattern && (url.scheme() == "https" || (url.scheme() == "http" && is_this_machine))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for origin in ["https://shop.example", "https://shop.example:8443", "http://localhost:3000", "http://127.0.0.1:8080"] {
            assert!(is_origin(origin), "{origin}");
        }
        for text in [
            "",
            "*",
            "null",
            "https://*.example",
            "https://shop.example/",
            "https://shop.example:443",
            "https://Shop.example",
            "http://shop.example",
            "https://user@shop.example",
            "https://shop.example#x",
            "javascript:alert(1)",
            "file:///",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }

    #[test]
    fn people_are_sent_back_to_pages_only() {
        assert!(is_address("https://shop.example/login?step=2") && is_address("http://localhost:3000/x"));
        for text in ["/x", "http://shop.example/", "https://u:p@shop.example/", "https://shop.example/#x", "javascript:alert(1)"]
        {
            assert!(!is_address(text), "{text}");
        }
    }
}
