//! Creates an API key and shows its secret, this once.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::access::{ApiKey, Environment};
use pinfold_core::application::check_name;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::ApiKeyId;
use pinfold_http::{Authorized, Body, Caller, KeysManage, Problem, clock};
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::{self, EnvironmentName, Platform};
use super::grant::{Permission, ScopeSchema, Stated};
use super::issue::{Draft, end_of_life, issue};
use super::view::ApiKeyView;
use crate::State;
use crate::refusals::{ApiException, InfobipBody};

/// An API key to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyCreateRequest)]
pub(crate) struct CreateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Checkout")]
    name: String,
    /// Your own account; may be left out.
    account_id: Option<String>,
    /// Where it may be used from, as addresses or networks; anywhere by default.
    #[serde(rename = "allowedIPs")]
    #[schema(max_items = 100, example = json!(["192.0.2.0/24"]))]
    allowed_ips: Option<Vec<String>>,
    /// When it starts to work; now by default.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    valid_from: Option<String>,
    /// When it stops to work; in a year by default.
    #[schema(format = DateTime, example = "2099-01-31T12:00:00Z")]
    valid_to: Option<String>,
    /// What it may do, by Infobip's names; `PUBLIC_API` by default. Not both `PUBLIC_API` and `WEB_SDK`.
    #[schema(example = json!(["2FA_CLIENT"]))]
    permissions: Option<Vec<Permission>>,
    /// Links to the vendor's platform. Kept; they restrict nothing.
    platform: Option<Vec<Platform>>,
    /// Infobip's API scopes; they narrow what the permissions give.
    #[schema(example = json!(["2fa:pin:send"]))]
    scope_guids: Option<Vec<String>>,
    /// What it may do, by our names. When given, this decides.
    #[schema(value_type = Option<Vec<ScopeSchema>>, example = json!(["pin:send", "pin:verify"]))]
    scopes: Option<Vec<String>>,
    /// Whether its messages are real; as the key's that creates it, by default.
    environment: Option<EnvironmentName>,
    /// The application of requests that name none.
    default_application_id: Option<String>,
}

/// Creates an API key. Its secret is in the answer, and never shown again.
#[utoipa::path(
    post,
    path = "/settings/2/api-keys",
    operation_id = "api_keys.create",
    tag = "API keys",
    request_body = CreateRequest,
    responses(
        (status = 200, description = "The key with its secret", body = ApiKeyView),
        (status = 400, description = "A field is missing or past its bound", body = ApiException),
        InfobipBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let draft = body.value.check(&caller, clock::now_ms())?;
    let (issued, secret) = issue(&state, &caller, draft).await?;
    Ok(HttpResponse::Ok().json(ApiKeyView::created(caller.tenant, issued, &secret)))
}

impl CreateRequest {
    fn check(self, caller: &Caller, now_ms: u64) -> Result<Draft, Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.take("name", check_name(&self.name));
        fields::check_account(self.account_id.as_ref(), caller.tenant, &mut checks);
        let networks = fields::networks(&self.allowed_ips.unwrap_or_default(), &mut checks);
        let valid_from_ms = fields::time("validFrom", self.valid_from.as_ref(), &mut checks);
        let valid_to_ms = fields::time("validTo", self.valid_to.as_ref(), &mut checks);
        let valid_to_ms = end_of_life(valid_from_ms, valid_to_ms, now_ms, &mut checks);
        let stated = Stated { permissions: self.permissions, scope_guids: self.scope_guids, scopes: self.scopes };
        let grant = stated.grant(None, &mut checks);
        let platform = fields::platform_texts(&self.platform.unwrap_or_default(), &mut checks);
        let default_application = fields::application(self.default_application_id.as_ref(), &mut checks);
        checks.finish()?;
        let key = ApiKey {
            id: ApiKeyId::random(),
            name: self.name,
            scopes: grant.scopes,
            environment: self.environment.map_or(caller.environment, Environment::from),
            default_application,
            networks,
            valid_from_ms,
            valid_to_ms: Some(valid_to_ms),
            is_enabled: true,
        };
        Ok(Draft { key, permissions: grant.permissions, platform, scope_guids: grant.scope_guids })
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::access::{Actor, Scopes};
    use pinfold_core::id::TenantId;
    use pinfold_core::span::YEAR_MS;
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_786_169_094_988;

