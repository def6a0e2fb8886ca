//! Somebody comes back from their organization's provider. Whom it vouches for is signed in to that tenant, or has proved again who they
//! are. The session's cookie is not sent along on the way here from another site, and is set anew in both cases.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::{SessionId, TenantId};
use pinfold_http::visit::{no_sign_on_cookie, session_cookie};
use pinfold_http::{Params, ProblemView, Visitor};
use pinfold_postgres::{Asserted, SingleSignOn, Stage};
use serde::Deserialize;
use utoipa::IntoParams;
use zeroize::Zeroizing;

use super::fault::{Fault, Told};
use super::flow::{Carried, Flow};
use super::view::redirect_uri;
use crate::account::may_sign_on;
use crate::{State, store};

/// How far the provider's clock may be behind, in seconds.
const LEEWAY_S: u64 = 60;

/// What a provider brings back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallbackParams {
    /// What is exchanged for tokens.
    code: Option<String>,
    /// What the sign-in was begun with.
    state: Option<String>,
    /// Why nobody comes in.
    error: Option<String>,
    /// The provider (RFC 9207).
    iss: Option<String>,
}

/// Takes somebody back from the organization's own sign-in. For browsers: whatever comes of it, the answer leads on.
#[utoipa::path(
    get,
    path = "/v1/session/single-sign-on/callback/{tenantId}",
    operation_id = "single_sign_on.callback",
    tag = "Single sign-on",
    params(
        ("tenantId" = String, Path, description = "The tenant", example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A"),
        CallbackParams,
    ),
    security(()),
    responses(
        (status = 303, description = "To the console, with the session's cookie; or to its sign-in page, with a `problem`"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    request: HttpRequest,
    visitor: Visitor,
    state: Data<State>,
    path: Path<String>,
    query: Params<CallbackParams>,
) -> HttpResponse {
    let tenant: Result<TenantId, Fault> = path.parse().map_err(|_| Fault::new(Told::NotOffered, "no such organization"));
    let answer = match tenant {
        Ok(tenant) => finish(&state, &visitor, (tenant, &request), query.0).await.map_err(|fault| fault.of(tenant)),
        Err(fault) => Err(fault),
    };
    answer.unwrap_or_else(Fault::answer)
}

async fn finish(
    state: &State,
    visitor: &Visitor,
    (tenant, request): (TenantId, &HttpRequest),
    brought: CallbackParams,
) -> Result<HttpResponse, Fault> {
    may_sign_on(state, &visitor.address).await?;
    // Nothing is looked up for whoever did not begin here.
    let carried = Carried::read(request, tenant)?;
    let not_offered = || Fault::new(Told::NotOffered, "no such organization, or not that way");
    let open = state.database.tenant(tenant).profile().await.map_err(store::problem)?;
    open.filter(|tenant| tenant.is_enabled).ok_or_else(not_offered)?;
    let snapshot = state.snapshot(tenant).await?;
    let flow = carried.open(&snapshot.keys, brought.state.as_deref())?;
    let setting = state.database.tenant(tenant).single_sign_on().get(&snapshot.keys).await.map_err(store::problem)?;
    let setting = setting.ok_or_else(not_offered)?;
    if (&setting.issuer, &setting.client_id) != (&flow.issuer, &flow.client_id) {
        return Err(Fault::new(Told::Over, "the setting changed meanwhile"));
    }
    if brought.iss.is_some_and(|issuer| issuer != setting.issuer) {
        return Err(Fault::new(Told::Unproven, "another issuer brought it back"));
    }
    if brought.error.is_some() {
        return Err(Fault::new(Told::Denied, "the provider let nobody in"));
    }
    let code = brought.code.ok_or_else(|| Fault::new(Told::Denied, "no code"))?;
    let claims = state.providers.vouched(tenant, &setting, redirect_uri(state, tenant), (code, &flow)).await?;
    let auth_time = claims.auth_time;
    let asserted = claims.admissible(&setting.issuer, &setting.allowed_domains)?;
    let secret = match flow.confirms {
        Some(session) => confirm(state, (tenant, session), asserted, (&flow, auth_time)).await?,
        None => sign_in(state, visitor, (tenant, &setting), asserted).await?,
    };
    let answer = HttpResponse::SeeOther()
        .insert_header((LOCATION, flow.next()))
        .cookie(session_cookie(secret.to_string()))
        .cookie(no_sign_on_cookie())
        .finish();
    Ok(answer)
}

/// A new session of whom the provider vouches for, who may be new. It is no confirmation: the provider may have asked for nothing.
async fn sign_in(
    state: &State,
    visitor: &Visitor,
    (tenant, setting): (TenantId, &SingleSignOn),
    asserted: Asserted,
) -> Result<Zeroizing<String>, Fault> {
    let members = state.database.tenant(tenant).members();
    let person = members.admit(asserted, setting.new_members_role).await.map_err(store::problem)?;
    let person = person.ok_or_else(|| Fault::new(Told::NotAMember, "nobody new comes in"))?;
    let (secret, _) = state.new_session(&person, (Stage::SignedIn, false), visitor, (None, Some(tenant))).await?;
    Ok(secret)
}

/// The session that asked for it is confirmed, when its person is who the provider vouches for, and was asked just now.
async fn confirm(
    state: &State,
    (tenant, session): (TenantId, SessionId),
    asserted: Asserted,
    (flow, auth_time): (&Flow, Option<i64>),
) -> Result<Zeroizing<String>, Fault> {
    let earliest = (flow.started_ms / 1_000).saturating_sub(LEEWAY_S);
    if auth_time.is_some_and(|time| u64::try_from(time).unwrap_or_default() < earliest) {
        return Err(Fault::new(Told::Unproven, "the provider asked nobody anew"));
    }
    let known = state.database.people().sessions().get(session).await.map_err(store::problem)?;
    let known = known.ok_or_else(|| Fault::new(Told::Over, "the session ended"))?;
    let person = state.database.tenant(tenant).members().admit(asserted, None).await.map_err(store::problem)?;
    if person.map(|person| person.id) != Some(known.person) {
        return Err(Fault::new(Told::SomebodyElse, "somebody else signed in"));
    }
    let (secret, _) = state.new_secret(session, true, None).await?;
    Ok(secret)
}
