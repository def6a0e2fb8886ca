//! Removes an endpoint with what it was told.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::super::service;
use crate::{State, store};

/// Removes an endpoint with what it was told.
#[utoipa::path(
    delete,
    path = "/v2/Services/{ServiceSid}/Webhooks/{WebhookSid}",
    operation_id = "twilio_webhooks.delete",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("WebhookSid" = String, Path, description = "The endpoint", example = "YW0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 204, description = "It is gone"), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, sid) = path.into_inner();
    service(&state, &caller, &service_sid).await?;
    store::found(state.database.tenant(caller.tenant).webhook_endpoints().delete(id("YW", &sid)?).await)?;
    Ok(HttpResponse::NoContent().finish())
}
