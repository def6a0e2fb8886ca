//! A queued message: ids only, never a recipient or a code.

use pinfold_core::channel::Channel;
use pinfold_core::id::{PinId, TenantId};

const VERSION: u8 = 1;
/// The part that is the same for every message of a PIN on one channel.
const PREFIX: usize = 1 + 16 + 16 + 1 + 1;

/// One message to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which PIN.
    pub pin: PinId,
    /// The way to the person.
    pub channel: Channel,
    /// Attempts made before.
    pub attempt: u8,
    /// The code's generation.
    pub generation: u8,
    /// Which message of the PIN: 1 for the send, more for resends.
    pub delivery: u8,
    /// The trace context of the request, as a `traceparent` header (W3C).
    pub trace: Option<String>,
}

impl Job {
    /// The bytes before generation and delivery.
    pub(crate) fn prefix(tenant: TenantId, pin: PinId, channel: Channel, attempt: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PREFIX + 2);
        bytes.push(VERSION);
        bytes.extend_from_slice(tenant.as_bytes());
        bytes.extend_from_slice(pin.as_bytes());
        bytes.extend([channel.code(), attempt]);
        bytes
    }

    /// The bytes for the stream.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Self::prefix(self.tenant, self.pin, self.channel, self.attempt);
        bytes.extend([self.generation, self.delivery]);
        bytes.extend(self.trace.as_deref().unwrap_or_default().as_bytes());
        bytes
    }

    /// Reads a job; `None` for a foreign version or anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, trace) = bytes.split_first_chunk::<{ PREFIX + 2 }>()?;
        if head[0] != VERSION || trace.len() > 64 {
            return None;
        }
        Some(Self {
            tenant: TenantId::from_bytes(*head[1..].first_chunk()?),
            pin: PinId::from_bytes(*head[17..].first_chunk()?),
            channel: Channel::from_code(head[33])?,
            attempt: head[34],
            generation: head[35],
            delivery: head[36],
            trace: if trace.is_empty() { None } else { Some(String::from_utf8(trace.to_vec()).ok()?) },
        })
    }

    /// The name of this message for providers: the same for every attempt and every worker, so that a provider that
    /// knows it can refuse a repetition.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}-{}", self.pin, self.delivery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_comes_back_and_foreign_bytes_do_not() {
        let mut job = Job {
            tenant: TenantId::random(),
            pin: PinId::random(),
            channel: Channel::Email,
            attempt: 2,
            generation: 1,
            delivery: 3,
            trace: None,
        };
        assert_eq!(Job::decode(&job.encode()), Some(job.clone()));
        job.trace = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
        assert_eq!(Job::decode(&job.encode()), Some(job.clone()));
        let mut foreign = job.encode();
        foreign[0] = 2;
        assert_eq!(Job::decode(&foreign), None);
        assert_eq!(Job::decode(b""), None);
        assert_eq!(Job::decode(&[b'x'; 10_000]), None);
    }
}
