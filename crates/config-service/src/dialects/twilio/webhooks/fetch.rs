//! Shows an endpoint.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::super::{Place, service};
use super::view::WebhookView;
use crate::{State, store};

/// Shows an endpoint.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/Webhooks/{WebhookSid}",
    operation_id = "twilio_webhooks.fetch",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("WebhookSid" = String, Path, description = "The endpoint", example = "YW0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 200, description = "The endpoint", body = WebhookView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, sid) = path.into_inner();
    service(&state, &caller, &service_sid).await?;
    let endpoints = state.database.tenant(caller.tenant).webhook_endpoints();
    let found = store::found(endpoints.get(id("YW", &sid)?).await)?;
    Ok(HttpResponse::Ok().json(WebhookView::new(found, &service_sid, &Place::of(&state, &request, &caller))))
}
