//! A pace that holds over all processes: of a connection, or of something that a tenant does by hand.

use std::time::Duration;

use pinfold_core::id::{ConnectionId, TenantId};

use crate::function::{Function, Packed};
use crate::{Error, Hot};

/// How often something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    of: [u8; 16],
    interval_us: u64,
    burst_us: u64,
}

/// What may happen at once at a paced connection, as a part of a second.
const BURST_US: u64 = 20_000;

impl Pace {
    /// The pace of a connection's messages. It holds in every second: bursts are short.
    #[must_use]
    pub fn connection(connection: ConnectionId, per_second: u32) -> Self {
        let interval_us = 1_000_000 / u64::from(per_second.max(1));
        Self { of: *connection.as_bytes(), interval_us, burst_us: BURST_US }
    }

    /// The pace of test messages: some at once, then one after each `interval`.
    #[must_use]
    pub fn tests(at_once: u32, interval: Duration) -> Self {
        let interval_us = interval.as_micros() as u64;
        Self { of: *b"test of a route\0", interval_us, burst_us: interval_us * u64::from(at_once.saturating_sub(1)) }
    }
}

impl Hot {
    /// Takes one step at a pace, in one round trip; or says how long to wait. Those who wait are told different times.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn step(&self, tenant: TenantId, pace: Pace) -> Result<Option<Duration>, Error> {
        let key = self.names(tenant).pace(&pace.of);
        let numbers = Packed::default().ms(self.clock_ms).ms(pace.interval_us).ms(pace.burst_us);
        let wait_ms: u64 = Function::Pace.call(self, &[&key], &[numbers.bytes()]).await?;
        Ok((wait_ms > 0).then(|| Duration::from_millis(wait_ms)))
    }
}
