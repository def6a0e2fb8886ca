//! Changes an API key. What the request leaves out stays; the secret and what the key's messages are never change.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::access::Environment;
use pinfold_core::application::check_name;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::TenantId;
use pinfold_http::{Authorized, Body, Caller, KeysManage, Problem};
use pinfold_postgres::IssuedKey;
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority;
use super::fields::{self, EnvironmentName, Platform, refusal};
use super::grant::{Permission, ScopeSchema, Stated};
use super::view::ApiKeyView;
use crate::refusals::{ApiException, InfobipOneBody};
use crate::{State, store};

/// Changes to an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyUpdateRequest)]
pub(crate) struct UpdateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Checkout")]
    name: Option<String>,
    /// Your own account; may be left out.
    account_id: Option<String>,
    /// Where it may be used from, as addresses or networks; empty for anywhere.
    #[serde(rename = "allowedIPs")]
    #[schema(max_items = 100, example = json!(["192.0.2.0/24"]))]
    allowed_ips: Option<Vec<String>>,
    /// When it starts to work.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    valid_from: Option<String>,
    /// When it stops to work.
    #[schema(format = DateTime, example = "2099-01-31T12:00:00Z")]
    valid_to: Option<String>,
    /// Whether it works at all.
    enabled: Option<bool>,
    /// What it may do, by Infobip's names; empty for `PUBLIC_API`. Not both `PUBLIC_API` and `WEB_SDK`.
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
    /// What its messages are, which cannot be changed.
    environment: Option<EnvironmentName>,
    /// The application of requests that name none.
    default_application_id: Option<String>,
}

/// Changes an API key.
#[utoipa::path(
    put,
    path = "/settings/2/api-keys/{apiKeyId}",
    operation_id = "api_keys.update",
    tag = "API keys",
    params(("apiKeyId" = String, Path, description = "The key", example = "573711510E1C002E29679B12C7CB48AE")),
    request_body = UpdateRequest,
    responses(
        (status = 200, description = "The key after the change", body = ApiKeyView),
        (status = 400, description = "A field is past its bound", body = ApiException),
        InfobipOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
    body: Body<UpdateRequest>,
) -> Result<HttpResponse, Problem> {
    let keys = state.database.tenant(caller.tenant).api_keys();
    let issued = store::found(keys.get(store::id(&path)?).await)?;
    let states_rights = body.value.states_rights();
    let changed = body.value.apply(issued, caller.tenant)?;
    check_authority(&caller, &changed, states_rights)?;
    let updated = keys.update(changed).await.map_err(refusal)?.ok_or_else(revoked)?;
    Ok(HttpResponse::Ok().json(ApiKeyView::of(caller.tenant, updated)))
}

/// A key that works afterwards, or was given rights, must be one that the caller may hand out. Switching off is free.
fn check_authority(caller: &Caller, changed: &IssuedKey, states_rights: bool) -> Result<(), Problem> {
    if changed.key.is_enabled || states_rights { authority::check(caller, &changed.key) } else { Ok(()) }
}

fn revoked() -> Problem {
    Problem::field("apiKeyId", "must be a key that is not revoked")
}

impl UpdateRequest {
    fn states_rights(&self) -> bool {
        self.permissions.is_some() || self.scope_guids.is_some() || self.scopes.is_some()
    }

    fn apply(self, mut issued: IssuedKey, tenant: TenantId) -> Result<IssuedKey, Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.require(issued.revoked_ms.is_none(), "apiKeyId", "must be a key that is not revoked");
        fields::check_account(self.account_id.as_ref(), tenant, &mut checks);
        let stated = Stated { permissions: self.permissions, scope_guids: self.scope_guids, scopes: self.scopes };
        let grant = stated.grant(Some(&issued), &mut checks);
        let key = &mut issued.key;
        if let Some(name) = self.name {
            checks.take("name", check_name(&name));
            key.name = name;
        }
        if let Some(texts) = self.allowed_ips {
            key.networks = fields::networks(&texts, &mut checks);
        }
        let (from, to) = (self.valid_from.as_ref(), self.valid_to.as_ref());
        key.valid_from_ms = fields::time("validFrom", from, &mut checks).or(key.valid_from_ms);
        key.valid_to_ms = fields::time("validTo", to, &mut checks).or(key.valid_to_ms);
        let is_span = key.valid_to_ms.is_none_or(|to| to > key.valid_from_ms.unwrap_or(0));
        checks.require(is_span || (from.is_none() && to.is_none()), "validTo", "must be later than validFrom");
        if let Some(is_enabled) = self.enabled {
            key.is_enabled = is_enabled;
        }
        let is_same = self.environment.is_none_or(|stated| Environment::from(stated) == key.environment);
        checks.require(is_same, "environment", format!("must stay {}", key.environment.name()));
        key.default_application =
            fields::application(self.default_application_id.as_ref(), &mut checks).or(key.default_application);
        key.scopes = grant.scopes;
        if let Some(links) = self.platform {
            issued.platform = fields::platform_texts(&links, &mut checks);
        }
        issued.permissions = grant.permissions;
        issued.scope_guids = grant.scope_guids;
        checks.finish()?;
        Ok(issued)
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::access::{Actor, ApiKey, Scope, Scopes};
    use pinfold_core::id::ApiKeyId;
    use serde_json::{Value, json};

    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([10; 16]);

