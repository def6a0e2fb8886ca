//! Tokens that an application signs itself, instead of an API key: for the dialect whose clients do that, and nowhere else.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use pinfold_core::application_token::{ApplicationToken, credential};
use pinfold_http::dialect::Dialect;
use pinfold_http::{Code, Problem, clock};

use crate::State;
use crate::authenticate::{Owner, redis_problem};

/// How long after its end the id of a used token is remembered, in seconds: longer than clocks are apart.
const REMEMBERED_S: u64 = 60;

/// The token of a request, where its dialect takes one.
pub(crate) fn presented(dialect: Dialect, headers: &HeaderMap) -> Option<&str> {
    if dialect != Dialect::Vonage {
        return None;
    }
    let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let value = value.trim_start();
    (scheme.eq_ignore_ascii_case("Bearer") && ApplicationToken::resembles(value)).then_some(value)
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
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn tokens_are_read_in_their_dialect_only() {
        let read = |dialect, header: &'static str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(header))]);
            presented(dialect, &headers).map(str::to_owned)
        };
        assert_eq!(read(Dialect::Vonage, "Bearer a.b.c").as_deref(), Some("a.b.c"));
        assert_eq!(read(Dialect::Vonage, "bearer  a.b.c").as_deref(), Some("a.b.c"));
        for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Vonage) {
            assert_eq!(read(dialect, "Bearer a.b.c"), None, "{dialect:?}");
        }
        for header in ["App a.b.c", "Bearer a.b", "Bearer", ""] {
            assert_eq!(read(Dialect::Vonage, header), None, "{header}");
        }
    }
}
