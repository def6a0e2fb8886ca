//! The id of a request, by which the client's answer, the logs and the audit log name it alike.

use std::fmt;

use crate::entropy;

/// 32 hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 32]);

impl RequestId {
    /// An id that no other request has.
    #[must_use]
    pub fn random() -> Self {
        let mut text = [0; 32];
        hex::encode_to_slice(entropy::bytes::<16>(), &mut text).expect("32 bytes hold 16 in hexadecimal");
        Self(text)
    }

    /// The id that somebody else gave a request; nothing else passes.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        text.try_into().ok().filter(|text: &[u8; 32]| text.iter().all(u8::is_ascii_hexdigit)).map(Self)
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal is ASCII")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_nothing_else_is_one() {
        let id = RequestId::random();
        assert_ne!(id, RequestId::random());
        assert_eq!(RequestId::parse(id.to_string().as_bytes()), Some(id));
        for text in ["", "0123456789abcdef", "0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef0"] {
            assert_eq!(RequestId::parse(text.as_bytes()), None, "{text}");
        }
    }
}
