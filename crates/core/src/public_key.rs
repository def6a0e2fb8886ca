//! The public key by which an application signs its own tokens: RSA of at least 2048 bits, as a SubjectPublicKeyInfo
//! (RFC 5280, the PEM that begins with `BEGIN PUBLIC KEY`).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// The longest text that is looked at: a key of 8192 bits has less than half of it.
const LONGEST: usize = 4_096;

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    der: Vec<u8>,
    bits: usize,
}

/// The text or the bytes are no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an RSA public key of 2048 to 8192 bits in PEM, beginning with {BEGIN}")]
pub struct InvalidPublicKey;

impl PublicKey {
    /// The key of a PEM text.
    ///
    /// # Errors
    /// [`InvalidPublicKey`], also for a private key, a certificate, and more than one key.
    pub fn from_pem(text: &str) -> Result<Self, InvalidPublicKey> {
        if text.len() > LONGEST {
            return Err(InvalidPublicKey);
        }
        let inner = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).ok_or(InvalidPublicKey)?;
        let base64: String = inner.split_ascii_whitespace().collect();
        Self::from_der(&STANDARD.decode(base64).map_err(|_| InvalidPublicKey)?)
    }

    /// The key of a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`InvalidPublicKey`].
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidPublicKey> {
        let bits = PublicEncryptingKey::from_der(der).map_err(|_| InvalidPublicKey)?.key_size_bits();
        if (2_048..=8_192).contains(&bits) { Ok(Self { der: der.to_vec(), bits }) } else { Err(InvalidPublicKey) }
    }

    /// The SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The key as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        let base64 = STANDARD.encode(&self.der);
        let lines: Vec<&str> =
            base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII")).collect();
        format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
    }

    /// Its length.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// By which people recognise it: `SHA256:` and the base64 of the digest of its DER.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD.encode(digest(&SHA256, &self.der)).trim_end_matches('='))
    }

    /// Whether `signature` is this key's for `message` (RSASSA-PKCS1-v1_5 with SHA-256: RS256).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.der).verify(message, signature).is_ok()
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};

    use super::*;

    fn pair() -> (KeyPair, Vec<u8>) {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der = pair.public_key().as_der().expect("DER").as_ref().to_vec();
        (pair, der)
    }

    #[test]
    fn a_key_comes_back_from_its_pem_and_verifies_what_its_half_signed() {
        let (pair, der) = pair();
        let key = PublicKey::from_der(&der).expect("a key");
        assert_eq!(PublicKey::from_pem(&key.pem()), Ok(key.clone()));
        assert_eq!(PublicKey::from_pem(&format!("\r\n{}\r\n", key.pem().replace('\n', "\r\n"))), Ok(key.clone()));
        assert_eq!(key.bits(), 2_048);
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"text", &mut signature).expect("signs");
        assert!(key.verifies(b"text", &signature) && !key.verifies(b"test", &signature) && !key.verifies(b"text", b""));
    }

    #[test]
    fn anything_else_is_refused() {
        let (_, der) = pair();
        let pem = PublicKey::from_der(&der).expect("a key").pem();
        let private = pem.replace("PUBLIC", "PRIVATE");
        let twice = format!("{pem}{pem}");
        let cut = pem.replacen("MII", "MI", 1);
        for text in ["", "x", BEGIN, &private, &twice, &cut, &"-".repeat(10_000), &pem.replace("PUBLIC KEY", "CERTIFICATE")] {
            assert_eq!(PublicKey::from_pem(text), Err(InvalidPublicKey), "{text}");
        }
        // An Ed25519 key.
        assert_eq!(
            PublicKey::from_pem(&format!("{BEGIN}\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n{END}")),
            Err(InvalidPublicKey)
        );
        // RSA of 1024 bits.
        let short = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDdlatRjRjogo3WojgGHFHYLugdUWAY9iR3fy4arWNA1KoS8kVw33cJibXr8bvwUAUparCwlvdbH6dvEOfou0/gCFQsHUfQrSDv+MuSUMAe8jzKE4qW+jK+xQU9a03GUnKHkkle+Q0pX/g6jXZ7r1/xAK5Do2kQ+X5xK9cipRgEKwIDAQAB";
        assert_eq!(PublicKey::from_pem(&format!("{BEGIN}\n{short}\n{END}")), Err(InvalidPublicKey));
    }
}
