//! The keys of session tokens in this process: read again every minute, and the first one made where there is none.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::keys::MasterKey;
use pinfold_http::clock::now_ms;
use pinfold_postgres::{Database, Error};
use pinfold_verification::{Signer, generate_signing_key};
use tokio_util::sync::CancellationToken;

use crate::background::repeat;

const EVERY: Duration = Duration::from_secs(60);

/// Keeps the signer's keys current until `stop`.
pub async fn keep_current(signer: Arc<Signer>, database: Database, master: Arc<MasterKey>, stop: CancellationToken) {
    let read = || async {
        let read = async {
            if !has_key(&database, &master).await? {
                // Two processes may do so at once: both keys are published, the newer one signs.
                add_key(&database, &master).await?;
            }
            signer.refresh(&database, &master, now_ms()).await
        };
        match read.await {
            Ok(()) => true,
            Err(error) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, "the signing keys cannot be read; those known stay in use");
                false
            }
        }
    };
    repeat(EVERY, stop, read).await;
}

/// Whether any key signs.
async fn has_key(database: &Database, master: &MasterKey) -> Result<bool, Error> {
    let now = now_ms();
    let keys = database.signing_keys().list(master).await?;
    Ok(keys.iter().any(|key| key.retires_ms.is_none_or(|at| now < at)))
}

/// Adds a key, which signs from the next reading on; gives its id.
///
/// # Errors
/// When the record refuses.
pub async fn add_key(database: &Database, master: &MasterKey) -> Result<String, Error> {
    let (kid, private, public) = generate_signing_key();
    database.signing_keys().insert(&kid, &private, public, master).await?;
    Ok(kid)
}
