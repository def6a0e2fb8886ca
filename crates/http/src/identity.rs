//! The signed identity: how the gateway tells a role in another process who is calling. Signed with a secret both know
//! (HS256, RFC 7519), good for seconds, for one role, one method and one path.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use pinfold_core::access::{Environment, Scopes};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{Caller, Code, Problem};

/// The header that carries the identity.
pub const HEADER: &str = "x-pinfold-identity";
/// How long an identity is good, in seconds.
const LIFE_S: u64 = 10;

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    exp: u64,
    method: String,
    path: String,
    caller: Option<Claimed>,
}

#[derive(Serialize, Deserialize)]
struct Claimed {
    tenant: String,
    key: String,
    scopes: u16,
    sandbox: bool,
    application: Option<String>,
}

/// Signs and checks identities.
pub struct Identities {
    signing: EncodingKey,
    checking: DecodingKey,
}

impl Identities {
    /// With the secret that all roles of an installation share.
    #[must_use]
    pub fn new(secret: &SecretString) -> Self {
        let bytes = secret.expose_secret().as_bytes();
        Self { signing: EncodingKey::from_secret(bytes), checking: DecodingKey::from_secret(bytes) }
    }

    /// Signs an identity for one request to `role`. Without a caller it only says that the gateway sends it.
    ///
    /// # Errors
    /// A 500 when signing fails.
    pub fn sign(&self, role: &str, method: &str, path: &str, caller: Option<&Caller>, now_ms: u64) -> Result<String, Problem> {
        let claimed = caller.map(|caller| Claimed {
            tenant: caller.tenant.to_string(),
            key: caller.key.to_string(),
            scopes: caller.scopes.bits(),
            sandbox: caller.environment == Environment::Sandbox,
            application: caller.default_application.map(|id| id.to_string()),
        });
        let claims =
            Claims { aud: role.into(), exp: now_ms / 1_000 + LIFE_S, method: method.into(), path: path.into(), caller: claimed };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(Problem::internal)
    }

    /// Who sends a request to `role`.
    ///
    /// # Errors
    /// 401 for anything that the gateway did not sign just now; 403 for an identity of another role or request.
    pub fn check(&self, role: &str, method: &str, path: &str, token: &str) -> Result<Option<Caller>, Problem> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_aud = false;
        validation.leeway = 5;
        validation.set_required_spec_claims(&["exp", "aud"]);
        let claims = decode::<Claims>(token, &self.checking, &validation).map_err(|_| Problem::new(Code::Unauthorized))?.claims;
        if claims.aud != role || claims.method != method || claims.path != path {
            return Err(Problem::new(Code::Forbidden));
        }
        claims.caller.map(Caller::try_from).transpose()
    }
}

impl TryFrom<Claimed> for Caller {
    type Error = Problem;

    fn try_from(claimed: Claimed) -> Result<Self, Problem> {
        let invalid = |_| Problem::new(Code::Unauthorized);
        Ok(Self {
            tenant: claimed.tenant.parse().map_err(invalid)?,
            key: claimed.key.parse().map_err(invalid)?,
            scopes: Scopes::from_bits(claimed.scopes),
            environment: if claimed.sandbox { Environment::Sandbox } else { Environment::Live },
            default_application: claimed.application.map(|id| id.parse()).transpose().map_err(invalid)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::id::{ApiKeyId, TenantId};

    use super::*;

    #[test]
    fn an_identity_is_good_for_one_role_and_request_only() {
        let identities = Identities::new(&"a secret of at least thirty-two bytes".to_owned().into());
        let caller = Caller {
            tenant: TenantId::random(),
            key: ApiKeyId::random(),
            scopes: Scopes::all(),
            environment: Environment::Sandbox,
            default_application: None,
        };
        let now = crate::clock::now_ms();
        let token = identities.sign("verification", "POST", "/2fa/2/pin", Some(&caller), now).expect("signs");
        let check = |role, method, path| identities.check(role, method, path, &token).map_err(|problem| problem.code);
        assert_eq!(check("verification", "POST", "/2fa/2/pin"), Ok(Some(caller)));
        assert_eq!(check("config-service", "POST", "/2fa/2/pin"), Err(Code::Forbidden));
        assert_eq!(check("verification", "GET", "/2fa/2/pin"), Err(Code::Forbidden));
        assert_eq!(check("verification", "POST", "/2fa/2/pin/voice"), Err(Code::Forbidden));
        let old = identities.sign("verification", "POST", "/", None, now - 60_000).expect("signs");
        assert_eq!(identities.check("verification", "POST", "/", &old).map_err(|p| p.code), Err(Code::Unauthorized));
        let other = Identities::new(&"another secret of thirty-two bytes!!".to_owned().into());
        assert_eq!(other.check("verification", "POST", "/2fa/2/pin", &token).map_err(|p| p.code), Err(Code::Unauthorized));
    }
}
