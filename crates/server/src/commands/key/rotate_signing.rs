//! `pinfold key rotate-signing`: a new key for session tokens. Every process publishes it within a minute and signs
//! with it some minutes later; the old ones stay published until the last token that they signed is over.

use std::process::ExitCode;

use pinfold_http::clock::now_ms;
use pinfold_verification::SETTLE_MS;

use crate::operator::Operator;
use crate::{print, signing_keys};

/// Makes a new signing key, retires the others, and prints its id.
///
/// # Errors
/// When the record cannot be changed.
pub async fn run(operator: &Operator) -> anyhow::Result<ExitCode> {
    let (database, master, now) = (operator.database()?, operator.master()?, now_ms());
    let old = database.signing_keys().list(&master).await?;
    let kid = signing_keys::add_key(&database, &master).await?;
    for key in old.iter().filter(|key| key.retires_ms.is_none_or(|at| now < at)) {
        database.signing_keys().retire(&key.kid, now + SETTLE_MS).await?;
    }
    print::line(format_args!(
        "Session tokens will be signed with the key {kid} in about three minutes, when every process publishes it."
    ));
    Ok(ExitCode::SUCCESS)
}
