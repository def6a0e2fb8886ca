//! What a key may do. Infobip's permissions and API scopes are kept as the client set them and become our scopes, never
//! more than either says; `scopes`, ours, decides by itself when given.

use std::borrow::Cow;
use std::collections::BTreeSet;

use pinfold_core::access::{Scope, Scopes};
use pinfold_core::field::Checks;
use pinfold_postgres::IssuedKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// The most API scopes of the vendor's that a key keeps.
const MOST_GUIDS: usize = 100;

/// Infobip's permissions of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(as = ApiKeyPermission)]
pub(crate) enum Permission {
    /// Every operation.
    #[serde(rename = "PUBLIC_API")]
    PublicApi,
    /// Sending and verifying PINs, and reading what became of them.
    #[serde(rename = "2FA_CLIENT")]
    TfaClient,
    /// Verifying PINs, from a device.
    #[serde(rename = "WEB_SDK")]
    WebSdk,
}

/// A scope of ours, for the API reference.
pub(crate) enum ScopeSchema {}

impl PartialSchema for ScopeSchema {
    fn schema() -> RefOr<Schema> {
        let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
        let schema = json!({ "type": "string", "description": "What a key may do.", "enum": names });
        serde_json::from_value(schema).expect("a literal schema")
    }
}

impl ToSchema for ScopeSchema {
    fn name() -> Cow<'static, str> {
        "Scope".into()
    }
}

impl Permission {
    fn name(self) -> &'static str {
        match self {
            Self::PublicApi => "PUBLIC_API",
            Self::TfaClient => "2FA_CLIENT",
            Self::WebSdk => "WEB_SDK",
        }
    }
}

/// What a request says of a key's rights.
#[derive(Debug, Default)]
pub(super) struct Stated {
    pub(super) permissions: Option<Vec<Permission>>,
    pub(super) scope_guids: Option<Vec<String>>,
    pub(super) scopes: Option<Vec<String>>,
}

/// A key's rights.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) permissions: Vec<String>,
    pub(super) scope_guids: Vec<String>,
    pub(super) scopes: Scopes,
}

impl Stated {
    /// The rights after the request; of a new key when there is none yet.
    pub(super) fn grant(self, current: Option<&IssuedKey>, checks: &mut Checks) -> Grant {
        let Self { permissions, scope_guids, scopes } = self;
        let is_bounded = |guid: &String| (1..=100).contains(&guid.len()) && guid.bytes().all(|byte| byte.is_ascii_graphic());
        let guids_fit = scope_guids.iter().flatten().count() <= MOST_GUIDS && scope_guids.iter().flatten().all(is_bounded);
        checks.require(guids_fit, "scopeGuids", format!("must have at most {MOST_GUIDS} entries of 1 to 100 visible characters"));
        let changes = permissions.is_some() || scope_guids.is_some();
        let permissions = names(permissions, scopes.is_some(), current, checks);
        let bound =
            if permissions.is_empty() { Scopes::all() } else { union(permissions.iter().map(|name| of_permission(name))) };
        let decided = scopes.map(|names| {
            let scopes: Option<Scopes> = names.iter().map(|name| name.parse::<Scope>().ok()).collect();
            checks.require(scopes.is_some(), "scopes", format!("must be of {}", Scopes::all()));
            scopes.unwrap_or_default()
        });
        let scopes = match (decided, current, &scope_guids) {
            (Some(scopes), ..) => scopes,
            (None, Some(current), _) if !changes => current.key.scopes,
            // Stored ones stay a bound; an empty list that was stored is none.
            (None, Some(current), None) if !current.scope_guids.is_empty() => both(bound, of_guids(&current.scope_guids)),
            (None, _, Some(guids)) => both(bound, of_guids(guids)),
            (None, ..) => bound,
        };
        let scope_guids = scope_guids.or_else(|| current.map(|current| current.scope_guids.clone())).unwrap_or_default();
        Grant { permissions, scope_guids, scopes }
    }
}

