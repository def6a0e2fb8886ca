//! A fallback timer: when it fires, the PIN's plan is looked at. Ids only; whether a step starts is up to the record, so a
//! timer that is late, early or there twice does no harm.

use pinfold_core::id::{PinId, TenantId};

/// Jobs and timers wait in one queue; versions tell them apart.
pub(crate) const VERSION: u8 = 3;

/// A timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// Whose PIN it is.
    pub tenant: TenantId,
    /// Which PIN.
    pub pin: PinId,
    /// How many steps of the plan were taken when it was set. It is void once there are more.
    pub steps_taken: u8,
    /// The message that failed; without, a wait has run.
    pub failed: Option<u8>,
}

impl Timer {
    /// The bytes for the queue. The same for the same wait, so that setting it again moves it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let tail = [self.steps_taken, self.failed.unwrap_or(0)];
        [&[VERSION], self.tenant.as_bytes().as_slice(), self.pin.as_bytes(), &tail].concat()
    }

    /// Reads a timer; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[version], rest) = bytes.split_first_chunk()?;
        let (tenant, rest) = rest.split_first_chunk()?;
        let (pin, rest) = rest.split_first_chunk()?;
        let &[steps_taken, failed] = rest.first_chunk().filter(|_| version == VERSION && rest.len() == 2)?;
        Some(Self {
            tenant: TenantId::from_bytes(*tenant),
            pin: PinId::from_bytes(*pin),
            steps_taken,
            failed: (failed > 0).then_some(failed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_comes_back_and_foreign_bytes_do_not() {
        for failed in [None, Some(2)] {
            let timer = Timer { tenant: TenantId::random(), pin: PinId::random(), steps_taken: 1, failed };
            let bytes = timer.encode();
            assert_eq!(Timer::decode(&bytes), Some(timer));
            assert_eq!(crate::Job::decode(&bytes), None);
            assert_eq!(Timer::decode(&bytes[..34]), None);
            assert_eq!(Timer::decode(&[&bytes[..], b"x"].concat()), None);
            assert_eq!(Timer::decode(&[&[4], &bytes[1..]].concat()), None);
        }
    }
}
