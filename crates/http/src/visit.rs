//! A person at the console. The gateway reads the session's cookie; an operation sees whose session it is and what it still lacks,
//! and cannot tell whether it was told by the same process or over the network.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use pinfold_core::id::{PersonId, SessionId};
use serde::{Deserialize, Serialize};

use crate::{Code, Problem};

/// The cookie of the console's sessions.
pub const SESSION_COOKIE: &str = "__Host-pinfold-session";
/// The cookie of a sign-in at a tenant's own provider that is under way.
pub const SIGN_ON_COOKIE: &str = "__Host-pinfold-sign-on";
/// How long that may take, in seconds.
pub const SIGN_ON_S: u32 = 600;
/// The header with which a person's changes are shown to be meant.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// How long a session lasts at all, in seconds; the cookie as long.
const LIFE_S: i64 = 24 * 3_600;
/// What is kept of what a program says it is.
const LONGEST_AGENT: usize = 255;

/// What a session still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lacks {
    /// The second factor.
    SecondFactor,
    /// A second factor to be enrolled.
    Enrolment,
    /// Nothing: the person is signed in.
    Nothing,
}

/// Whose session was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The person.
    pub person: PersonId,
    /// The session.
    pub session: SessionId,
    /// What it lacks.
    pub lacks: Lacks,
}

/// A request to an operation about people, as the gateway saw it: an extension of the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where it comes from, as far as proxies are trusted.
    pub address: Option<IpAddr>,
    /// The session it shows.
    pub shown: Option<Shown>,
    /// Whether the browser says that a page of this installation makes it.
    #[serde(default)]
    pub is_own_page: bool,
}

/// Somebody who may be nobody yet: who signs up, signs in, or is half-way.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Where the request comes from.
    pub address: String,
    /// By which program.
    pub user_agent: String,
    /// The session it shows.
    pub shown: Option<Shown>,
}

impl Visitor {
    /// The session, when it lacks nothing, or no more than `but`.
    ///
    /// # Errors
    /// 401.
    pub fn shown(&self, but: &[Lacks]) -> Result<Shown, Problem> {
        let shown = self.shown.filter(|shown| shown.lacks == Lacks::Nothing || but.contains(&shown.lacks));
        shown.ok_or_else(|| Problem::new(Code::Unauthorized))
    }
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let visit = request.extensions().get::<Visit>().copied().unwrap_or_default();
        let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        ready(Ok(Self {
            address: visit.address.map(|address| address.to_string()).unwrap_or_default(),
            user_agent: agent.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect(),
            shown: visit.shown,
        }))
    }
}

/// Somebody who shows a session, whatever it lacks: for operations by which it becomes a whole one.
#[derive(Debug, Clone)]
pub struct HalfWay(pub Visitor);

impl FromRequest for HalfWay {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::from_request(request, payload).into_inner();
        ready(visitor.and_then(|visitor| visitor.shown(&[Lacks::SecondFactor, Lacks::Enrolment]).map(|_| Self(visitor))))
    }
}

/// A person who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub person: PersonId,
    /// By which sign-in.
    pub session: SessionId,
    /// The request.
    pub visitor: Visitor,
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::from_request(request, payload).into_inner();
        ready(visitor.and_then(|visitor| {
            let Shown { person, session, .. } = visitor.shown(&[])?;
            Ok(Self { person, session, visitor })
        }))
    }
}

/// The cookie that carries a session's secret.
#[must_use]
pub fn session_cookie(secret: String) -> Cookie<'static> {
    cookie(SESSION_COOKIE, secret, SameSite::Strict, LIFE_S)
}

/// The cookie that ends a session in a browser.
#[must_use]
pub fn no_session_cookie() -> Cookie<'static> {
    cookie(SESSION_COOKIE, String::new(), SameSite::Strict, 0)
}

/// The cookie that carries a sign-in under way. The provider's page leads back here, so it comes along from another site.
#[must_use]
pub fn sign_on_cookie(sealed: String) -> Cookie<'static> {
    cookie(SIGN_ON_COOKIE, sealed, SameSite::Lax, SIGN_ON_S.into())
}

/// The cookie that ends it.
#[must_use]
pub fn no_sign_on_cookie() -> Cookie<'static> {
    cookie(SIGN_ON_COOKIE, String::new(), SameSite::Lax, 0)
}

fn cookie(name: &'static str, value: String, same_site: SameSite, seconds: i64) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(same_site)
        .max_age(time::Duration::seconds(seconds))
        .finish()
}

/// The operations that are for people at the console, whether they are signed in or not: they judge the session themselves, and no
/// API key opens them.
#[must_use]
pub fn is_for_visitors(path: &str) -> bool {
    const ROOTS: [&str; 6] =
        ["/v1/sign-up", "/v1/session", "/v1/password-resets", "/v1/me", "/v1/operator", "/v1/invitations/acceptances"];
    let under = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ROOTS.into_iter().any(under) || path == "/v1/tenants"
}

/// The operations that pages ask on behalf of whoever looks at them: a sealed token in the body says what is allowed, and neither an
/// API key nor a session is looked at.
#[must_use]
pub fn is_for_pages(path: &str) -> bool {
    const ROOT: &str = "/v1/widget/verification";
    path == "/v1/confirmations" || path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sessions_cookie_stays_with_its_host_and_out_of_scripts() {
        let text = session_cookie("x".to_owned()).to_string();
        for part in ["__Host-pinfold-session=x", "HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age=86400"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Domain"), "{text}");
        assert!(no_session_cookie().to_string().contains("Max-Age=0"));
        let text = sign_on_cookie("x".to_owned()).to_string();
        for part in ["__Host-pinfold-sign-on=x", "HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=600"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn the_consoles_operations_are_told_apart() {
        for path in ["/v1/session", "/v1/session/tenant", "/v1/me/totp", "/v1/tenants", "/v1/invitations/acceptances"] {
            assert!(is_for_visitors(path), "{path}");
        }
        for path in ["/v1/widget/verification", "/v1/widget/verification/send", "/v1/confirmations"] {
            assert!(is_for_pages(path) && !is_for_visitors(path), "{path}");
        }
        for path in ["/v1/widget/tokens", "/v1/widget/verifications", "/v1/confirmations/x", "/v1/verifications"] {
            assert!(!is_for_pages(path), "{path}");
        }
        for path in ["/v1/sessions", "/v1/members", "/v1/invitations", "/v1/tenant", "/v1/mex", "/v1/tenants/x", "/2fa/2/pin"] {
            assert!(!is_for_visitors(path), "{path}");
        }
    }
}
