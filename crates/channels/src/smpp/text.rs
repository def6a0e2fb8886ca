//! A text as an SMSC takes it: its alphabet, and its parts when it is longer than one SMS.

use pinfold_core::connection::{SmppAlphabet, SmppLongText};
use pinfold_core::segments::{self, Encoding};

/// UCS-2, big-endian.
const UCS2: u8 = 8;
/// ISO-8859-1.
const LATIN1: u8 = 3;
/// Whatever the SMSC takes without being told; the GSM alphabet nearly everywhere.
const DEFAULT: u8 = 0;
/// As many parts as the header of one can count.
const MOST_PARTS: usize = 255;

/// One message for the SMSC.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The data coding of the text.
    pub(super) data_coding: u8,
    /// The text, with the user data header before it where there is one.
    pub(super) bytes: Vec<u8>,
    /// Whether there is one.
    pub(super) has_header: bool,
    /// Whether it travels in `message_payload`.
    pub(super) is_payload: bool,
}

/// The parts of a text. The phone puts together what has the same `reference` byte and comes from the same sender.
///
/// # Errors
/// The reason why it cannot be sent.
pub(super) fn parts(text: &str, alphabet: SmppAlphabet, long: SmppLongText, reference: u8) -> Result<Vec<Part>, &'static str> {
    let (data_coding, encode) = coding(text, alphabet);
    let split = segments::split(text);
    let plain = |bytes, is_payload| Part { data_coding, bytes, has_header: false, is_payload };
    match split.len() {
        0 => Err("invalid_request"),
        1 => Ok(vec![plain(encode(text), false)]),
        _ if long == SmppLongText::Payload => Ok(vec![plain(encode(text), true)]),
        count @ 2..=MOST_PARTS => {
            let part = |(index, text): (usize, &&str)| {
                // Concatenated short messages, 8-bit reference (3GPP TS 23.040, 9.2.3.24.1).
                let mut bytes = vec![5, 0, 3, reference, byte(count), byte(index + 1)];
                bytes.extend(encode(text));
                Part { data_coding, bytes, has_header: true, is_payload: false }
            };
            Ok(split.iter().enumerate().map(part).collect())
        }
        _ => Err("invalid_request"),
    }
}

/// A byte that is the same for every attempt at one delivery, so that a phone that has some parts of an attempt completes them
/// with those of the next.
pub(super) fn reference_byte(reference: &str) -> u8 {
    // FNV-1a, folded.
    let hash = reference.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.to_be_bytes().into_iter().fold(0, |folded, byte| folded ^ byte)
}

type Encode = fn(&str) -> Vec<u8>;

fn coding(text: &str, alphabet: SmppAlphabet) -> (u8, Encode) {
    let is_latin1 = |text: &str| text.chars().all(|character| u32::from(character) < 0x100);
    match (segments::encoding(text), alphabet) {
        (Encoding::Gsm7, SmppAlphabet::Gsm7) => (DEFAULT, gsm7),
        // A phone network knows no ISO-8859-1: the SMSC writes it anew in the GSM alphabet, which must therefore have it all.
        (Encoding::Gsm7, SmppAlphabet::Latin1) if is_latin1(text) => (LATIN1, latin1),
        (Encoding::Gsm7, SmppAlphabet::Latin1Default) if is_latin1(text) => (DEFAULT, latin1),
        _ => (UCS2, ucs2),
    }
}

fn gsm7(text: &str) -> Vec<u8> {
    segments::gsm7(text).unwrap_or_default()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect()
}

fn ucs2(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn byte(number: usize) -> u8 {
    u8::try_from(number).expect("no more parts than a byte counts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gsm(text: &str) -> Vec<Part> {
        parts(text, SmppAlphabet::Gsm7, SmppLongText::Udh, 7).expect("a text")
    }

    #[test]
    fn a_short_text_is_one_message() {
        let one =
            |data_coding, bytes: &[u8]| vec![Part { data_coding, bytes: bytes.to_vec(), has_header: false, is_payload: false }];
        assert_eq!(gsm("PIN 12€"), one(0, b"PIN 12\x1be"));
        assert_eq!(gsm("ПИН"), one(8, &[0x04, 0x1F, 0x04, 0x18, 0x04, 0x1D]));
        let latin = |text, alphabet| parts(text, alphabet, SmppLongText::Udh, 7).expect("a text");
        assert_eq!(latin("für", SmppAlphabet::Latin1), one(3, b"f\xFCr"));
        assert_eq!(latin("für", SmppAlphabet::Latin1Default), one(0, b"f\xFCr"));
        // In the GSM alphabet, but not in ISO-8859-1; and the reverse.
        assert_eq!(latin("€", SmppAlphabet::Latin1), one(8, &[0x20, 0xAC]));
        assert_eq!(latin("â", SmppAlphabet::Latin1), one(8, &[0x00, 0xE2]));
        assert_eq!(parts("", SmppAlphabet::Gsm7, SmppLongText::Udh, 7), Err("invalid_request"));
    }

    #[test]
    fn a_long_text_is_as_many_messages_as_are_counted() {
        for text in ["x".repeat(161), "€".repeat(100), "ж".repeat(71), "😀".repeat(70), "x".repeat(1530)] {
            let parts = gsm(&text);
            assert_eq!(parts.len(), usize::from(segments::count(&text).count));
            for (index, part) in parts.iter().enumerate() {
                assert_eq!(part.bytes[..6], [5, 0, 3, 7, byte(parts.len()), byte(index + 1)]);
                assert!(part.has_header && part.bytes.len() <= 6 + 153, "{}", part.bytes.len());
            }
        }
    }

    #[test]
    fn a_long_text_may_travel_whole() {
        let whole = parts(&"x".repeat(161), SmppAlphabet::Gsm7, SmppLongText::Payload, 7).expect("a text");
        assert_eq!(whole, [Part { data_coding: 0, bytes: vec![b'x'; 161], has_header: false, is_payload: true }]);
        let short = parts("x", SmppAlphabet::Gsm7, SmppLongText::Payload, 7).expect("a text");
        assert!(!short[0].is_payload);
    }

    #[test]
    fn attempts_share_their_byte() {
        assert_eq!(reference_byte("09AB-1"), reference_byte("09AB-1"));
        let different: std::collections::HashSet<u8> = (0..500).map(|n| reference_byte(&format!("PIN{n}-1"))).collect();
        assert!(different.len() > 150, "{}", different.len());
    }
}
