//! Changes an endpoint. What the request leaves out stays.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Form;
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigWrite, Problem};
use pinfold_postgres::WebhookEndpointChange;

use super::super::{Place, service};
use super::view::{WebhookRequest, WebhookView};
use crate::{State, store};

/// Changes an endpoint. What the request leaves out stays.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Webhooks/{WebhookSid}",
    operation_id = "twilio_webhooks.update",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("WebhookSid" = String, Path, description = "The endpoint", example = "YW0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = WebhookRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The endpoint after the change", body = WebhookView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: Form<WebhookRequest>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, sid) = path.into_inner();
    let types = form.all("EventTypes");
    let asked = form.value.check(&types, state.allow_private_addresses)?;
    service(&state, &caller, &service_sid).await?;
    let (endpoints, id) = (state.database.tenant(caller.tenant).webhook_endpoints(), id("YW", &sid)?);
    let stored = store::found(endpoints.get(id).await)?;
    let change = WebhookEndpointChange {
        url: asked.url.unwrap_or(stored.url),
        description: asked.friendly_name.unwrap_or(stored.description),
        types: asked.types.map_or(stored.types, |types| types.into_iter().map(str::to_owned).collect()),
        is_enabled: asked.is_enabled,
    };
    let changed = store::found(endpoints.update(id, change).await)?;
    Ok(HttpResponse::Ok().json(WebhookView::new(changed, &service_sid, &Place::of(&state, &request, &caller))))
}
