//! The cryptography of one request: check the key, digest a PIN, seal a job, open it again.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
    hmac, rand,
};

/// The value of `authorization` that the floor accepts. It guards nothing: the floor serves load on loopback only.
pub const CREDENTIAL: &str = "App 00000000000000000000000000000000-floor";

const SECRET: [u8; 32] = [7; 32];
const DIGITS: u32 = 1_000_000;

/// The keys of one worker.
pub struct Vault {
    digests: hmac::Key,
    credential: hmac::Tag,
    seals: LessSafeKey,
}

/// An id and a PIN, fresh from the operating system's generator.
pub struct Fresh {
    /// 128 bits in upper-case hex.
    pub id: String,
    /// Six digits.
    pub pin: String,
}

impl Vault {
    /// The keys, prepared once so that a request only uses them.
    pub fn new() -> Result<Self, Unspecified> {
        let digests = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
        let credential = hmac::sign(&digests, CREDENTIAL.as_bytes());
        let seals = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &SECRET)?);
        Ok(Self { digests, credential, seals })
    }

    /// Whether a header is the accepted credential, by its keyed hash and in constant time.
    pub fn admits(&self, header: &[u8]) -> bool {
        hmac::verify(&self.digests, header, self.credential.as_ref()).is_ok()
    }

    /// A new id with its PIN.
    pub fn fresh(&self) -> Result<Fresh, Unspecified> {
        let mut bytes = [0; 24];
        rand::fill(&mut bytes)?;
        let (id, pick) = bytes.split_at(16);
        let pick = pick.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        Ok(Fresh { id: hex::encode_upper(id), pin: format!("{:06}", pick % u64::from(DIGITS)) })
    }

    /// The keyed digest that stands for a PIN in Redis.
    pub fn digest(&self, id: &str, pin: &str) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.digests);
        context.update(id.as_bytes());
        context.update(pin.as_bytes());
        context.sign()
    }

    /// Nonce and sealed bytes of a job.
    pub fn seal(&self, mut plain: Vec<u8>) -> Result<Vec<u8>, Unspecified> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce)?;
        self.seals.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut plain)?;
        Ok([&nonce[..], &plain].concat())
    }

    /// The job that [`Vault::seal`] closed.
    pub fn open(&self, mut sealed: Vec<u8>) -> Result<Vec<u8>, Unspecified> {
        let (nonce, body) = sealed.split_first_chunk_mut::<NONCE_LEN>().ok_or(Unspecified)?;
        let plain = self.seals.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), body)?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_job_opens_to_what_was_sealed() {
        let vault = Vault::new().expect("the secret has the length the algorithm asks for");
        let sealed = vault.seal(b"job".to_vec()).expect("sealing a short text cannot fail");
        assert_ne!(&sealed[NONCE_LEN..], b"job");
        assert_eq!(vault.open(sealed).expect("opens"), b"job");
        assert!(vault.open(vec![0; 5]).is_err());
    }

    #[test]
    fn only_the_credential_is_admitted() {
        let vault = Vault::new().expect("the secret has the length the algorithm asks for");
        assert!(vault.admits(CREDENTIAL.as_bytes()));
        assert!(!vault.admits(b"App other"));
    }
}
