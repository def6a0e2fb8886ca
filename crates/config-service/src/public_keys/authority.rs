//! Who may give an application a public key: whoever may hand out API keys, and has what the application's tokens get.

use pinfold_core::access::{Environment, Scope};
use pinfold_http::{Caller, Code, Problem};

/// Whether the caller may change what an application's tokens of this environment can do.
///
/// # Errors
/// 403.
pub(super) fn check(caller: &Caller, current: Option<Environment>) -> Result<(), Problem> {
    if ![Scope::PinSend, Scope::PinVerify].into_iter().all(|scope| caller.scopes.allows(scope)) {
        let detail = "An API key cannot grant what it lacks: an application's tokens have pin:send and pin:verify.";
        return Err(Problem::new(Code::Forbidden).detail(detail));
    }
    if caller.environment == Environment::Sandbox && current == Some(Environment::Live) {
        return Err(Problem::new(Code::Forbidden).detail("A sandbox key cannot change a public key of live traffic."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use pinfold_core::access::{Actor, Scopes};
    use pinfold_core::id::{ApiKeyId, TenantId};

    use super::*;

    #[test]
    fn nobody_hands_out_more_than_they_have() {
        use Environment::{Live, Sandbox};
        let may = |scopes: Scopes, environment, current| {
            let (tenant, key) = (TenantId::from_bytes([1; 16]), ApiKeyId::from_bytes([1; 16]));
            check(
                &Caller { tenant, actor: Actor::Key(key), address: None, scopes, environment, default_application: None },
                current,
            )
            .is_ok()
        };
        assert!(may(Scopes::all(), Live, None) && may(Scopes::all(), Live, Some(Sandbox)));
        assert!(may(Scopes::all(), Sandbox, None) && may(Scopes::all(), Sandbox, Some(Sandbox)));
        assert!(!may(Scopes::all(), Sandbox, Some(Live)));
        assert!(!may([Scope::KeysManage, Scope::PinSend].into_iter().collect(), Live, None));
    }
}
