//! Changes an API key. What the request leaves out stays; the secret and what the key's messages are never change.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::application::check_name;
use pinfold_core::field::{Checks, FieldError};
use pinfold_http::{Authorized, Body, KeysManage, Problem, ProblemView};
use pinfold_postgres::IssuedKey;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::authority;
use super::super::fields::{self, refusal};
use super::super::grant::ScopeSchema;
use super::view::{KeyView, networks, scopes};
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Changes to an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeyChangeRequest)]
pub(crate) struct ChangeRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Checkout")]
    name: Option<String>,
    /// What it may do; none that you lack.
    #[schema(value_type = Option<Vec<ScopeSchema>>, example = json!(["pin:send"]))]
    scopes: Option<Vec<String>>,
    /// Whether it is switched on.
    enabled: Option<bool>,
    /// When it stops to work.
    #[schema(format = DateTime, example = "2099-01-31T12:00:00Z")]
    expires_at: Option<String>,
    /// Where it may be used from, as addresses or networks; empty for anywhere.
    #[schema(max_items = 100, example = json!(["192.0.2.0/24"]))]
    networks: Option<Vec<String>>,
    /// The application of requests that name none.
    #[schema(example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    default_application_id: Option<String>,
}

/// Changes an API key.
#[utoipa::path(
    put,
    path = "/v1/api-keys/{keyId}",
    operation_id = "keys.change",
    tag = "API keys",
    params(("keyId" = String, Path, description = "The key", example = "573711510E1C002E29679B12C7CB48AE")),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "The key after the change", body = KeyView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
    body: Body<ChangeRequest>,
) -> Result<HttpResponse, Problem> {
    let scope = state.database.tenant(caller.tenant);
    let issued = store::found(scope.api_keys().get(store::id(&path)?).await)?;
    let states_rights = body.value.scopes.is_some();
    let changed = body.value.apply(issued)?;
    // A key that works afterwards, or was given rights, must be one that the caller may hand out. Switching off is free.
    if changed.key.is_enabled || states_rights {
        authority::check(&caller, &changed.key)?;
    }
    let updated = scope.api_keys().update(changed).await.map_err(refusal)?.ok_or_else(store::missing)?;
    Ok(HttpResponse::Ok().json(KeyView::read(scope, updated).await?))
}

impl ChangeRequest {
    fn apply(self, mut issued: IssuedKey) -> Result<IssuedKey, Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.require(issued.revoked_ms.is_none(), "keyId", "must be a key that is not revoked");
        let key = &mut issued.key;
        if let Some(name) = self.name {
            checks.take("name", check_name(&name));
            key.name = name;
        }
        if let Some(names) = self.scopes {
            key.scopes = scopes(&names, &mut checks);
        }
        if let Some(texts) = self.networks {
            key.networks = networks(&texts, &mut checks);
        }
        if let Some(end) = fields::time("expiresAt", self.expires_at.as_ref(), &mut checks) {
            key.valid_to_ms = Some(end);
        }
        if let Some(application) = fields::application(self.default_application_id.as_ref(), &mut checks) {
            key.default_application = Some(application);
        }
        key.is_enabled = self.enabled.unwrap_or(key.is_enabled);
        checks.finish()?;
        Ok(issued)
    }
}
