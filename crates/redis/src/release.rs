//! Releases retries whose time has come.

use crate::function::{Function, Numbers};
use crate::{Error, Hot, Partition};

impl Hot {
    /// Moves up to `most` due retries of a partition back into its queue; gives how many.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn release(&self, partition: Partition, most: u32) -> Result<usize, Error> {
        let numbers = Numbers::default().ms(self.clock_ms).u32(most);
        let (due, jobs) = (partition.due(), partition.jobs());
        Function::Release.call(self, &[due.as_bytes(), jobs.as_bytes()], &[numbers.bytes()]).await
    }
}
