//! Commands on the wire. The codec is `rusmpp`'s; here are the bounds around it, and what is still known of a command that it
//! cannot read. Nothing here is ever printed: commands hold texts, numbers and passwords.

use bytes::{Buf, BufMut, BytesMut};
use rusmpp::decode::DecodeWithLength;
use rusmpp::encode::Length;
use rusmpp::encode::owned::Encode;
use rusmpp::{Command, CommandId, CommandStatus, Pdu};

const HEADER: usize = 16;
/// No command that a client gets is longer: the longest value has 64 KiB.
const LONGEST: usize = 80 * 1024;

/// What came in.
#[expect(clippy::large_enum_variant, reason = "one at a time, on its way to be taken apart")]
pub(super) enum Incoming {
    /// A command.
    Command(Command),
    /// One with a fitting length whose body makes no sense.
    Unreadable(Head),
}

/// The head of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) id: CommandId,
    pub(super) status: CommandStatus,
    pub(super) sequence: u32,
}

/// What came in is no SMPP: nobody knows where the next command begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSmpp;

/// Takes the first command out of what was read; `None` when it is not all there yet.
pub(super) fn take(read: &mut BytesMut) -> Result<Option<Incoming>, NoSmpp> {
    let Some(length) = read.first_chunk().map(|bytes| u32::from_be_bytes(*bytes)) else { return Ok(None) };
    let length = usize::try_from(length).ok().filter(|length| (HEADER..=LONGEST).contains(length)).ok_or(NoSmpp)?;
    if read.len() < length {
        read.reserve(length - read.len());
        return Ok(None);
    }
    let mut frame = read.split_to(length);
    let word = |at: usize| frame[at..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    let head = Head { id: CommandId::from(word(4)), status: CommandStatus::from(word(8)), sequence: word(12) };
    frame.advance(4);
    Ok(Some(match Command::decode(&mut frame, length - 4) {
        Ok((command, _)) => Incoming::Command(command),
        Err(_) => Incoming::Unreadable(head),
    }))
}

/// Writes a command.
pub(super) fn put(written: &mut BytesMut, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
    let command = Command::new(status, sequence, pdu);
    let length = 4 + command.length();
    written.reserve(length);
    written.put_u32(u32::try_from(length).expect("a command has some kilobytes at most"));
    command.encode(written);
}

#[cfg(test)]
mod tests {
    use pinfold_core::entropy;

    use super::*;

    fn taken(bytes: &[u8]) -> Result<Option<Incoming>, NoSmpp> {
        take(&mut BytesMut::from(bytes))
    }

    #[test]
    fn a_command_is_taken_when_it_is_all_there() {
        let mut written = BytesMut::new();
        put(&mut written, CommandStatus::EsmeRok, 9, Pdu::EnquireLink);
        put(&mut written, CommandStatus::EsmeRok, 10, Pdu::Unbind);
        for cut in 0..HEADER {
            assert!(matches!(taken(&written[..cut]), Ok(None)), "{cut}");
        }
        let mut ids = Vec::new();
        while let Ok(Some(Incoming::Command(command))) = take(&mut written) {
            ids.push((command.id(), command.sequence_number()));
        }
        assert_eq!(ids, [(CommandId::EnquireLink, 9), (CommandId::Unbind, 10)]);
    }

    #[test]
    fn an_answer_without_a_body_is_read() {
        // submit_sm_resp, throttled, sequence 3: many SMSCs leave the id out when they refuse.
        let bytes = [0, 0, 0, 16, 0x80, 0, 0, 4, 0, 0, 0, 0x58, 0, 0, 0, 3];
        let Ok(Some(Incoming::Command(command))) = taken(&bytes) else { panic!("it is a command") };
        assert_eq!((command.status(), command.sequence_number()), (CommandStatus::EsmeRthrottled, 3));
        assert!(command.pdu().is_none());
    }

    #[test]
    fn the_head_of_an_unreadable_command_is_known() {
        let mut bytes = vec![0, 0, 0, 96, 0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3];
        bytes.extend([b'x'; 80]);
        let Ok(Some(Incoming::Unreadable(head))) = taken(&bytes) else { panic!("an id of 80 characters is too long") };
        assert_eq!(head, Head { id: CommandId::SubmitSmResp, status: CommandStatus::EsmeRok, sequence: 3 });
    }

    #[test]
    fn a_length_that_cannot_be_ends_the_conversation() {
        for bytes in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &[0; 16], &[0, 0, 0, 15], &[0xFF; 4]] {
            assert_eq!(taken(bytes).err(), Some(NoSmpp), "{bytes:?}");
        }
    }

    #[test]
    fn no_bytes_break_the_codec() {
        for id in [0x8000_0004_u32, 0x5, 0x8000_0009, 0x103, 0x15, 0x102, 0x21, 0x4, 0x9, 0x8000_0000, 0xB] {
            for length in 0..300_u32 {
                let noise: [u8; 300] = entropy::bytes();
                let noise = &noise[..length as usize];
                // Half of it zeros, so that strings end and fields after them are reached.
                for body in [noise.to_vec(), noise.iter().map(|byte| if byte & 1 == 0 { 0 } else { *byte }).collect()] {
                    let mut bytes = BytesMut::new();
                    bytes.put_u32(16 + length);
                    bytes.put_u32(id);
                    bytes.put_u64(1);
                    bytes.extend_from_slice(&body);
                    assert!(matches!(take(&mut bytes), Ok(Some(_))), "{id:#x} {body:?}");
                    assert!(bytes.is_empty());
                }
            }
        }
    }
}
