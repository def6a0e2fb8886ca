//! Creates an API key the older way, which clients still use, and shows its secret, this once.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::access::ApiKey;
use pinfold_core::application::check_name;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::{ApiKeyId, TenantId};
use pinfold_http::{Authorized, Body, Caller, KeysManage, Problem, clock};
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields;
use super::grant::{of_permission, union};
use super::issue::{Draft, end_of_life, issue};
use super::view::ApiKeyV1View;
use crate::refusals::{ApiException, InfobipOneBody};
use crate::{State, store};

/// Infobip's older permissions of a key. Those but the first two belong to other products and give nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = ApiKeyPermissionV1)]
pub(crate) enum PermissionV1 {
    /// Every operation.
    All,
    /// Sending and verifying PINs, and reading what became of them.
    Tfa,
    /// Nothing here.
    PushClient,
    /// Nothing here.
    PeopleEventsPublicClient,
    /// Nothing here.
    ExternalIntegrations,
}

impl PermissionV1 {
    fn name(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Tfa => "TFA",
            Self::PushClient => "PUSH_CLIENT",
            Self::PeopleEventsPublicClient => "PEOPLE_EVENTS_PUBLIC_CLIENT",
            Self::ExternalIntegrations => "EXTERNAL_INTEGRATIONS",
        }
    }
}

/// An API key to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyCreateRequestV1)]
pub(crate) struct CreateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Checkout")]
    name: String,
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
    /// Whether it works at all; it does by default.
    enabled: Option<bool>,
    /// What it may do; `ALL` by default.
    #[schema(example = json!(["TFA"]))]
    permissions: Option<Vec<PermissionV1>>,
}

/// Creates an API key the older way. Its secret is in the answer, and never shown again.
#[utoipa::path(
    post,
    path = "/settings/1/accounts/{accountKey}/api-keys",
    operation_id = "api_keys.create_v1",
    tag = "API keys",
    params(("accountKey" = String, Path, description = "Your own account, or `_`", example = "_")),
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The key with its secret", body = ApiKeyV1View),
        (status = 400, description = "A field is missing or past its bound", body = ApiException),
        InfobipOneBody,
    )
)]
#[deprecated = "clients that can should use the newer operation"]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    check_account(&path, caller.tenant)?;
    let draft = body.value.check(&caller, clock::now_ms())?;
    let (issued, secret) = issue(&state, &caller, draft).await?;
    Ok(HttpResponse::Created().json(ApiKeyV1View::created(caller.tenant, issued, &secret)))
}

/// `_` and the caller's own id name its account; any other names nothing.
fn check_account(named: &str, tenant: TenantId) -> Result<(), Problem> {
    if named == "_" || named.parse() == Ok(tenant) { Ok(()) } else { Err(store::missing()) }
}

impl CreateRequest {
    fn check(self, caller: &Caller, now_ms: u64) -> Result<Draft, Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.take("name", check_name(&self.name));
        let networks = fields::networks(&self.allowed_ips.unwrap_or_default(), &mut checks);
        let valid_from_ms = fields::time("validFrom", self.valid_from.as_ref(), &mut checks);
        let valid_to_ms = fields::time("validTo", self.valid_to.as_ref(), &mut checks);
        let valid_to_ms = end_of_life(valid_from_ms, valid_to_ms, now_ms, &mut checks);
        checks.finish()?;
        let stated: BTreeSet<PermissionV1> = self.permissions.unwrap_or_default().into_iter().collect();
        let stated = if stated.is_empty() { BTreeSet::from([PermissionV1::All]) } else { stated };
        let key = ApiKey {
            id: ApiKeyId::random(),
            name: self.name,
            scopes: union(stated.iter().map(|permission| of_permission(permission.name()))),
            environment: caller.environment,
            default_application: None,
            networks,
            valid_from_ms,
            valid_to_ms: Some(valid_to_ms),
            is_enabled: self.enabled.unwrap_or(true),
        };
        let permissions = stated.iter().map(|permission| permission.name().to_owned()).collect();
        Ok(Draft { key, permissions, platform: Vec::new(), scope_guids: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::access::{Actor, Environment, Scope, Scopes};
    use pinfold_http::Code;
    use serde_json::{Value, json};

    use super::*;

    fn check(request: Value) -> Result<Draft, Vec<String>> {
        let caller = Caller {
            tenant: TenantId::from_bytes([10; 16]),
            actor: Actor::Key(ApiKeyId::from_bytes([1; 16])),
            address: None,
            scopes: Scopes::all(),
            environment: Environment::Live,
            default_application: None,
        };
        let request: CreateRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.check(&caller, 1_786_000_000_000).map_err(fields)
    }

    #[test]
    fn the_vendors_request_is_fine() {
        let draft = check(json!({"name": "name", "allowedIPs": ["127.0.0.1"], "validFrom": "2026-08-08T06:04:54.988+0000",
            "validTo": "2027-08-08T06:04:54.988+0000", "enabled": false, "permissions": ["TFA", "PUSH_CLIENT", "TFA"]}))
        .unwrap_or_else(|_| panic!("fine"));
        assert_eq!(draft.permissions, ["TFA", "PUSH_CLIENT"]);
        assert_eq!(draft.key.scopes, [Scope::PinSend, Scope::PinVerify, Scope::ReportsRead].into_iter().collect());
        assert!(!draft.key.is_enabled);
        let draft = check(json!({"name": "name"})).unwrap_or_else(|_| panic!("fine"));
        assert_eq!((draft.permissions, draft.key.scopes), (vec!["ALL".to_owned()], Scopes::of_a_key()));
    }

    #[test]
    fn each_broken_bound_is_named() {
        let request = json!({"name": " ", "allowedIPs": ["x"], "validFrom": "x", "validTo": "2000-01-01T00:00:00Z"});
        let fields = ["name", "allowedIPs", "validFrom", "validTo"].map(str::to_owned).to_vec();
        assert_eq!(check(request).err(), Some(fields));
        for request in [json!({"name": "x", "permissions": ["PUBLIC_API"]}), json!({"name": "x", "permissions": "ALL"})] {
            assert!(serde_json::from_value::<CreateRequest>(request.clone()).is_err(), "{request}");
        }
    }

    #[test]
    fn no_account_but_the_own_one_is_there() {
        let tenant = TenantId::from_bytes([10; 16]);
        let check = |named: &str| check_account(named, tenant).map_err(|problem| problem.code);
        assert_eq!((check("_"), check(&tenant.to_string())), (Ok(()), Ok(())));
        for named in ["", "__", "*", "0933F3BC087D2A617AC6DCB2EF5B8A61"] {
            assert_eq!(check(named), Err(Code::NotFound), "{named}");
        }
    }
}
