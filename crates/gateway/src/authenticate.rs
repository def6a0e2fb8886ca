//! Who is calling. Every request that carries a credential is checked before anything else looks at it: a handler sees
//! the caller, or that there is none. Unknown, revoked, expired and disabled look the same from outside.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, COOKIE};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use pinfold_core::access::{Actor, ApiKey};
use pinfold_core::credential::Credential;
use pinfold_http::dialect::Dialect;
use pinfold_http::visit::{Visit, is_for_pages, is_for_visitors};
use pinfold_http::{Caller, ClientAddress, Code, Problem, Refused, clock};
use pinfold_postgres::Snapshot;

use crate::client_address::client_address;
use crate::credential_field;
use crate::presented::{Presented, parameter};
use crate::{State, application_token};

/// Finds the caller of a request; use with [`actix_web::middleware::from_fn`], inside the edge.
///
/// A person's session makes them a caller where no other credential is shown. A request without a credential has no caller, and it is for the operation to refuse it. One with a credential that
/// is not good is answered 401 here, one from an address that the API key does not allow 403.
///
/// # Errors
/// None of its own: a refusal is an answer.
pub async fn authenticate(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<BoxBody>> {
    if let (Some(state), Some(peer)) = (request.app_data::<web::Data<State>>(), request.peer_addr()) {
        let address = client_address(&state.settings, peer.ip(), request.headers());
        request.extensions_mut().insert(ClientAddress(address));
    }
    if is_for_visitors(request.path()) {
        match visit(&request).await {
            Ok(visit) => drop(request.extensions_mut().insert(visit)),
            Err(problem) => return Ok(request.error_response(problem)),
        }
    } else if is_for_pages(request.path()) {
        let visit = request.app_data::<web::Data<State>>().map(|state| state.page_visit(request.request()));
        request.extensions_mut().insert(visit.unwrap_or_default());
    } else if !is_public(request.path()) {
        match caller(&mut request).await {
            Ok(Some(caller)) => drop(request.extensions_mut().insert(caller)),
            Ok(None) => {}
            Err(problem) => return Ok(request.error_response(problem)),
        }
    }
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

/// Whether a path needs no API key. What stands there is for everybody or asks for a credential of its own.
pub(crate) fn is_public(path: &str) -> bool {
    let under = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    const PUBLIC: [&str; 7] = ["/auth/1", "/health", "/metrics", "/docs", "/receipts", "/simulator", "/.well-known"];
    const PAGES: [&str; 5] = ["/", "/openapi.json", "/widget.js", "/verify", "/confirm"];
    PAGES.contains(&path) || PUBLIC.into_iter().any(under)
}

async fn visit(request: &ServiceRequest) -> Result<Visit, Problem> {
    let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("the gateway has no state"))?;
    state.visit(request.request()).await
}

async fn caller(request: &mut ServiceRequest) -> Result<Option<Caller>, Problem> {
    let dialect = Dialect::of(request.path());
    let parameter = match parameter(dialect) {
        Some(name) if !request.headers().contains_key(AUTHORIZATION) => credential_field::take(request, name).await?,
        _ => None,
    };
    if parameter.is_none() && !request.headers().contains_key(AUTHORIZATION) {
        if !request.headers().contains_key(COOKIE) {
            return Ok(None);
        }
        let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("the gateway has no state"))?;
        return state.person(request.request()).await;
    }
    let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("the gateway has no state"))?;
    if let Some(token) = application_token::presented(dialect, request.headers()) {
        return state.application(token).await?.caller(state, request.request()).map(Some);
    }
    let presented = match parameter {
        Some(secret) => Presented::key(secret),
        None => request.headers().get(AUTHORIZATION).and_then(|header| Presented::read(dialect, header)),
    };
    state.caller(request.request(), presented).await.map(Some)
}

/// An API key that works, and whose it is.
pub(crate) struct Owner {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) key: Arc<ApiKey>,
}

impl State {
    /// The caller who shows a credential.
    ///
    /// # Errors
    /// 401 for a credential that is not good, 403 for an address that it may not be used from.
    pub(crate) async fn caller(&self, request: &HttpRequest, presented: Option<Presented<'_>>) -> Result<Caller, Problem> {
        self.owner(presented).await?.caller(self, request)
    }