    fn issued() -> IssuedKey {
        let key = ApiKey {
            id: ApiKeyId::from_bytes([1; 16]),
            name: "before".into(),
            scopes: [Scope::PinSend, Scope::PinVerify].into_iter().collect(),
            environment: Environment::Live,
            default_application: None,
            networks: vec!["192.0.2.0/24".parse().expect("a network")],
            valid_from_ms: Some(1_000),
            valid_to_ms: Some(2_000),
            is_enabled: true,
        };
        let (permissions, platform, scope_guids) = (vec!["2FA_CLIENT".to_owned()], Vec::new(), Vec::new());
        IssuedKey { key, prefix: "pf_live_abcd".into(), permissions, platform, scope_guids, created_ms: 500, revoked_ms: None }
    }

    fn changed(request: Value) -> Result<IssuedKey, Vec<String>> {
        let request: UpdateRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.apply(issued(), TENANT).map_err(fields)
    }

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(changed(json!({})), Ok(issued()));
        assert_eq!(changed(json!({"name": null, "validTo": null, "permissions": null, "enabled": null})), Ok(issued()));
        assert_eq!(changed(json!({"environment": "live", "apiKeySecret": "mine", "id": "x"})), Ok(issued()));
        let off = changed(json!({"enabled": false})).expect("fine");
        assert_eq!(off, IssuedKey { key: ApiKey { is_enabled: false, ..issued().key }, ..issued() });
        assert_eq!(changed(json!({"allowedIPs": []})).map(|changed| changed.key.networks), Ok(Vec::new()));
    }

    #[test]
    fn each_broken_bound_is_named() {
        for (request, field) in [
            (json!({"name": ""}), "name"),
            (json!({"accountId": "other"}), "accountId"),
            (json!({"allowedIPs": ["x"]}), "allowedIPs"),
            (json!({"validFrom": "x"}), "validFrom"),
            (json!({"validFrom": "1970-01-01T00:00:03Z"}), "validTo"),
            (json!({"validTo": "1970-01-01T00:00:01Z"}), "validTo"),
            (json!({"environment": "sandbox"}), "environment"),
            (json!({"permissions": ["PUBLIC_API", "WEB_SDK"]}), "permissions"),
            (json!({"scopes": ["x"]}), "scopes"),
            (json!({"defaultApplicationId": "x"}), "defaultApplicationId"),
            (json!({"platform": [{"applicationId": ""}]}), "platform"),
        ] {
            assert_eq!(changed(request.clone()), Err(vec![field.to_owned()]), "{request}");
        }
    }

    #[test]
    fn a_revoked_key_stays_as_it_is() {
        let request: UpdateRequest = serde_json::from_value(json!({"enabled": true})).expect("of the right shape");
        let revoked = IssuedKey { revoked_ms: Some(1), ..issued() };
        assert_eq!(request.apply(revoked, TENANT).map_err(|errors| errors[0].field.clone()), Err("apiKeyId".into()));
    }

    #[test]
    fn a_weaker_key_may_switch_a_stronger_one_off_and_nothing_else() {
        let scopes: Scopes = [Scope::KeysManage].into_iter().collect();
        let (key, environment) = (ApiKeyId::from_bytes([2; 16]), Environment::Live);
        let caller =
            Caller { tenant: TENANT, actor: Actor::Key(key), address: None, scopes, environment, default_application: None };
        let may = |request: Value| {
            let request: UpdateRequest = serde_json::from_value(request).expect("of the right shape");
            let states_rights = request.states_rights();
            check_authority(&caller, &request.apply(issued(), TENANT).expect("fine"), states_rights).is_ok()
        };
        assert!(may(json!({"enabled": false})));
        assert!(may(json!({"scopes": ["keys:manage"]})));
        assert!(!may(json!({"name": "x"})));
        assert!(!may(json!({"enabled": true})));
        assert!(!may(json!({"enabled": false, "scopes": ["pin:send", "keys:manage"]})));
        assert!(!may(json!({"enabled": false, "permissions": []})));
    }
}
