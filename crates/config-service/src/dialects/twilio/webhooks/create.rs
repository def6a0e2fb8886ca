//! Creates an endpoint. Its secret is shown by `/v1/webhook-endpoints/{id}/secret`, which makes a new one.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::WebhookEndpointId;
use pinfold_core::webhook::WebhookSecret;
use pinfold_http::Form;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, ConfigWrite, Problem};
use pinfold_postgres::{NewWebhookEndpoint, WebhookEndpointChange};

use super::super::{Place, service};
use super::view::{WebhookRequest, WebhookView};
use crate::{State, store};

/// Endpoints that a tenant may have.
const MOST: u32 = 16;

/// Creates an endpoint. Its secret is shown by `/v1/webhook-endpoints/{id}/secret`, which makes a new one.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Webhooks",
    operation_id = "twilio_webhooks.create",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = WebhookRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, description = "The endpoint", body = WebhookView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    form: Form<WebhookRequest>,
) -> Result<HttpResponse, Problem> {
    let types = form.all("EventTypes");
    let asked = form.value.check(&types, state.allow_private_addresses)?;
    service(&state, &caller, &path).await?;
    let missing = |field| move || Problem::field(field, "must be given");
    let new = NewWebhookEndpoint {
        id: WebhookEndpointId::random(),
        url: asked.url.ok_or_else(missing("WebhookUrl"))?,
        description: asked.friendly_name.ok_or_else(missing("FriendlyName"))?,
        types: asked.types.ok_or_else(missing("EventTypes"))?,
        format: Default::default(),
    };
    let id = new.id;
    let snapshot = state.snapshot(caller.tenant).await?;
    let endpoints = state.database.tenant(caller.tenant).webhook_endpoints();
    let created = endpoints.create(new, &WebhookSecret::generate(), &snapshot.keys, MOST).await.map_err(store::problem)?;
    let mut created = created.ok_or_else(|| Problem::new(Code::TooManyEndpoints))?;
    if asked.is_enabled == Some(false) {
        let change = WebhookEndpointChange {
            url: created.url,
            description: created.description,
            types: created.types,
            is_enabled: Some(false),
        };
        created = store::found(endpoints.update(id, change).await)?;
    }
    Ok(HttpResponse::Created().json(WebhookView::new(created, &path, &Place::of(&state, &request, &caller))))
}