    /// Whose credential it is.
    ///
    /// # Errors
    /// 401 for one that is not good.
    pub(crate) async fn owner(&self, presented: Option<Presented<'_>>) -> Result<Owner, Problem> {
        let unauthorized = || Problem::new(Code::Unauthorized);
        let presented = presented.ok_or_else(unauthorized)?;
        let hash = self.master.credential_hash(&presented.secret);
        match presented.kind {
            Credential::Key(_) => self.holder(&hash).await,
            Credential::Token => Owner::of(self.find_token(&hash).await?),
        }
    }

    /// Whose credential has this hash.
    ///
    /// # Errors
    /// 401 when it is nobody's, or one that is not good.
    pub(crate) async fn holder(&self, hash: &[u8; 32]) -> Result<Owner, Problem> {
        let found = match self.snapshots.peek_key(hash) {
            Some(found) => Some(found),
            None => self.snapshots.find_key(hash).await.map_err(Problem::unavailable)?,
        };
        Owner::of(found)
    }

    async fn find_token(&self, hash: &[u8; 32]) -> Result<Option<(Arc<Snapshot>, Arc<ApiKey>)>, Problem> {
        let Some((tenant, id)) = self.hot.token_owner(hash).await.map_err(redis_problem)? else { return Ok(None) };
        let Some(snapshot) = self.snapshots.tenant(tenant).await.map_err(Problem::unavailable)? else { return Ok(None) };
        let key = snapshot.api_keys.values().find(|key| key.id == id).map(Arc::clone);
        Ok(key.map(|key| (snapshot, key)))
    }
}

impl Owner {
    /// The caller, for a request of theirs.
    ///
    /// # Errors
    /// 403 for an address that the credential may not be used from.
    fn caller(&self, state: &State, request: &HttpRequest) -> Result<Caller, Problem> {
        let address = self.check_address(request)?;
        let key = &self.key;
        state.uses.note(self.snapshot.tenant, key.id, clock::now_ms());
        Ok(Caller {
            tenant: self.snapshot.tenant,
            actor: Actor::Key(key.id),
            address,
            scopes: key.scopes,
            environment: key.environment,
            default_application: key.default_application,
        })
    }

    fn of(found: Option<(Arc<Snapshot>, Arc<ApiKey>)>) -> Result<Self, Problem> {
        let good = found.filter(|(snapshot, key)| snapshot.is_enabled && key.is_valid_at(clock::now_ms()));
        good.map(|(snapshot, key)| Self { snapshot, key }).ok_or_else(|| Problem::new(Code::Unauthorized))
    }

    /// Where the request comes from. Refuses an address that the API key does not allow.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn check_address(&self, request: &HttpRequest) -> Result<Option<IpAddr>, Problem> {
        let client = request.extensions().get::<ClientAddress>().map(|address| address.0);
        if self.key.networks.is_empty() || client.is_some_and(|client| self.key.allows_address(client)) {
            return Ok(client);
        }
        request.extensions_mut().insert(Refused { tenant: self.snapshot.tenant, actor: Actor::Key(self.key.id) });
        tracing::info!(tenant.id = %self.snapshot.tenant, key.id = %self.key.id, "an API key was used from an address it does not allow");
        Err(Problem::new(Code::AddressNotAllowed))
    }
}

/// What the client sees when Redis cannot be asked.
pub(crate) fn redis_problem(error: pinfold_redis::Error) -> Problem {
    if error.is_unavailable() { Problem::unavailable(error) } else { Problem::internal(error) }
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn only_what_asks_for_no_api_key_is_public() {
        for path in [
            "/",
            "/docs",
            "/docs/assets/reference.js",
            "/openapi.json",
            "/health/live",
            "/metrics",
            "/auth/1/session",
            "/receipts/x",
            "/widget.js",
            "/verify",
            "/confirm",
        ] {
            assert!(is_public(path), "{path}");
        }
        for path in [
            "/2fa/2/pin",
            "/v1/otp",
            "/v1/keys",
            "/settings/2/api-keys",
            "/docsx",
            "/auth/2",
            "/healthy",
            "/openapi.jsonx",
            "/receipt",
            "/v1/verifications",
            "/verify/v1/shop",
            "/v1/widget/tokens",
        ] {
            assert!(!is_public(path), "{path}");
        }
    }
}
