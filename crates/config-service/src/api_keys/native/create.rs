//! Creates an API key with exactly the scopes that are asked for, and shows its secret, this once.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::access::ApiKey;
use pinfold_core::application::check_name;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::ApiKeyId;
use pinfold_http::{Authorized, Body, Caller, KeysManage, Problem, ProblemView, clock};
use secrecy::ExposeSecret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::fields::{self, EnvironmentName};
use super::super::grant::ScopeSchema;
use super::super::issue::{Draft, end_of_life, issue};
use super::view::{CreatedView, KeyView, networks, scopes};
use crate::State;
use crate::refusals::NativeBody;

/// An API key to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeyCreateRequest)]
pub(crate) struct CreateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Checkout")]
    name: String,
    /// What it may do; none that you lack.
    #[schema(value_type = Vec<ScopeSchema>, example = json!(["pin:send", "pin:verify"]))]
    scopes: Vec<String>,
    /// What its messages are; as your own when left out.
    environment: Option<EnvironmentName>,
    /// When it stops to work; in a year when left out.
    #[schema(format = DateTime, example = "2099-01-31T12:00:00Z")]
    expires_at: Option<String>,
    /// Where it may be used from, as addresses or networks; anywhere when left out.
    #[schema(max_items = 100, example = json!(["192.0.2.0/24"]))]
    networks: Option<Vec<String>>,
    /// The application of requests that name none.
    #[schema(example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    default_application_id: Option<String>,
}

/// Creates an API key. Its secret is in the answer, and never shown again.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    operation_id = "keys.create",
    tag = "API keys",
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The key with its secret", body = CreatedView),
        (status = 400, description = "A field is missing or past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let draft = body.value.check(&caller, clock::now_ms())?;
    let (issued, secret) = issue(&state, &caller, draft).await?;
    let view = CreatedView { secret: secret.expose_secret().to_owned(), key: KeyView::new(issued, None) };
    Ok(HttpResponse::Created().json(view))
}

impl CreateRequest {
    fn check(self, caller: &Caller, now_ms: u64) -> Result<Draft, Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.take("name", check_name(&self.name));
        let scopes = scopes(&self.scopes, &mut checks);
        let networks = networks(&self.networks.unwrap_or_default(), &mut checks);
        let default_application = fields::application(self.default_application_id.as_ref(), &mut checks);
        let expires_ms = fields::time("expiresAt", self.expires_at.as_ref(), &mut checks);
        checks.require(expires_ms.is_none_or(|end| end > now_ms), "expiresAt", "must be later than now");
        checks.finish()?;
        let valid_to_ms = Some(end_of_life(None, expires_ms, now_ms, &mut Checks::default()));
        let environment = self.environment.map_or(caller.environment, Into::into);
        let (id, name) = (ApiKeyId::random(), self.name);
        let key = ApiKey {
            id,
            name,
            scopes,
            environment,
            default_application,
            networks,
            valid_from_ms: None,
            valid_to_ms,
            is_enabled: true,
        };
        Ok(Draft { key, permissions: Vec::new(), platform: Vec::new(), scope_guids: Vec::new() })
    }
}
