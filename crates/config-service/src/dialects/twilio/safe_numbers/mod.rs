//! Numbers that a tenant calls safe: they stand on the fraud guard's allow list. They are kept as keyed hashes.

mod add;
mod fetch;
mod remove;
mod view;

use pinfold_core::recipient::Recipient;
use pinfold_http::{Caller, Mount, Problem, mount};

use crate::State;

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::add, self::fetch, self::remove);
}

/// A number, canonical, and its keyed hash.
///
/// # Errors
/// 400 for what is no number.
async fn hashed(state: &State, caller: &Caller, text: &str) -> Result<(String, [u8; 16]), Problem> {
    let Ok(Recipient::Phone(phone)) = Recipient::parse(text) else {
        return Err(Problem::field("PhoneNumber", "must be a phone number in international form"));
    };
    let snapshot = state.snapshot(caller.tenant).await?;
    Ok((format!("+{}", phone.digits()), snapshot.keys.listed(&phone)))
}
