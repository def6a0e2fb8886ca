//! Forgets readers of the queues whose process ended without taking its leave: each start has a name of its own.

use std::time::Duration;

use crate::function::Function;
use crate::{Error, Hot, events, queue};

impl Hot {
    /// Takes readers off all queues that were not heard of for `silence` and hold no entry; one that reads on is listed again.
    /// Gives how many those were, counted once for each queue.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn forget_silent_readers(&self, silence: Duration) -> Result<u64, Error> {
        let silence_ms = silence.as_millis().to_string();
        let mut forgotten = 0;
        for partition in self.partitions() {
            for (stream, group) in [(partition.jobs(), queue::GROUP), (partition.events(), events::GROUP)] {
                let arguments = [group.as_bytes(), silence_ms.as_bytes()];
                forgotten += Function::ForgetSilent.call::<u64>(self, &[stream.as_bytes()], &arguments).await?;
            }
        }
        Ok(forgotten)
    }
}