/// The names of the permissions after the request. An empty list asks for the vendor's default.
fn names(stated: Option<Vec<Permission>>, has_scopes: bool, current: Option<&IssuedKey>, checks: &mut Checks) -> Vec<String> {
    let stated = match (stated, current) {
        (Some(stated), _) if stated.is_empty() => BTreeSet::from([Permission::PublicApi]),
        (Some(stated), _) => stated.into_iter().collect(),
        (None, Some(current)) => return current.permissions.clone(),
        (None, None) if has_scopes => return Vec::new(),
        (None, None) => BTreeSet::from([Permission::PublicApi]),
    };
    let excludes = stated.contains(&Permission::PublicApi) && stated.contains(&Permission::WebSdk);
    checks.require(!excludes, "permissions", "must not have both PUBLIC_API and WEB_SDK");
    stated.into_iter().map(|permission| permission.name().to_owned()).collect()
}

/// What a permission gives, by its name in either version of the calls. Those for other products give nothing here.
pub(super) fn of_permission(name: &str) -> Scopes {
    match name {
        "PUBLIC_API" | "ALL" => Scopes::of_a_key(),
        "2FA_CLIENT" | "TFA" => [Scope::PinSend, Scope::PinVerify, Scope::ReportsRead].into_iter().collect(),
        "WEB_SDK" => [Scope::PinVerify].into_iter().collect(),
        _ => Scopes::default(),
    }
}

/// What the vendor's API scopes give. Those of other products give nothing here.
fn of_guids(guids: &[String]) -> Scopes {
    union(guids.iter().map(|guid| match guid.as_str() {
        "2fa:manage" => {
            [Scope::PinSend, Scope::PinVerify, Scope::ConfigRead, Scope::ConfigWrite, Scope::ReportsRead].into_iter().collect()
        }
        "2fa:pin:send" => [Scope::PinSend, Scope::PinVerify, Scope::ReportsRead].into_iter().collect(),
        "2fa:pin:manage" => [Scope::PinSend].into_iter().collect(),
        "account-management:manage" => [Scope::KeysManage].into_iter().collect(),
        _ => Scopes::default(),
    }))
}

pub(super) fn union(sets: impl Iterator<Item = Scopes>) -> Scopes {
    sets.flat_map(Scopes::iter).collect()
}

fn both(one: Scopes, other: Scopes) -> Scopes {
    one.iter().filter(|scope| other.allows(*scope)).collect()
}

#[cfg(test)]
mod tests {
    use pinfold_core::access::{ApiKey, Environment};
    use pinfold_core::id::ApiKeyId;

    use super::*;

    fn stated(permissions: Option<&[Permission]>, guids: Option<&[&str]>, scopes: Option<&[&str]>) -> Stated {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Stated { permissions: permissions.map(<[_]>::to_vec), scope_guids: guids.map(owned), scopes: scopes.map(owned) }
    }

