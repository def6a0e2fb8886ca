//! What a send names to be counted, matched with the limits that the service defines.

use std::sync::Arc;

use pinfold_http::Problem;
use pinfold_postgres::{NamedLimit, Snapshot};
use pinfold_redis::CallerLimit;

use super::super::{Service, object};
use super::fields::texts;
use crate::State;

/// The longest thing that is counted, in bytes.
const LONGEST_VALUE: usize = 255;

/// The limits that count a send; `text` is the object that it gives, of names and what they stand for.
///
/// # Errors
/// 400 for a name that the service does not define.
pub(super) async fn limits(state: &State, service: &Service, text: Option<&str>) -> Result<Vec<CallerLimit>, Problem> {
    let Some(given) = object("RateLimits", text)?.filter(|given| !given.is_empty()) else { return Ok(Vec::new()) };
    let given = texts("RateLimits", given)?;
    let knows_all = |snapshot: &Snapshot| given.iter().all(|(name, _)| find(snapshot, service, name).is_some());
    let mut snapshot = Arc::clone(&service.snapshot);
    // A limit may have been defined a moment ago.
    if !knows_all(&snapshot) {
        snapshot = state.snapshots.newest(snapshot).await;
    }
    let mut limits = Vec::new();
    for (name, value) in &given {
        let unknown = || Problem::field("RateLimits", "must name rate limits of the service, with values of at most 255 bytes");
        let limit = find(&snapshot, service, name).filter(|_| value.len() <= LONGEST_VALUE).ok_or_else(unknown)?;
        limits.extend(limit.buckets.iter().map(|(bucket, rate)| CallerLimit {
            key: snapshot.keys.keyed_hash("caller limit", &[bucket.as_bytes(), value.as_bytes()]),
            rate: *rate,
        }));
    }
    Ok(limits)
}

fn find<'a>(snapshot: &'a Snapshot, service: &Service, name: &str) -> Option<&'a NamedLimit> {
    snapshot.rate_limits.get(&service.id)?.iter().find(|limit| limit.name == name)
}
