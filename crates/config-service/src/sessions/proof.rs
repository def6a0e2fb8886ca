//! What a person shows to prove who they are: the password, a code of their authenticator app, a recovery code.

use std::sync::Arc;

use pinfold_core::totp::Judged;
use pinfold_core::visit::recovery_hash;
use pinfold_http::clock::now_ms;
use pinfold_http::{Code, Problem, Visitor};
use pinfold_postgres::Person;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::account::Attempt;
use crate::passkeys::Answered;
use crate::{State, store};

/// One proof of who somebody is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionProof)]
pub(crate) struct Proof {
    /// The password; no second factor.
    #[schema(max_length = 512, example = "four grey horses")]
    password: Option<String>,
    /// A code of the authenticator app.
    #[schema(max_length = 16, example = "123456")]
    totp: Option<String>,
    /// A recovery code, which is used up; a second factor only.
    #[schema(max_length = 64, example = "abcd-efgh-ijkl-mnop")]
    recovery_code: Option<String>,
    /// What a passkey answered.
    passkey: Option<Answered>,
}

impl Proof {
    /// Judges the proof. A password proves a signed-in person again; it is no second factor.
    ///
    /// # Errors
    /// 401 for a wrong one, 429 after too many.
    pub(crate) async fn check(
        self,
        state: &State,
        person: &Person,
        visitor: &Visitor,
        takes_password: bool,
    ) -> Result<(), Problem> {
        let Self { password, totp, recovery_code, passkey } = self;
        let wrong = || Problem::new(Code::WrongCredentials);
        let attempt = Attempt::spend(state, "proof", &person.id.to_string(), &visitor.address).await?;
        match (password, totp, recovery_code, passkey) {
            (Some(password), None, None, None) if takes_password => {
                let phc = person.password.clone();
                if !state.passwords.is_right(Zeroizing::new(password), phc).await? {
                    return Err(wrong());
                }
            }
            (None, Some(code), None, None) => {
                let factors = state.database.people().factors(person.id);
                let judged = factors.judge_totp(Zeroizing::new(code), false, Arc::clone(&state.master), now_ms()).await;
                match judged.map_err(store::problem)? {
                    Some(Judged::Right) => {}
                    Some(Judged::Locked { retry_ms }) => {
                        return Err(Problem::new(Code::TooManyAttempts).retry_after_ms(retry_ms));
                    }
                    Some(Judged::Wrong) | None => return Err(wrong()),
                }
            }
            (None, None, Some(code), None) if !takes_password => {
                let hash = recovery_hash(&state.master, person.id, &code).ok_or_else(wrong)?;
                let left = state.database.people().factors(person.id).use_recovery_code(hash).await.map_err(store::problem)?;
                let left = left.ok_or_else(wrong)?;
                state.warn(person.id, &format!("a recovery code was used to sign in; {left} are left.")).await?;
            }
            (None, None, None, Some(answered)) => drop(answered.proved(state, Some(person.id)).await?),
            _ => return Err(Problem::field("body", "must have exactly one proof that this operation takes")),
        }
        attempt.forgive().await
    }
}
