//! Tokens that an application signs itself, instead of an API key: for the dialect whose clients do that, and nowhere else.

use pinfold_core::application_token::{ApplicationToken, credential};
use pinfold_http::{Code, Problem, clock};

use crate::State;
use crate::authenticate::{Owner, redis_problem};

/// How long after its end the id of a used token is remembered, in seconds: longer than clocks are apart.
const REMEMBERED_S: u64 = 60;

/// The token in the value of an `Authorization` header, where the path takes one.
pub(crate) fn presented<'a>(path: &str, header: Option<&'a str>) -> Option<&'a str> {
    let (scheme, value) = header?.trim().split_once(' ')?;
    let value = value.trim_start();
    let is_token = scheme.eq_ignore_ascii_case("Bearer") && ApplicationToken::resembles(value);
    (is_token && takes_tokens(path)).then_some(value)
}

/// Whether a path belongs to the dialect whose clients sign tokens.
fn takes_tokens(path: &str) -> bool {
    path.strip_prefix("/v2/verify").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl State {
    /// Whose token it is. The application's public key has to be in the configuration that this process knows; a token is good
    /// once.
    ///
    /// # Errors
    /// 401 for one that is not good.
    pub(crate) async fn application(&self, token: &str) -> Result<Owner, Problem> {
        let unauthorized = || Problem::new(Code::Unauthorized);
        let token = ApplicationToken::parse(token).ok_or_else(unauthorized)?;
        let now_s = clock::now_ms() / 1_000;
        if !token.is_valid_at(now_s) {
            return Err(unauthorized());
        }
        let owner = self.holder(&self.master.credential_hash(&credential(token.application))).await?;
        let key = owner.snapshot.public_keys.get(&token.application).ok_or_else(unauthorized)?;
        if !token.is_signed_by(key) {
            return Err(unauthorized());
        }
        let id = self.master.credential_hash(&format!("token:{}:{}", token.application, token.id));
        let seconds = token.expires_s.saturating_sub(now_s) + REMEMBERED_S;
        if self.hot.use_once(&id, seconds).await.map_err(redis_problem)? { Ok(owner) } else { Err(unauthorized()) }
    }
}

#[cfg(test)]
mod tests {
    use super::presented;

    #[test]
    fn tokens_are_read_in_their_dialect_only() {
        assert_eq!(presented("/v2/verify", Some("Bearer a.b.c")), Some("a.b.c"));
        assert_eq!(presented("/v2/verify/x/next_workflow", Some("bearer  a.b.c")), Some("a.b.c"));
        for (path, header) in [
            ("/v1/otp", Some("Bearer a.b.c")),
            ("/2fa/2/pin", Some("Bearer a.b.c")),
            ("/v2/verifyx", Some("Bearer a.b.c")),
            ("/v2/verify", Some("App a.b.c")),
            ("/v2/verify", Some("Bearer a.b")),
            ("/v2/verify", Some("Bearer")),
            ("/v2/verify", None),
        ] {
            assert_eq!(presented(path, header), None, "{path} {header:?}");
        }
    }
}
