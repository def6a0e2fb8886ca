//! The signed identity: how the gateway tells a role in another process who is calling. Signed with a secret both know
//! (HS256, RFC 7519), good for seconds, for one role, one method and one path.

use std::net::IpAddr;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use pinfold_core::access::{Actor, Environment, Scopes};
use pinfold_core::id::{ApiKeyId, PersonId, SessionId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::visit::Visit;
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    visit: Option<Visit>,
}

#[derive(Serialize, Deserialize)]
struct Claimed {
    tenant: String,
    actor: ClaimedActor,
    address: Option<IpAddr>,
    scopes: u16,
    sandbox: bool,
    application: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClaimedActor {
    Key(ApiKeyId),
    Person(PersonId, SessionId),
}

impl From<Actor> for ClaimedActor {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Key(key) => Self::Key(key),
            Actor::Person { person, session } => Self::Person(person, session),
        }
    }
}

impl From<ClaimedActor> for Actor {
    fn from(claimed: ClaimedActor) -> Self {
        match claimed {
            ClaimedActor::Key(key) => Self::Key(key),
            ClaimedActor::Person(person, session) => Self::Person { person, session },
        }
    }
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
        self.sign_visit(role, (method, path), caller, None, now_ms)
    }

    /// The same for an operation of the console, which also learns of the visit.
    ///
    /// # Errors
    /// A 500 when signing fails.
    pub fn sign_visit(
        &self,
        role: &str,
        (method, path): (&str, &str),
        caller: Option<&Caller>,
        visit: Option<Visit>,
        now_ms: u64,
    ) -> Result<String, Problem> {
        let claimed = caller.map(|caller| Claimed {
            tenant: caller.tenant.to_string(),
            actor: caller.actor.into(),
            address: caller.address,
            scopes: caller.scopes.bits(),
            sandbox: caller.environment == Environment::Sandbox,
            application: caller.default_application.map(|id| id.to_string()),
        });
        let (aud, exp, method, path) = (role.into(), now_ms / 1_000 + LIFE_S, method.into(), path.into());
        let claims = Claims { aud, exp, method, path, caller: claimed, visit };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(Problem::internal)
    }

    /// Who sends a request to `role`.
    ///
    /// # Errors
    /// 401 for anything that the gateway did not sign just now; 403 for an identity of another role or request.
    pub fn check(&self, role: &str, method: &str, path: &str, token: &str) -> Result<Option<Caller>, Problem> {
        self.check_visit(role, method, path, token).map(|(caller, _)| caller)
    }

    /// The same, and the visit for operations of the console.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_visit(
        &self,
        role: &str,
        method: &str,
        path: &str,
        token: &str,
    ) -> Result<(Option<Caller>, Option<Visit>), Problem> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_aud = false;
        validation.leeway = 5;
        validation.set_required_spec_claims(&["exp", "aud"]);
        let claims = decode::<Claims>(token, &self.checking, &validation).map_err(|_| Problem::new(Code::Unauthorized))?.claims;
        if claims.aud != role || claims.method != method || claims.path != path {
            return Err(Problem::new(Code::Forbidden));
        }
        Ok((claims.caller.map(Caller::try_from).transpose()?, claims.visit))
    }
}

impl TryFrom<Claimed> for Caller {
    type Error = Problem;

    fn try_from(claimed: Claimed) -> Result<Self, Problem> {
        let invalid = |_| Problem::new(Code::Unauthorized);
        Ok(Self {
            tenant: claimed.tenant.parse().map_err(invalid)?,
            actor: claimed.actor.into(),
            address: claimed.address,
            scopes: Scopes::from_bits(claimed.scopes),
            environment: if claimed.sandbox { Environment::Sandbox } else { Environment::Live },
            default_application: claimed.application.map(|id| id.parse()).transpose().map_err(invalid)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::id::TenantId;

    use super::*;

    #[test]
    fn an_identity_is_good_for_one_role_and_request_only() {
        let identities = Identities::new(&"a secret of at least thirty-two bytes".to_owned().into());
        let caller = Caller {
            tenant: TenantId::random(),
            actor: Actor::Person { person: PersonId::random(), session: SessionId::random() },
            address: Some([192, 0, 2, 7].into()),
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
