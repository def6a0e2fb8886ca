//! A queued message: ids only, never a recipient or a code.
//!
//! Version 2 adds which connections were tried. A message that was not tried over a connection yet is written as version 1,
//! which workers of the version before this one read too.

use pinfold_core::channel::Channel;
use pinfold_core::id::{ConnectionId, PinId, TenantId};

/// Until a connection was tried.
const VERSION: u8 = 1;
/// Since then.
const TRIED_VERSION: u8 = 2;
/// So many tried connections are kept.
pub const MOST_TRIED: usize = 8;
/// In the byte that counts them: an attempt was made whose outcome nobody knows.
const UNCERTAIN: u8 = 0x80;
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
    /// The connections this message was tried over since it last waited: the first bytes of their ids.
    pub tried: Vec<[u8; 4]>,
    /// Whether an attempt was made whose outcome nobody knows.
    pub is_uncertain: bool,
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
        if !self.tried.is_empty() || self.is_uncertain {
            let tried = &self.tried[self.tried.len().saturating_sub(MOST_TRIED)..];
            bytes[0] = TRIED_VERSION;
            bytes.push(tried.len() as u8 | if self.is_uncertain { UNCERTAIN } else { 0 });
            bytes.extend(tried.iter().flatten());
        }
        bytes.extend(self.trace.as_deref().unwrap_or_default().as_bytes());
        bytes
    }

    /// Reads a job; `None` for a foreign version or anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<{ PREFIX + 2 }>()?;
        let (tried, is_uncertain, trace) = match head[0] {
            VERSION => (&[][..], false, rest),
            TRIED_VERSION => {
                let (count, rest) = rest.split_first()?;
                let tried = usize::from(count & !UNCERTAIN);
                let (tried, trace) = rest.split_at_checked(4 * tried).filter(|_| tried <= MOST_TRIED)?;
                (tried, count & UNCERTAIN > 0, trace)
            }
            _ => return None,
        };
        if trace.len() > 64 {
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
            tried: tried.as_chunks::<4>().0.to_vec(),
            is_uncertain,
        })
    }

    /// Whether this message was tried over a connection since it last waited.
    #[must_use]
    pub fn was_tried(&self, connection: ConnectionId) -> bool {
        self.tried.iter().any(|start| connection.as_bytes().starts_with(start))
    }

    /// The name of this message for providers: the same for every attempt and every worker, so that a provider that
    /// knows it can refuse a repetition.
    #[must_use]
    pub fn reference(&self) -> String {
        let mut reference = String::with_capacity(32 + 4);
        reference.push_str(self.pin.hex(&mut [0; 32]));
        reference.push('-');
        reference.push_str(&self.delivery.to_string());
        reference
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
            tried: Vec::new(),
            is_uncertain: false,
        };
        assert_eq!(Job::decode(&job.encode()), Some(job.clone()));
        job.trace = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
        assert_eq!(Job::decode(&job.encode()), Some(job.clone()));
        assert_eq!(job.encode()[0], VERSION, "workers of the version before read it");
        let mut foreign = job.encode();
        foreign[0] = crate::timer::VERSION;
        assert_eq!(Job::decode(&foreign), None);
        assert_eq!(Job::decode(b""), None);
        assert_eq!(Job::decode(&[b'x'; 10_000]), None);
    }

    #[test]
    fn a_job_remembers_which_connections_were_tried() {
        let [first, second, third] = [1, 2, 3].map(|number| ConnectionId::from_bytes([number; 16]));
        let mut job = Job {
            tenant: TenantId::random(),
            pin: PinId::random(),
            channel: Channel::Sms,
            attempt: 2,
            generation: 0,
            delivery: 1,
            trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            tried: vec![[1; 4], [2; 4]],
            is_uncertain: true,
        };
        assert_eq!(job.encode()[0], TRIED_VERSION);
        assert_eq!(Job::decode(&job.encode()), Some(job.clone()));
        assert!(job.was_tried(first) && job.was_tried(second) && !job.was_tried(third));
        for cut in 0..PREFIX + 3 + 8 {
            assert_eq!(Job::decode(&job.encode()[..cut]), None, "{cut}");
        }
        job.tried = vec![[7; 4]; 20];
        assert_eq!(Job::decode(&job.encode()).expect("it is cut").tried.len(), MOST_TRIED);
        let mut many = job.encode();
        many[PREFIX + 2] = 9;
        assert_eq!(Job::decode(&many), None);
    }
}
