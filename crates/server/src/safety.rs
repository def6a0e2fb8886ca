//! What only the servers themselves can say before a process starts: whether the record is migrated, whether we log in
//! to it as somebody harmless, and whether Redis is fit to hold PINs. A server that is away is no reason not to start:
//! the process is then not ready until it has looked.

use crate::health::record_faults;
use crate::parts::Parts;
use crate::settings::Faults;

/// Asks PostgreSQL and Redis.
///
/// # Errors
/// Why the process must not start. In development only what cannot work; the rest is a warning.
pub async fn check(parts: &Parts) -> Result<(), Faults> {
    let is_strict = parts.settings.is_production();
    let mut faults = Vec::new();
    match record_faults(&parts.database, is_strict).await {
        Ok(found) => faults.extend(found),
        Err(error) if error.is_unavailable() => {
            tracing::warn!(
                error = &error as &(dyn std::error::Error + 'static),
                "PostgreSQL cannot be asked; not ready until then"
            );
        }
        Err(error) => faults.push(format!("PostgreSQL: {:#}", anyhow::Error::from(error))),
    }
    if !is_strict {
        parts.settings.production_faults(&parts.roles).iter().for_each(|fault| tracing::debug!(fault, "unsafe in production"));
    }
    if !is_strict && let Ok(found) = parts.database.role_faults().await {
        found.iter().for_each(|fault| tracing::warn!(%fault, "unsafe in production"));
    }
    if parts.roles.need_redis() {
        match parts.hot.probe().await.map(|probe| probe.faults()) {
            Ok(found) if is_strict => faults.extend(found),
            Ok(found) => found.iter().for_each(|fault| tracing::warn!(fault, "unsafe in production")),
            Err(error) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, "Redis cannot be asked; not ready until then");
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}
