//! Changes an endpoint. What the request leaves out stays. What waits for an endpoint that is switched off is given up; it
//! can be replayed.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::field::{Checks, FieldError};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::{WebhookEndpoint, WebhookEndpointChange};
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::{TypeSchema, check_description, check_url, types};
use super::view::EndpointView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Changes to an endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpointUpdateRequest)]
pub(crate) struct UpdateRequest {
    /// Where messages go: an `https` address on the public Internet.
    #[schema(max_length = 2048, example = "https://example.com/hooks/pins")]
    url: Option<String>,
    /// What it is for.
    #[schema(max_length = 255, example = "Sign-in service")]
    description: Option<String>,
    /// The types it wants.
    #[schema(value_type = Option<Vec<TypeSchema>>, min_items = 1, example = json!(["pin.verified", "pin.failed"]))]
    event_types: Option<Vec<String>>,
    /// Whether it is told anything.
    enabled: Option<bool>,
}

/// Changes a webhook endpoint.
#[utoipa::path(
    put,
    path = "/v1/webhook-endpoints/{id}",
    operation_id = "webhook_endpoints.update",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A")),
    request_body = UpdateRequest,
    responses(
        (status = 200, description = "The endpoint after the change", body = EndpointView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<UpdateRequest>,
) -> Result<HttpResponse, Problem> {
    let (endpoints, id) = (state.database.tenant(caller.tenant).webhook_endpoints(), store::id(&path)?);
    let stored = store::found(endpoints.get(id).await)?;
    let change = body.value.apply(stored, state.allow_private_addresses)?;
    let changed = store::found(endpoints.update(id, change).await)?;
    Ok(HttpResponse::Ok().json(EndpointView::from(changed)))
}

impl UpdateRequest {
    fn apply(self, stored: WebhookEndpoint, allow_private: bool) -> Result<WebhookEndpointChange, Vec<FieldError>> {
        let mut checks = Checks::default();
        let mut change = WebhookEndpointChange {
            url: stored.url,
            description: stored.description,
            types: stored.types,
            is_enabled: self.enabled,
        };
        if let Some(url) = self.url {
            check_url(&url, allow_private, &mut checks);
            change.url = url;
        }
        if let Some(description) = self.description {
            check_description(&description, &mut checks);
            change.description = description;
        }
        if let Some(names) = self.event_types {
            change.types = types(&names, &mut checks).into_iter().map(str::to_owned).collect();
        }
        checks.finish()?;
        Ok(change)
    }
}
