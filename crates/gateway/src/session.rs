//! The session of a person at the console. Its cookie is looked at only where no other credential is shown. What the system of
//! record says of a session is good for two seconds, in every process: so long may one that was revoked still work, or one whose
//! person is no member any more. A change needs the session's token and an origin of our own, so that no other page can make it.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, ORIGIN};
use actix_web::{HttpMessage, HttpRequest};
use moka::sync::Cache;
use pinfold_core::access::{Actor, Environment};
use pinfold_core::visit::{is_csrf_token, session_hash};
use pinfold_http::visit::{CSRF_HEADER, Lacks, SESSION_COOKIE, Shown, Visit};
use pinfold_http::{Caller, Code, Problem, Refused};
use pinfold_postgres::{ShownSession, Stage};
use url::Url;

use crate::State;
use crate::client_address::client_address;

/// How long an answer of the system of record is good.
const GOOD_FOR: Duration = Duration::from_secs(2);
const MOST_KNOWN: u64 = 10_000;

/// Sessions that were asked for a moment ago, those that are none included. Shared by the threads of a process.
#[derive(Clone)]
pub struct SessionCache(Cache<[u8; 32], Option<ShownSession>>);

impl Default for SessionCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST_KNOWN).time_to_live(GOOD_FOR).build())
    }
}

/// What a request of the console needs beside its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// Nothing: its own body says who it is, and the cookie is not looked at.
    None,
    /// The token, or the cookie is not looked at.
    Optional,
    /// The token.
    Token,
}

/// Operations by which people come in.
const ENTRANCES: [&str; 6] = [
    "/v1/sign-up",
    "/v1/sign-up/confirmations",
    "/v1/session/passkey",
    "/v1/password-resets",
    "/v1/password-resets/confirmations",
    "/v1/session",
];
/// Operations for those who are in and those who are not.
const EITHER: [&str; 2] = ["/v1/session/passkey-options", "/v1/invitations/acceptances"];

fn proof(method: &Method, path: &str) -> Proof {
    match *method {
        Method::POST if ENTRANCES.contains(&path) => Proof::None,
        Method::POST if EITHER.contains(&path) => Proof::Optional,
        _ => Proof::Token,
    }
}

impl State {
    /// What an operation of the console learns of a request.
    ///
    /// # Errors
    /// 403 for a change that another page makes; 503 when the system of record does not answer.
    pub(crate) async fn visit(&self, request: &HttpRequest) -> Result<Visit, Problem> {
        let address = request.peer_addr().map(|peer| client_address(&self.settings, peer.ip(), request.headers()));
        let is_change = matches!(*request.method(), Method::POST | Method::PUT | Method::DELETE);
        if !is_change && *request.method() != Method::GET {
            // No operation has such a method.
            return Ok(Visit { address, ..Visit::default() });
        }
        let proof = proof(request.method(), request.path());
        if is_change && request.headers().contains_key(ORIGIN) && !self.is_own_origin(request) {
            return Err(Problem::new(Code::Csrf));
        }
        let session = match proof {
            Proof::None => None,
            Proof::Optional | Proof::Token => self.session(request).await?,
        };
        let shown = match session {
            Some(session) if request.method().is_safe() || self.is_meant(request, session) => Some(session),
            Some(session) if proof == Proof::Token => return Err(forged(request, session)),
            _ => None,
        };
        let lacks = |stage| match stage {
            Stage::SecondFactor => Lacks::SecondFactor,
            Stage::Enrolment => Lacks::Enrolment,
            Stage::SignedIn => Lacks::Nothing,
        };
        let shown = shown.map(|session| Shown { person: session.person, session: session.id, lacks: lacks(session.stage) });
        Ok(Visit { address, shown, is_own_page: false })
    }

    /// The caller that a session makes: a person in the tenant they look at. Nobody when there is no session, it lacks something, or
    /// the person looks at no tenant.
    ///
    /// # Errors
    /// As [`Self::visit`].
    pub(crate) async fn person(&self, request: &HttpRequest) -> Result<Option<Caller>, Problem> {
        let Some(session) = self.session(request).await? else { return Ok(None) };
        if !request.method().is_safe() && !self.is_meant(request, session) {
            return Err(forged(request, session));
        }
        let Some((tenant, role)) = session.tenant.filter(|_| session.stage == Stage::SignedIn) else { return Ok(None) };
        Ok(Some(Caller {
            tenant,
            actor: Actor::Person { person: session.person, session: session.id },
            address: request.peer_addr().map(|peer| client_address(&self.settings, peer.ip(), request.headers())),
            scopes: role.scopes(),
            environment: Environment::Live,
            default_application: None,
        }))
    }

