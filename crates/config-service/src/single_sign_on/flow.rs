//! A sign-in under way. All that has to be known when the person comes back is in a cookie of their browser, under the tenant's seal.

use actix_web::HttpRequest;
use pinfold_core::id::{SessionId, TenantId};
use pinfold_core::keys::TenantKeys;
use pinfold_core::sealed_token::{Kind, SealedToken, seal};
use pinfold_http::clock::now_ms;
use pinfold_http::visit::{SIGN_ON_COOKIE, SIGN_ON_S};
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Told};

/// Where people go who said nothing else.
const HOME: &str = "/console";
const LONGEST_PATH: usize = 512;

/// A sign-in under way.
#[derive(Serialize, Deserialize)]
pub(super) struct Flow {
    /// The provider and the client that it began with.
    pub(super) issuer: String,
    pub(super) client_id: String,
    /// What the provider brings back.
    pub(super) state: String,
    /// What the ID token has to carry.
    pub(super) nonce: String,
    /// What the code is exchanged with (PKCE).
    pub(super) verifier: String,
    /// When it began, in milliseconds since 1970.
    pub(super) started_ms: u64,
    /// The session whose person is to prove again who they are.
    pub(super) confirms: Option<SessionId>,
    /// The page of the console to go to.
    next: String,
}

impl Flow {
    pub(super) fn new((issuer, client_id): (&str, &str), confirms: Option<SessionId>, next: Option<&str>) -> Self {
        let [state, nonce, verifier] = std::array::from_fn(|_| hex::encode(pinfold_core::entropy::bytes::<32>()));
        let (issuer, client_id) = (issuer.to_owned(), client_id.to_owned());
        let next = next.filter(|path| is_page(path)).unwrap_or(HOME).to_owned();
        Self { issuer, client_id, state, nonce, verifier, started_ms: now_ms(), confirms, next }
    }

    /// The cookie's value.
    pub(super) fn seal(&self, keys: &TenantKeys) -> String {
        seal(Kind::SignOn, keys, self)
    }

    /// The page to go to.
    pub(super) fn next(&self) -> &str {
        if is_page(&self.next) { &self.next } else { HOME }
    }
}

/// A flow as it came in a cookie, for a tenant whose provider leads back with it.
pub(super) struct Carried(SealedToken);

impl Carried {
    /// The flow in a request's cookie.
    ///
    /// # Errors
    /// A fault when there is none, or one of another tenant.
    pub(super) fn read(request: &HttpRequest, tenant: TenantId) -> Result<Self, Fault> {
        let cookie = request.cookie(SIGN_ON_COOKIE).ok_or_else(|| Fault::new(Told::Over, "no cookie"))?;
        let token = SealedToken::parse(Kind::SignOn, cookie.value()).filter(|token| token.tenant == tenant);
        token.map(Self).ok_or_else(|| Fault::new(Told::Over, "a cookie of another tenant, or none of ours"))
    }

    /// What it says, when its state is the one that was brought back and it is not too old.
    ///
    /// # Errors
    /// A fault otherwise.
    pub(super) fn open(self, keys: &TenantKeys, state: Option<&str>) -> Result<Flow, Fault> {
        let over = |reason: &'static str| Fault::new(Told::Over, reason);
        let flow: Flow = self.0.open(keys).ok_or_else(|| over("a cookie that does not open"))?;
        if state != Some(flow.state.as_str()) {
            return Err(over("another state"));
        }
        let age = now_ms().saturating_sub(flow.started_ms);
        if age >= u64::from(SIGN_ON_S) * 1_000 { Err(over("begun too long ago")) } else { Ok(flow) }
    }
}

/// Whether a text is the address of a page of the console, and can lead nowhere else.
fn is_page(text: &str) -> bool {
    let is_console = text == HOME || text.starts_with("/console/") || text.starts_with("/console?");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = text.split('?').next().unwrap_or_default();
    is_console && is_plain && text.len() <= LONGEST_PATH && !path.split('/').any(|part| part.contains("..") || part.contains('%'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_console_come_next() {
        for page in ["/console", "/console/members", "/console?x=1", "/console/settings?tab=single-sign-on&x=%20"] {
            assert!(is_page(page), "{page}");
        }
        for page in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/console/",
            "/consoles",
            "/console\\evil",
            "/console/../v1/session",
            "/console/%2e%2e/v1",
            "/console/a b",
            "/console/\r\nset-cookie: x",
            "/console/ä",
            &format!("/console/{}", "a".repeat(LONGEST_PATH)),
        ] {
            assert!(!is_page(page), "{page}");
        }
    }
}
