//! Reads records without changing them.

use pinfold_core::id::{PinId, TenantId};
use pinfold_core::keys::{Digest, Purpose};
use redis::streams::StreamRangeReply;

use crate::{Error, Hot, Record};

/// The bytes by which a number leads to a PIN, as in `scripts/number.lua`.
const LATEST: usize = 58;

/// The entries that lead to PINs, at the end of a number's key: behind its fixed part and three windows, each with its length.
fn latest_of(number: &[u8]) -> Option<&[u8]> {
    let mut rest = number.get(23..)?;
    let mut part: &[u8] = &[];
    for _ in 0..4 {
        let (length, behind) = rest.split_first_chunk()?;
        (part, rest) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
    }
    Some(part)
}

impl Hot {
    /// The record of a PIN.
    ///
    /// # Errors
    /// When Redis cannot be asked, or the record is foreign.
    pub async fn peek(&self, tenant: TenantId, pin: PinId) -> Result<Option<Record>, Error> {
        let key = self.names(tenant).pin(pin);
        let bytes: Option<Vec<u8>> = redis::cmd("GET").arg(key).query_async(&mut self.link()).await?;
        bytes.map(|bytes| Record::decode(&bytes).ok_or(Error::Foreign)).transpose()
    }

    /// The latest PINs of a number for some purposes, in their order, for dialects that name PINs by number.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn latest(&self, tenant: TenantId, subject: &Digest, purposes: &[Purpose]) -> Result<Vec<PinId>, Error> {
        let key = self.names(tenant).number(subject);
        let number: Option<Vec<u8>> = redis::cmd("GET").arg(key).query_async(&mut self.link()).await?;
        let entries = number.as_deref().and_then(latest_of).unwrap_or_default();
        let entry = |purpose: &Purpose| entries.chunks_exact(LATEST).find(|entry| entry.starts_with(purpose));
        let id = |purpose| entry(purpose)?[8..].first_chunk().map(|id| PinId::from_bytes(*id));
        Ok(purposes.iter().filter_map(id).collect())
    }

    /// The records of several PINs of one partition, in order; a foreign one is an error in its place.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn peek_many(&self, pins: &[(TenantId, PinId)]) -> Result<Vec<Option<Result<Record, Error>>>, Error> {
        if pins.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = redis::cmd("MGET");
        for of_one in pins.chunk_by(|(one, _), (other, _)| one == other) {
            let names = self.names(of_one[0].0);
            for (_, pin) in of_one {
                command.arg(names.pin(*pin));
            }
        }
        let records: Vec<Option<Vec<u8>>> = self.link().ask(&command).await?;
        Ok(records.into_iter().map(|bytes| bytes.map(|bytes| Record::decode(&bytes).ok_or(Error::Foreign))).collect())
    }

    /// Until when everything that happened is recorded, by Redis' clock in milliseconds: the time of the oldest event that
    /// still waits in any partition, or now.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn recorded_until_ms(&self) -> Result<u64, Error> {
        // The time first: what happens while the partitions are looked at happens later.
        let mut until = self.now_ms().await?;
        for partition in self.partitions() {
            let mut command = redis::cmd("XRANGE");
            command.arg(partition.events()).arg("-").arg("+").arg("COUNT").arg(1);
            let oldest: StreamRangeReply = command.query_async(&mut self.link()).await?;
            let at = oldest.ids.first().and_then(|entry| entry.id.split('-').next()?.parse().ok());
            until = until.min(at.unwrap_or(until));
        }
        Ok(until)
    }

    /// The time by Redis' clock, in milliseconds.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn now_ms(&self) -> Result<u64, Error> {
        let (seconds, micros): (u64, u64) = redis::cmd("TIME").query_async(&mut self.link()).await?;
        Ok(seconds * 1_000 + micros / 1_000)
    }
}
