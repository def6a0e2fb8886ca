//! Somebody signs in at their organization's provider, or proves there again who they are: the browser goes there with a sealed cookie.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::{SessionId, TenantId};
use pinfold_http::visit::sign_on_cookie;
use pinfold_http::{Params, ProblemView, Visitor};
use serde::Deserialize;
use utoipa::IntoParams;

use super::fault::{Fault, Told};
use super::flow::Flow;
use super::view::redirect_uri;
use crate::account::may_sign_on;
use crate::{State, store};

/// What a sign-in is begun with.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StartParams {
    /// The short name of the organization.
    #[serde(default)]
    #[param(example = "example")]
    organization: String,
    /// `confirm` where a signed-in person is to prove again who they are.
    #[param(example = "confirm")]
    purpose: Option<String>,
    /// The page of the console to go to then.
    #[param(max_length = 512, example = "/console/members")]
    next: Option<String>,
}

/// Leads to the organization's own sign-in. For browsers: whatever comes of it, the answer leads on.
#[utoipa::path(
    get,
    path = "/v1/session/single-sign-on",
    operation_id = "single_sign_on.start",
    tag = "Single sign-on",
    params(StartParams),
    security(()),
    responses(
        (status = 303, description = "To the provider; or to the console's sign-in page, with a `problem`"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    request: HttpRequest,
    visitor: Visitor,
    state: Data<State>,
    query: Params<StartParams>,
) -> HttpResponse {
    begin(&state, &visitor, (&query, is_foreign(&request))).await.unwrap_or_else(Fault::answer)
}

/// Whether another site's page led here, as browsers say.
fn is_foreign(request: &HttpRequest) -> bool {
    request.headers().get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

async fn begin(state: &State, visitor: &Visitor, (asked, is_foreign): (&StartParams, bool)) -> Result<HttpResponse, Fault> {
    may_sign_on(state, &visitor.address).await?;
    let not_offered = || Fault::new(Told::NotOffered, "no such organization, or not that way");
    let slug = asked.organization.trim().to_ascii_lowercase();
    if !slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(not_offered());
    }
    if is_foreign {
        // Nobody is signed in by a link of somebody else's: the person says on our own page that they want to.
        let page = format!("/console/login?organization={slug}");
        return Ok(HttpResponse::SeeOther().insert_header((LOCATION, page)).finish());
    }
    let tenant = state.database.tenants().find(&slug).await.map_err(store::problem)?;
    let tenant = tenant.filter(|tenant| tenant.is_enabled).ok_or_else(not_offered)?.id;
    let snapshot = state.snapshot(tenant).await?;
    let setting = state.database.tenant(tenant).single_sign_on().get(&snapshot.keys).await.map_err(store::problem)?;
    let setting = setting.ok_or_else(not_offered)?;
    let confirms = match asked.purpose.as_deref() {
        Some("confirm") => Some(confirming(state, visitor, tenant).await?),
        _ => None,
    };
    let provider = state.providers.of(tenant, &setting, redirect_uri(state, tenant)).await.map_err(|fault| fault.of(tenant))?;
    let flow = Flow::new((&setting.issuer, &setting.client_id), confirms, asked.next.as_deref());
    let cookie = sign_on_cookie(flow.seal(&snapshot.keys));
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, provider.address(&flow))).cookie(cookie).finish())
}

/// The session of a person whom the tenant's provider manages. Its cookie comes with links of our own pages alone.
async fn confirming(state: &State, visitor: &Visitor, tenant: TenantId) -> Result<SessionId, Fault> {
    let nobody = || Fault::new(Told::Over, "nobody of this provider is signed in").of(tenant);
    let shown = visitor.shown(&[]).map_err(|_| nobody())?;
    let person = state.person(shown.person).await?;
    if person.managed_by == Some(tenant) { Ok(shown.session) } else { Err(nobody()) }
}