    fn check(request: Value) -> Result<Draft, Vec<String>> {
        let caller = Caller {
            tenant: TenantId::from_bytes([10; 16]),
            actor: Actor::Key(ApiKeyId::from_bytes([1; 16])),
            address: None,
            scopes: Scopes::all(),
            environment: Environment::Sandbox,
            default_application: None,
        };
        let request: CreateRequest = serde_json::from_value(request).expect("of the right shape");
        request.check(&caller, NOW).map_err(|errors| errors.into_iter().map(|error| error.field.into_owned()).collect())
    }

    #[test]
    fn a_name_is_enough() {
        let draft = check(json!({"name": "min", "allowedIPs": null, "scopeGuids": null})).unwrap_or_else(|_| panic!("fine"));
        assert_eq!((draft.key.scopes, draft.key.environment), (Scopes::of_a_key(), Environment::Sandbox));
        assert_eq!((draft.key.valid_from_ms, draft.key.valid_to_ms, draft.key.is_enabled), (None, Some(NOW + YEAR_MS), true));
        assert_eq!(draft.permissions, ["PUBLIC_API"]);
    }

    #[test]
    fn each_broken_bound_is_named() {
        for (request, field) in [
            (json!({"name": ""}), "name"),
            (json!({"name": "a".repeat(256)}), "name"),
            (json!({"name": "a\r\nb"}), "name"),
            (json!({"name": "x", "accountId": "0".repeat(32)}), "accountId"),
            (json!({"name": "x", "allowedIPs": ["1.2.3.4/33"]}), "allowedIPs"),
            (json!({"name": "x", "validFrom": "soon"}), "validFrom"),
            (json!({"name": "x", "validTo": "2026-01-01"}), "validTo"),
            (json!({"name": "x", "validTo": "2020-01-01T00:00:00Z"}), "validTo"),
            (json!({"name": "x", "validFrom": "2030-01-01T00:00:00Z", "validTo": "2029-01-01T00:00:00Z"}), "validTo"),
            (json!({"name": "x", "permissions": ["PUBLIC_API", "WEB_SDK"]}), "permissions"),
            (json!({"name": "x", "scopes": ["root"]}), "scopes"),
            (json!({"name": "x", "scopeGuids": ["a b"]}), "scopeGuids"),
            (json!({"name": "x", "platform": [{"applicationId": ""}]}), "platform"),
            (json!({"name": "x", "defaultApplicationId": "x"}), "defaultApplicationId"),
        ] {
            assert_eq!(check(request.clone()).err(), Some(vec![field.to_owned()]), "{request}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        for request in [
            json!({}),
            json!({"name": 1}),
            json!({"name": "x", "allowedIPs": "1.2.3.4"}),
            json!({"name": "x", "allowedIPs": [1]}),
            json!({"name": "x", "permissions": ["ROOT"]}),
            json!({"name": "x", "permissions": "PUBLIC_API"}),
            json!({"name": "x", "validTo": 1786169094988_u64}),
            json!({"name": "x", "platform": ["a"]}),
            json!({"name": "x", "platform": [{}]}),
            json!({"name": "x", "environment": "production"}),
            json!({"name": "x", "scopes": "pin:send"}),
        ] {
            assert!(serde_json::from_value::<CreateRequest>(request.clone()).is_err(), "{request}");
        }
    }

    #[test]
    fn fields_that_nobody_may_set_are_ignored() {
        let own = "0A".repeat(16);
        let request = json!({"name": "x", "accountId": own, "id": own, "apiKeySecret": "mine", "hash": "x", "createdAt": 0, "tenantId": "x"});
        let draft = check(request).unwrap_or_else(|_| panic!("fine"));
        assert_ne!(draft.key.id.to_string(), own);
    }
}
