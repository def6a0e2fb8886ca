//! Whether a person runs the platform. For everybody else these operations are not there.

use pinfold_http::{Problem, SignedIn};

use crate::{State, store};

/// Lets operators in.
///
/// # Errors
/// 404 for everybody else.
pub(super) async fn check(state: &State, person: &SignedIn) -> Result<(), Problem> {
    let is_operator = state.database.people().is_operator(person.person).await.map_err(store::problem)?;
    if is_operator { Ok(()) } else { Err(store::missing()) }
}
