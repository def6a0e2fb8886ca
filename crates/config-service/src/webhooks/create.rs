//! Creates an endpoint. Its secret is in the answer and nowhere else.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::WebhookEndpointId;
use pinfold_core::webhook::{UnknownFormat, WebhookFormat, WebhookSecret};
use pinfold_http::{Authorized, Body, Code, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::NewWebhookEndpoint;
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::{TypeSchema, check_description, check_url, types};
use super::view::EndpointView;
use crate::refusals::NativeBody;
use crate::{State, store};

/// Endpoints that a tenant may have.
const MOST: u32 = 16;

/// An endpoint to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpointCreateRequest)]
pub(crate) struct CreateRequest {
    /// Where messages go: an `https` address on the public Internet.
    #[schema(max_length = 2048, example = "https://example.com/hooks/pins")]
    url: String,
    /// What it is for; empty by default.
    #[schema(max_length = 255, example = "Sign-in service")]
    description: Option<String>,
    /// The types it wants.
    #[schema(value_type = Vec<TypeSchema>, min_items = 1, example = json!(["pin.verified", "pin.failed"]))]
    event_types: Vec<String>,
    /// How it is told: `standard`, the default, or `vonage` for what Vonage's customers expect at a status URL.
    #[schema(example = "standard", pattern = "^(standard|vonage)$")]
    format: Option<String>,
}

/// Creates a webhook endpoint and shows its secret, once.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints",
    operation_id = "webhook_endpoints.create",
    tag = "Webhooks",
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The endpoint, with its secret", body = EndpointView),
        (status = 400, description = "A field is missing or past its bound", body = ProblemView, content_type = "application/problem+json"),
        (status = 409, description = "There are as many endpoints as a tenant may have", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let new = body.value.check(state.allow_private_addresses)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let (secret, endpoints) = (WebhookSecret::generate(), state.database.tenant(caller.tenant).webhook_endpoints());
    let created = endpoints.create(new, &secret, &snapshot.keys, MOST).await.map_err(store::problem)?;
    let full = || Problem::new(Code::TooManyEndpoints).detail(format!("A tenant has at most {MOST} webhook endpoints."));
    let created = created.ok_or_else(full)?;
    let place = format!("/v1/webhook-endpoints/{}", created.id);
    let view = EndpointView::with_secret(created, &secret);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, place)).json(view))
}

impl CreateRequest {
    fn check(self, allow_private_addresses: bool) -> Result<NewWebhookEndpoint, Vec<FieldError>> {
        let mut checks = Checks::default();
        check_url(&self.url, allow_private_addresses, &mut checks);
        let description = self.description.unwrap_or_default();
        check_description(&description, &mut checks);
        let types = types(&self.event_types, &mut checks);
        let known = |format: String| match format.parse()? {
            WebhookFormat::EightXEight => Err(UnknownFormat),
            format => Ok(format),
        };
        let format = self.format.map(|format| checks.take("format", known(format)));
        checks.finish()?;
        let format = format.flatten().unwrap_or_default();
        Ok(NewWebhookEndpoint { id: WebhookEndpointId::random(), url: self.url, description, types, format })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(changes: Value) -> Result<NewWebhookEndpoint, Vec<String>> {
        let mut request = json!({"url": "https://example.com/hook", "eventTypes": ["pin.verified"]});
        request.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        let request: CreateRequest = serde_json::from_value(request).expect("of the right shape");
        request.check(false).map_err(|errors| errors.into_iter().map(|error| error.field.into_owned()).collect())
    }

    #[test]
    fn types_are_taken_once_and_in_order() {
        let new = check(json!({"eventTypes": ["pin.verified", "pin.sent", "pin.verified"]})).expect("fine");
        assert_eq!(new.types, ["pin.sent", "pin.verified"]);
        assert_eq!(new.description, "");
    }

    #[test]
    fn each_broken_bound_is_named() {
        for (changes, field) in [
            (json!({"eventTypes": []}), "eventTypes"),
            (json!({"eventTypes": ["pin.guessed"]}), "eventTypes"),
            (json!({"eventTypes": ["webhook.test"]}), "eventTypes"),
            (json!({"description": "x".repeat(256)}), "description"),
            (json!({"description": "a\0b"}), "description"),
            (json!({"format": "xml"}), "format"),
            (json!({"format": "eight_x_eight"}), "format"),
            (json!({"url": "http://example.com/"}), "url"),
            (json!({"url": "https://127.0.0.1/"}), "url"),
            (json!({"url": format!("https://example.com/{}", "x".repeat(2048))}), "url"),
        ] {
            assert_eq!(check(changes.clone()), Err(vec![field.to_owned()]), "{changes}");
        }
    }
}
