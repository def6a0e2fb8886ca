//! Issues a key: whoever asks may hand it out, the tenant has not had its keys for the day, and the secret goes out once.

use pinfold_core::access::ApiKey;
use pinfold_core::credential::{Credential, beginning};
use pinfold_core::field::Checks;
use pinfold_core::span::{DAY_MS, YEAR_MS};
use pinfold_http::{Caller, Code, Problem, clock};
use pinfold_postgres::{IssuedKey, KeyFilter, NewKey};
use secrecy::{ExposeSecret, SecretString};

use super::authority;
use super::fields::refusal;
use crate::{State, store};

/// Keys that a tenant may create in a day.
const MOST_A_DAY: u32 = 40;

/// A key to be, checked.
pub(super) struct Draft {
    pub(super) key: ApiKey,
    pub(super) permissions: Vec<String>,
    pub(super) platform: Vec<String>,
    pub(super) scope_guids: Vec<String>,
}

/// Issues a key.
///
/// # Errors
/// 400 for an application that is not the tenant's, 403 (for a person without a recent proof too), 429, 503.
pub(super) async fn issue(state: &State, caller: &Caller, draft: Draft) -> Result<(IssuedKey, SecretString), Problem> {
    authority::check(caller, &draft.key)?;
    state.confirmed_caller(caller).await?;
    let keys = state.database.tenant(caller.tenant).api_keys();
    let fortieth = KeyFilter { is_descending: true, page: MOST_A_DAY - 1, size: 1, ..KeyFilter::default() };
    let newest = keys.list(fortieth).await.map_err(store::problem)?;
    check_daily(newest.items.first().map(|issued| issued.created_ms), clock::now_ms())?;
    let secret = Credential::Key(draft.key.environment).generate();
    let exposed = secret.expose_secret();
    let Draft { key, permissions, platform, scope_guids } = draft;
    let (hash, prefix) = (state.master.credential_hash(exposed), beginning(exposed).to_owned());
    let issued = keys.create(NewKey { key, hash, prefix, permissions, platform, scope_guids }).await.map_err(refusal)?;
    Ok((issued, secret))
}

/// Whether the day has room for one more key: the fortieth before it has to be a day old.
fn check_daily(fortieth_ms: Option<u64>, now_ms: u64) -> Result<(), Problem> {
    match fortieth_ms.map(|created| created.saturating_add(DAY_MS)).filter(|free| now_ms < *free) {
        None => Ok(()),
        Some(free) => Err(Problem::new(Code::TooManyKeys).retry_after_ms(free - now_ms)),
    }
}

/// When a new key stops to work: a year from now, when nothing is stated.
pub(super) fn end_of_life(valid_from_ms: Option<u64>, valid_to_ms: Option<u64>, now_ms: u64, checks: &mut Checks) -> u64 {
    let end = valid_to_ms.unwrap_or(now_ms + YEAR_MS);
    checks.require(end > valid_from_ms.unwrap_or(0).max(now_ms), "validTo", "must be later than now and than validFrom");
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_keys_a_day_are_enough() {
        let now = 1_786_169_094_988;
        let check = |fortieth| check_daily(fortieth, now).map_err(|problem| (problem.code, problem.retry_after_s));
        assert_eq!(check(None), Ok(()));
        assert_eq!(check(Some(now - DAY_MS)), Ok(()));
        assert_eq!(check(Some(now - DAY_MS + 1_500)), Err((Code::TooManyKeys, Some(2))));
        assert_eq!(check(Some(now)), Err((Code::TooManyKeys, Some(86_400))));
    }

    #[test]
    fn a_key_lives_a_year_unless_stated_and_never_ends_before_it_begins() {
        let end = |from, to| {
            let mut checks = Checks::default();
            let end = end_of_life(from, to, 1_000, &mut checks);
            checks.finish().map(|()| end).map_err(|errors| errors[0].field.clone().into_owned())
        };
        assert_eq!(end(None, None), Ok(1_000 + YEAR_MS));
        assert_eq!(end(Some(5_000), Some(5_001)), Ok(5_001));
        assert_eq!(end(None, Some(1_000)), Err("validTo".into()));
        assert_eq!(end(Some(5_000), Some(5_000)), Err("validTo".into()));
        assert_eq!(end(Some(2 * YEAR_MS), None), Err("validTo".into()));
    }
}
