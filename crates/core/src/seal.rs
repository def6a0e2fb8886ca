//! Sealed values: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. Every value is bound to its place:
//! moved to another record, tenant or field, it does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::entropy;

/// The value was sealed for another place, with another key, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open in this place")]
pub struct NotOpened;

/// A key for sealed values.
pub struct SealKey(LessSafeKey);

impl SealKey {
    /// A key from 32 bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("AES-256 takes 32 bytes")))
    }

    /// Seals `plain` for `place`; gives nonce, ciphertext and tag in one.
    #[must_use]
    pub fn seal(&self, plain: &[u8], place: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = entropy::bytes();
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed[NONCE_LEN..])
            .expect("a value of at most some kilobytes is sealed");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what [`Self::seal`] gave for the same `place`.
    ///
    /// # Errors
    /// [`NotOpened`] for anything else.
    pub fn open(&self, sealed: &[u8], place: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(NotOpened)?;
        let mut plain = rest.to_vec();
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place), &mut plain)
            .map_err(|_| NotOpened)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let key = SealKey::new(&[7; 32]);
        let sealed = key.seal(b"+41793026727", b"here");
        assert_eq!(key.open(&sealed, b"here").as_deref(), Ok(&b"+41793026727"[..]));
        assert_eq!(key.open(&sealed, b"there"), Err(NotOpened));
        assert_eq!(SealKey::new(&[8; 32]).open(&sealed, b"here"), Err(NotOpened));
        assert_eq!(key.open(&sealed[..10], b"here"), Err(NotOpened));
    }

    #[test]
    fn nonces_never_repeat() {
        let key = SealKey::new(&[7; 32]);
        let nonces: std::collections::HashSet<Vec<u8>> = (0..100_000).map(|_| key.seal(b"", b"")[..NONCE_LEN].to_vec()).collect();
        assert_eq!(nonces.len(), 100_000);
    }
}