    /// What an operation for pages learns of a request: where it comes from, and whether one of our own pages makes it.
    pub(crate) fn page_visit(&self, request: &HttpRequest) -> Visit {
        let address = request.peer_addr().map(|peer| client_address(&self.settings, peer.ip(), request.headers()));
        Visit { address, shown: None, is_own_page: self.is_own_origin(request) }
    }

    async fn session(&self, request: &HttpRequest) -> Result<Option<ShownSession>, Problem> {
        if request.headers().contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        let Some(cookie) = request.cookie(SESSION_COOKIE) else { return Ok(None) };
        let Some(hash) = session_hash(&self.master, cookie.value()) else { return Ok(None) };
        if let Some(known) = self.sessions.0.get(&hash) {
            return Ok(known);
        }
        let found = self
            .database
            .people()
            .sessions()
            .shown(hash)
            .await
            .map_err(|error| if error.is_unavailable() { Problem::unavailable(error) } else { Problem::internal(error) })?;
        self.sessions.0.insert(hash, found);
        Ok(found)
    }

    /// Whether a change was made by a page of ours, for this session.
    fn is_meant(&self, request: &HttpRequest, session: ShownSession) -> bool {
        let mut tokens = request.headers().get_all(CSRF_HEADER);
        let token = tokens.next().filter(|_| tokens.next().is_none());
        self.is_own_origin(request) && token.is_some_and(|token| is_csrf_token(&self.master, session.id, token.as_bytes()))
    }

    /// Whether the browser says that the request comes from this installation's own pages.
    fn is_own_origin(&self, request: &HttpRequest) -> bool {
        let mut origins = request.headers().get_all(ORIGIN);
        match (origins.next().and_then(|origin| origin.to_str().ok()), origins.next()) {
            (Some(origin), None) => is_origin_of(&self.settings.public_url, origin),
            _ => false,
        }
    }
}

/// The refusal of a change that no page of ours makes, told of as its person's where they look at a tenant.
fn forged(request: &HttpRequest, session: ShownSession) -> Problem {
    if let Some((tenant, _)) = session.tenant {
        let actor = Actor::Person { person: session.person, session: session.id };
        request.extensions_mut().insert(Refused { tenant, actor });
    }
    Problem::new(Code::Csrf)
}

/// Whether `origin` is that of `url`. This machine has two names.
fn is_origin_of(url: &Url, origin: &str) -> bool {
    if url.origin().ascii_serialization() == origin {
        return true;
    }
    let is_this_machine = |host: Option<&str>| matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"));
    let Ok(other) = Url::parse(origin) else { return false };
    is_this_machine(url.host_str())
        && is_this_machine(other.host_str())
        && url.scheme() == other.scheme()
        && url.port_or_known_default() == other.port_or_known_default()
        && other.origin().ascii_serialization() == origin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_are_ours() {
        let is = |url: &str, origin: &str| is_origin_of(&Url::parse(url).expect("an address"), origin);
        assert!(is("https://pin.example.com/", "https://pin.example.com"));
        assert!(is("http://127.0.0.1:8080", "http://localhost:8080"));
        assert!(is("http://localhost:8080", "http://127.0.0.1:8080"));
        for origin in [
            "https://pin.example.com.evil.example",
            "http://pin.example.com",
            "https://pin.example.com:8443",
            "https://evil.example",
            "null",
            "",
            "https://pin.example.com/",
        ] {
            assert!(!is("https://pin.example.com/", origin), "{origin}");
        }
        assert!(!is("http://127.0.0.1:8080", "http://localhost:9090"));
        assert!(!is("https://pin.example.com", "http://localhost"));
    }

    #[test]
    fn entrances_need_no_token_and_everything_else_does() {
        assert_eq!(proof(&Method::POST, "/v1/session"), Proof::None);
        assert_eq!(proof(&Method::DELETE, "/v1/session"), Proof::Token);
        assert_eq!(proof(&Method::POST, "/v1/invitations/acceptances"), Proof::Optional);
        assert_eq!(proof(&Method::POST, "/v1/session/second-factor"), Proof::Token);
        assert_eq!(proof(&Method::POST, "/v1/me/totp"), Proof::Token);
    }
}