    fn granted(stated: Stated, current: Option<&IssuedKey>) -> Result<Grant, &'static str> {
        let mut checks = Checks::default();
        let grant = stated.grant(current, &mut checks);
        checks.finish().map(|()| grant).map_err(|errors| match errors[0].field.as_ref() {
            "permissions" => "permissions",
            "scopeGuids" => "scopeGuids",
            _ => "scopes",
        })
    }

    fn scopes(stated: Stated) -> Vec<&'static str> {
        granted(stated, None).expect("fine").scopes.iter().map(Scope::name).collect()
    }

    #[test]
    fn permissions_and_api_scopes_become_scopes() {
        use Permission::{PublicApi, TfaClient, WebSdk};
        let all: Vec<&str> = Scopes::of_a_key().iter().map(Scope::name).collect();
        assert_eq!(scopes(stated(None, None, None)), all);
        assert_eq!(scopes(stated(Some(&[]), None, None)), all);
        assert_eq!(scopes(stated(Some(&[PublicApi]), None, None)), all);
        assert_eq!(scopes(stated(Some(&[TfaClient]), None, None)), ["pin:send", "pin:verify", "reports:read"]);
        assert_eq!(scopes(stated(Some(&[WebSdk]), None, None)), ["pin:verify"]);
        assert_eq!(scopes(stated(None, Some(&["2fa:pin:send"]), None)), ["pin:send", "pin:verify", "reports:read"]);
        assert_eq!(scopes(stated(Some(&[TfaClient]), Some(&["2fa:manage"]), None)), ["pin:send", "pin:verify", "reports:read"]);
        assert_eq!(scopes(stated(None, Some(&["account-management:manage", "sms:manage"]), None)), ["keys:manage"]);
        assert_eq!(scopes(stated(None, Some(&["sms:manage"]), None)), [""; 0]);
        assert_eq!(scopes(stated(None, Some(&[]), None)), [""; 0]);
        assert_eq!(scopes(stated(None, None, Some(&["pin:send", "config:read"]))), ["pin:send", "config:read"]);
        assert_eq!(scopes(stated(Some(&[PublicApi]), None, Some(&["pin:send"]))), ["pin:send"]);
    }

    #[test]
    fn contradictions_and_unknown_names_are_refused() {
        use Permission::{PublicApi, WebSdk};
        assert_eq!(granted(stated(Some(&[PublicApi, WebSdk]), None, None), None), Err("permissions"));
        for names in [&["pin:sent"][..], &["PIN:SEND"], &["pin:send", ""], &["*"]] {
            assert_eq!(granted(stated(None, None, Some(names)), None), Err("scopes"), "{names:?}");
        }
        for guids in [&[""][..], &["a b"], &["a\r\n"], &["é"], &["a"; 101]] {
            assert_eq!(granted(stated(None, Some(guids), None), None), Err("scopeGuids"), "{guids:?}");
        }
    }

    fn key(permissions: &[&str], guids: &[&str], scopes: &[Scope]) -> IssuedKey {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let key = ApiKey {
            id: ApiKeyId::from_bytes([1; 16]),
            name: "x".into(),
            scopes: scopes.iter().copied().collect(),
            environment: Environment::Live,
            default_application: None,
            networks: Vec::new(),
            valid_from_ms: None,
            valid_to_ms: None,
            is_enabled: true,
        };
        let (permissions, scope_guids) = (owned(permissions), owned(guids));
        IssuedKey { key, prefix: String::new(), permissions, platform: Vec::new(), scope_guids, created_ms: 0, revoked_ms: None }
    }

    #[test]
    fn what_a_change_leaves_out_stays() {
        use Permission::{PublicApi, TfaClient};
        let kept = |stated, key: &IssuedKey| granted(stated, Some(key)).expect("fine");
        let narrow = key(&[], &[], &[Scope::PinVerify]);
        assert_eq!(kept(stated(None, None, None), &narrow).scopes, narrow.key.scopes);
        let bound = key(&["PUBLIC_API"], &["2fa:pin:send"], &[Scope::PinSend, Scope::PinVerify, Scope::ReportsRead]);
        let changed = kept(stated(Some(&[PublicApi]), None, None), &bound);
        assert_eq!((changed.scopes, changed.scope_guids), (bound.key.scopes, bound.scope_guids.clone()));
        let changed = kept(stated(Some(&[TfaClient]), None, None), &bound);
        assert_eq!(changed.scopes, [Scope::PinSend, Scope::PinVerify, Scope::ReportsRead].into_iter().collect());
        assert_eq!(kept(stated(None, Some(&[]), None), &bound).scopes, Scopes::default());
        let old = key(&["TFA"], &[], &[Scope::PinSend, Scope::PinVerify, Scope::ReportsRead]);
        let changed = kept(stated(None, Some(&["2fa:manage"]), None), &old);
        assert_eq!((changed.permissions, changed.scopes), (vec!["TFA".to_owned()], old.key.scopes));
    }
}
