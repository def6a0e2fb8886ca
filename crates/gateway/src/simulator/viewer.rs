//! Who looks at the phone, and what they may see.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use pinfold_core::access::Environment;
use pinfold_core::id::TenantId;
use pinfold_http::dialect::Dialect;
use pinfold_http::{Code, Problem};
use std::sync::Arc;

use crate::State;
use crate::presented::Presented;
use crate::simulator::script::recipient_key;
use crate::simulator::{Simulator, SimulatorAccess};

/// Whose messages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Viewer {
    /// Everybody's.
    Everybody,
    /// One tenant's.
    Tenant(TenantId),
}

impl Viewer {
    /// Who makes a request.
    ///
    /// # Errors
    /// 401 and 403 where an API key of the sandbox or a person's session is needed.
    pub(super) async fn of(state: &State, simulator: &Simulator, request: &HttpRequest) -> Result<Self, Problem> {
        if simulator.access == SimulatorAccess::Open {
            return Ok(Self::Everybody);
        }
        let caller = match request.headers().get(AUTHORIZATION) {
            Some(header) => state.caller(request, Presented::read(Dialect::Native, header)).await?,
            None => state.person(request).await?.ok_or_else(|| Problem::new(Code::Unauthorized))?,
        };
        if caller.messages() != Environment::Sandbox {
            return Err(Problem::new(Code::Forbidden).detail("The simulator needs a sandbox API key."));
        }
        Ok(Self::Tenant(caller.tenant))
    }

    /// Whether something of `owner` is shown.
    pub(super) fn sees(self, owner: Option<TenantId>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Tenant(tenant) => owner == Some(tenant),
        }
    }
}

/// The recipient that a request asks for.
#[derive(serde::Deserialize)]
pub(super) struct Filter {
    to: Option<String>,
}

impl Filter {
    /// The recipient in the one form of all spellings; none means all.
    pub(super) fn recipient(&self) -> Option<String> {
        self.to.as_deref().filter(|to| !to.is_empty()).map(recipient_key)
    }
}

impl State {
    /// The phone, where there is one.
    ///
    /// # Errors
    /// 404.
    pub(super) fn phone(&self) -> Result<&Arc<Simulator>, Problem> {
        self.simulator.as_ref().ok_or_else(|| Problem::new(Code::NotFound))
    }
}
