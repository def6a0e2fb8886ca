//! Questions to Redis that must be answered: asked until they are. A stopping worker gives up after a while.

use std::time::Duration;

use pinfold_redis::Error;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::worker::Worker;

/// How long to wait before asking again.
pub(crate) const AGAIN: Duration = Duration::from_millis(100);
/// How long a stopping worker goes on asking.
const LAST_TRIES: Duration = Duration::from_secs(3);

/// Asks until there is an answer; `None` when the worker stops without one.
pub(crate) async fn ask<T, F: Future<Output = Result<T, Error>>>(
    worker: &Worker,
    soft: &CancellationToken,
    question: impl Fn() -> F,
) -> Option<T> {
    let mut give_up = None;
    loop {
        match question().await {
            Ok(answer) => {
                worker.redis.end();
                return Some(answer);
            }
            Err(error) => worker.redis.begin(&error),
        }
        if soft.is_cancelled() && Instant::now() > *give_up.get_or_insert_with(|| Instant::now() + LAST_TRIES) {
            return None;
        }
        sleep(AGAIN).await;
    }
}
