//! Releases retries whose time has come.

use crate::function::{Function, Packed};
use crate::{Error, Hot, Partition};

impl Hot {
    /// Moves up to `most` due retries of a partition back into its queue; gives how many.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn release(&self, partition: Partition, most: u32) -> Result<usize, Error> {
        let numbers = Packed::default().ms(self.clock_ms).u32(most);
        let (due, jobs) = (partition.due(), partition.jobs());
        let keys = [due.as_bytes(), jobs.as_bytes()];
        let (moved, lacks_turns): (usize, bool) = Function::Release.call(self, &keys, &[numbers.bytes()]).await?;
        if lacks_turns {
            self.adopt(partition).await?;
        }
        Ok(moved)
    }

    /// Looks through all keys for parked messages that nobody would come to, because a key was lost.
    async fn adopt(&self, partition: Partition) -> Result<(), Error> {
        let (jobs, mut cursor) = (partition.jobs(), "0".to_owned());
        loop {
            cursor = Function::Adopt.call(self, &[jobs.as_bytes()], &[cursor.as_bytes()]).await?;
            if cursor == "0" {
                return Ok(());
            }
        }
    }
}
