//! Who may hand out what: a key never makes a stronger one, nor a sandbox key a live one.

use pinfold_core::access::{ApiKey, Environment, Scope};
use pinfold_http::{Caller, Code, Problem};

/// Whether the caller may hand out such a key.
///
/// # Errors
/// 403 with what is missing.
pub(super) fn check(caller: &Caller, key: &ApiKey) -> Result<(), Problem> {
    let missing: Vec<&str> = key.scopes.iter().filter(|scope| !caller.scopes.allows(*scope)).map(Scope::name).collect();
    if !missing.is_empty() {
        let detail = format!("An API key cannot grant what it lacks: {}. State fewer scopes.", missing.join(", "));
        return Err(Problem::new(Code::Forbidden).detail(detail));
    }
    if caller.environment == Environment::Sandbox && key.environment == Environment::Live {
        return Err(Problem::new(Code::Forbidden).detail("A sandbox key cannot make or enable a live one."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use pinfold_core::access::{Actor, Scopes};
    use pinfold_core::id::{ApiKeyId, TenantId};

    use super::*;

    fn may(caller: (Scopes, Environment), key: (Scopes, Environment)) -> bool {
        let caller = Caller {
            tenant: TenantId::from_bytes([1; 16]),
            actor: Actor::Key(ApiKeyId::from_bytes([1; 16])),
            address: None,
            scopes: caller.0,
            environment: caller.1,
            default_application: None,
        };
        let key = ApiKey {
            id: ApiKeyId::from_bytes([2; 16]),
            name: "x".into(),
            scopes: key.0,
            environment: key.1,
            default_application: None,
            networks: Vec::new(),
            valid_from_ms: None,
            valid_to_ms: None,
            is_enabled: true,
        };
        check(&caller, &key).map_err(|problem| assert_eq!(problem.code, Code::Forbidden)).is_ok()
    }

    #[test]
    fn nobody_hands_out_more_than_they_have() {
        use Environment::{Live, Sandbox};
        let only = |scopes: &[Scope]| -> Scopes { scopes.iter().copied().collect() };
        let manager = only(&[Scope::KeysManage, Scope::PinSend]);
        assert!(may((Scopes::all(), Live), (Scopes::all(), Live)));
        assert!(may((manager, Live), (manager, Live)));
        assert!(may((manager, Live), (Scopes::default(), Sandbox)));
        assert!(!may((manager, Live), (only(&[Scope::PinVerify]), Live)));
        assert!(!may((manager, Live), (Scopes::all(), Sandbox)));
        assert!(may((manager, Sandbox), (manager, Sandbox)));
        assert!(!may((manager, Sandbox), (manager, Live)));
    }
}
