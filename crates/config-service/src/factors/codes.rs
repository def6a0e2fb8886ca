//! New recovery codes of a person, in the place of all older ones.

use pinfold_core::id::PersonId;
use pinfold_core::visit::{recovery_code, recovery_hash};
use pinfold_http::Problem;
use pinfold_postgres::RECOVERY_CODES;

use crate::{State, store};

/// Makes codes and keeps their hashes; none when only a first set was asked for and the person has one.
///
/// # Errors
/// 503 when the system of record does not answer.
pub(super) async fn make(state: &State, person: PersonId, only_first: bool) -> Result<Option<Vec<String>>, Problem> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code().to_string()).collect();
    let hashes: Option<Vec<[u8; 32]>> = codes.iter().map(|code| recovery_hash(&state.master, person, code)).collect();
    let hashes = hashes.ok_or_else(|| Problem::internal("a code that is none"))?;
    let factors = state.database.people().factors(person);
    let is_kept = factors.set_recovery_codes(hashes, only_first).await.map_err(store::problem)?;
    Ok(is_kept.then_some(codes))
}

/// A first set for who has none.
///
/// # Errors
/// As [`make`].
pub(crate) async fn first(state: &State, person: PersonId) -> Result<Option<Vec<String>>, Problem> {
    make(state, person, true).await
}
