//! A PIN's record: packed, about 110 bytes. The README has the layout; the scripts read the same.

use pinfold_core::alphabet::Alphabet;
use pinfold_core::channel::Channel;
use pinfold_core::event::TEST_MARK;
use pinfold_core::id::MessageId;
use pinfold_core::keys::{Digest, KeyVersion};
use pinfold_core::life::{Status, Terminal};

/// The version of the layout. A record of another version is left alone.
const VERSION: u8 = 1;
/// The length of the part before the sealed one.
const HEADER: usize = 66;

/// What a record says beside its fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// May be verified more than once.
    pub may_repeat: bool,
    /// Goes to the simulator.
    pub is_sandbox: bool,
    /// The code was chosen by the caller and is in the sealed part.
    pub is_chosen: bool,
    /// The number's latest PIN is kept, for dialects that verify by number.
    pub has_pointer: bool,
    /// A fallback plan says what follows when a message does not reach its person.
    pub has_plan: bool,
    /// Of a test number: no message leaves. It stands beside the code's length, where every event gets a copy of it.
    pub is_test: bool,
}

impl Flags {
    pub(crate) fn bits(self) -> u8 {
        u8::from(self.may_repeat)
            | u8::from(self.is_sandbox) << 1
            | u8::from(self.is_chosen) << 2
            | u8::from(self.has_pointer) << 3
            | u8::from(self.has_plan) << 4
    }

    fn from_bits(bits: u8) -> Self {
        Self {
            may_repeat: bits & 1 != 0,
            is_sandbox: bits & 2 != 0,
            is_chosen: bits & 4 != 0,
            has_pointer: bits & 8 != 0,
            has_plan: bits & 16 != 0,
            is_test: false,
        }
    }
}

/// A PIN's record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where it stands; see [`Record::terminal`] for expiry.
    pub status: Status,
    /// Flags.
    pub flags: Flags,
    /// The channel of the last message.
    pub channel: Channel,
    /// Guesses spent.
    pub attempts_used: u8,
    /// Guesses allowed.
    pub attempts: u8,
    /// How often the code was replaced.
    pub generation: u8,
    /// Messages so far.
    pub deliveries: u8,
    /// Steps of the fallback plan that were started or passed over: the last three bits of the flags.
    pub steps_taken: u8,
    /// The version of the tenant key its code, digest and sealed part use.
    pub key_version: KeyVersion,
    /// The code's length.
    pub length: u8,
    /// The code's alphabet.
    pub alphabet: Alphabet,
    /// When it was accepted, in milliseconds of Redis' clock.
    pub created_ms: u64,
    /// When it dies.
    pub expires_ms: u64,
    /// The keyed hash of number and application.
    pub subject: Digest,
    /// The message template.
    pub message: MessageId,
    /// The sealed envelope.
    pub sealed: Vec<u8>,
    /// When it was first verified.
    pub verified_ms: Option<u64>,
}

impl Record {
    /// The bytes before the times.
    pub(crate) fn head(flags: Flags, channel: Channel, attempts: u8, length: u8, alphabet: Alphabet) -> [u8; 10] {
        let length = if flags.is_test { length | TEST_MARK } else { length };
        [VERSION, Status::Waiting.code(), flags.bits(), channel.code(), 0, attempts, 0, 1, length, alphabet.code()]
    }

    /// The bytes after the times.
    pub(crate) fn body(key_version: KeyVersion, digest: &Digest, subject: &Digest, message: MessageId, sealed: &[u8]) -> Vec<u8> {
        let mut body = Vec::with_capacity(HEADER - 22 + sealed.len());
        body.extend_from_slice(&key_version.to_be_bytes());
        body.extend_from_slice(digest);
        body.extend_from_slice(subject);
        body.extend_from_slice(message.as_bytes());
        body.extend_from_slice(&u16::try_from(sealed.len()).expect("a sealed envelope is some kilobytes at most").to_be_bytes());
        body.extend_from_slice(sealed);
        body
    }

    /// Reads a record; `None` for a foreign version or anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        if header[0] != VERSION {
            return None;
        }
        let size = usize::from(u16::from_be_bytes([header[64], header[65]]));
        let (sealed, tail) = rest.split_at_checked(size)?;
        Some(Self {
            status: Status::from_code(header[1])?,
            flags: Flags { is_test: header[8] & TEST_MARK != 0, ..Flags::from_bits(header[2]) },
            channel: Channel::from_code(header[3])?,
            attempts_used: header[4],
            attempts: header[5],
            generation: header[6],
            deliveries: header[7],
            steps_taken: header[2] >> 5,
            length: header[8] & !TEST_MARK,
            alphabet: Alphabet::from_code(header[9])?,
            created_ms: time(&header[10..16])?,
            expires_ms: time(&header[16..22])?,
            key_version: u16::from_be_bytes([header[22], header[23]]),
            subject: *header[36..].first_chunk()?,
            message: MessageId::from_bytes(*header[48..].first_chunk()?),
            sealed: sealed.to_vec(),
            verified_ms: time(tail),
        })
    }

    /// Why it takes no more guesses and messages at `now_ms`, if it does not.
    #[must_use]
    pub fn terminal(&self, now_ms: u64) -> Option<Terminal> {
        match self.status {
            Status::Verified if !self.flags.may_repeat => Some(Terminal::AlreadyVerified),
            Status::Exhausted => Some(Terminal::Exhausted),
            Status::Canceled => Some(Terminal::Canceled),
            Status::Waiting | Status::Verified => (now_ms >= self.expires_ms).then_some(Terminal::Expired),
        }
    }

    /// Guesses that are left.
    #[must_use]
    pub fn attempts_left(&self) -> u8 {
        self.attempts.saturating_sub(self.attempts_used)
    }
}

/// A 48-bit time at the start of `bytes`.
pub(crate) fn time(bytes: &[u8]) -> Option<u64> {
    let mut wide = [0; 8];
    wide[2..].copy_from_slice(bytes.first_chunk::<6>()?);
    Some(u64::from_be_bytes(wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back() {
        let flags = Flags { may_repeat: true, has_pointer: true, ..Flags::default() };
        let mut bytes = Record::head(flags, Channel::Voice, 5, 6, Alphabet::Hex).to_vec();
        bytes.extend([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0]);
        bytes.extend(Record::body(3, &[1; 12], &[2; 12], MessageId::from_bytes([3; 16]), b"sealed"));
        let record = Record::decode(&bytes).expect("a record");
        assert_eq!((record.created_ms, record.expires_ms, record.key_version), (256, 512, 3));
        assert_eq!((record.flags, record.channel, record.subject), (flags, Channel::Voice, [2; 12]));
        assert_eq!((record.sealed.as_slice(), record.verified_ms), (&b"sealed"[..], None));
        assert_eq!(record.terminal(511), None);
        assert_eq!(record.terminal(512), Some(Terminal::Expired));
        assert_eq!((record.length, bytes[8]), (6, 6));
        let test = Record::head(Flags { is_test: true, ..flags }, Channel::Voice, 5, 6, Alphabet::Hex);
        bytes[..10].copy_from_slice(&test);
        let marked = Record::decode(&bytes).expect("a record");
        assert_eq!(marked, Record { flags: Flags { is_test: true, ..flags }, ..record });
        bytes[0] = 9;
        assert_eq!(Record::decode(&bytes), None);
    }
}
