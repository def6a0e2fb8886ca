//! A sign-in that came to nothing: the page says so in words, the log says why, and neither says a secret.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use pinfold_core::id::TenantId;
use pinfold_http::visit::no_sign_on_cookie;
use pinfold_http::{Code, Problem};

/// What the console's sign-in page is told, as `problem` in its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Nobody signs in so there: no such tenant, none with a provider, or one that is closed.
    NotOffered,
    /// The provider does not answer.
    ProviderAway,
    /// It took too long, or was begun in another browser.
    Over,
    /// The provider let nobody in.
    Denied,
    /// The provider's answer proves nothing.
    Unproven,
    /// The provider vouches for no address that may come in.
    Address,
    /// Somebody new, where nobody new comes in.
    NotAMember,
    /// Somebody else than who was to prove who they are.
    SomebodyElse,
    /// Too many steps from one address.
    TooMany,
    /// Ours.
    Unavailable,
}

impl Told {
    const fn name(self) -> &'static str {
        match self {
            Self::NotOffered => "sign_on_not_offered",
            Self::ProviderAway => "sign_on_provider_away",
            Self::Over => "sign_on_over",
            Self::Denied => "sign_on_denied",
            Self::Unproven => "sign_on_unproven",
            Self::Address => "sign_on_address",
            Self::NotAMember => "sign_on_not_a_member",
            Self::SomebodyElse => "sign_on_somebody_else",
            Self::TooMany => "too_many_attempts",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Why a sign-in came to nothing.
#[derive(Debug)]
pub(super) struct Fault {
    told: Told,
    /// For the log: words of ours, never what somebody else wrote.
    reason: Cow<'static, str>,
    tenant: Option<TenantId>,
}

impl Fault {
    pub(super) fn new(told: Told, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { told, reason: reason.into(), tenant: None }
    }

    /// The same of a tenant's.
    pub(super) fn of(self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self }
    }

    /// What has to hold of a provider that is to be set.
    pub(super) fn must(&self) -> String {
        format!("must be a provider that can be asked, under the name that it gives itself: {}", self.reason)
    }

    /// The way back to the sign-in page.
    pub(super) fn answer(self) -> HttpResponse {
        let Self { told, reason, tenant } = self;
        let tenant = tenant.map(|tenant| tenant.to_string());
        tracing::info!(tenant.id = tenant, problem = told.name(), %reason, "a single sign-on came to nothing");
        let page = format!("/console/login?problem={}", told.name());
        HttpResponse::SeeOther().insert_header((LOCATION, page)).cookie(no_sign_on_cookie()).finish()
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        if problem.code == Code::TooManyAttempts {
            return Self::new(Told::TooMany, "too many steps from one address");
        }
        let cause = problem.source.as_deref().map(ToString::to_string).unwrap_or_default();
        tracing::error!(code = problem.code.name(), cause, "a single sign-on cannot be served");
        Self::new(Told::Unavailable, problem.code.name())
    }
}
