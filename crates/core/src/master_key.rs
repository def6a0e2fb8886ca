//! The platform's master key: seals tenants' data keys and hashes API keys. It comes from the settings and is in no store. It has
//! versions: the newest seals, the others open what is not sealed again yet.
//!
//! As text: `VERSION:BASE64`, one for each version, separated by commas or lines; a key without a version is version 1. An entry
//! `credentials:BASE64` is what hashes API keys once version 1 is gone.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::id::TenantId;
use crate::keys::{KeyVersion, expand};
use crate::seal::{NotOpened, SealKey};

/// The master key in all its versions.
pub struct MasterKey {
    versions: BTreeMap<KeyVersion, SealKey>,
    credentials: Zeroizing<[u8; 32]>,
    hash: hmac::Key,
    has_own_credentials: bool,
}

/// Why a text is no master key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyFault {
    /// There is nothing.
    #[error("is not set: make one with `openssl rand -base64 32`")]
    Missing,
    /// A key cannot be read.
    #[error("is not base64")]
    NotBase64,
    /// A key is too long or too short.
    #[error("has {0} bytes; it needs exactly 32")]
    Length(usize),
    /// The words before a key say nothing.
    #[error("has a version that is no number from 1 to 65535: write VERSION:BASE64")]
    Version,
    /// Two keys have the same version.
    #[error("has two keys of version {0}")]
    Twice(KeyVersion),
    /// Version 1 is gone, and nothing hashes API keys.
    #[error("lacks version 1 and `credentials:BASE64`: `pinfold key credentials` prints that entry while version 1 is there")]
    NoCredentials,
}

/// One entry of a master key's text: its version, none for what hashes credentials, and its bytes.
type Entry = (Option<KeyVersion>, Zeroizing<[u8; 32]>);

impl MasterKey {
    /// The master key of one version, from its 32 bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self::of(&BTreeMap::from([(1, Zeroizing::new(*bytes))]), None).expect("version 1 is there")
    }

    /// The entries of a text.
    ///
    /// # Errors
    /// What is wrong with it, to be read behind the name of the setting.
    pub fn entries(text: &str) -> Result<Vec<Entry>, MasterKeyFault> {
        let mut entries = Vec::new();
        for entry in text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let (version, key) = match entry.split_once(':') {
                None => (Some(1), entry),
                Some(("credentials", key)) => (None, key),
                Some((version, key)) => {
                    let version = version.trim().parse::<KeyVersion>().ok().filter(|version| *version > 0);
                    (Some(version.ok_or(MasterKeyFault::Version)?), key)
                }
            };
            let bytes = Zeroizing::new(STANDARD.decode(key.trim()).map_err(|_| MasterKeyFault::NotBase64)?);
            let bytes = bytes.as_slice().try_into().map_err(|_| MasterKeyFault::Length(bytes.len()))?;
            entries.push((version, Zeroizing::new(bytes)));
        }
        if entries.iter().any(|(version, _)| version.is_some()) { Ok(entries) } else { Err(MasterKeyFault::Missing) }
    }

    /// The master key from its text.
    ///
    /// # Errors
    /// What is wrong with it, to be read behind the name of the setting.
    pub fn parse(text: &str) -> Result<Self, MasterKeyFault> {
        let (mut versions, mut credentials) = (BTreeMap::new(), None);
        for (version, bytes) in Self::entries(text)? {
            match version {
                None => credentials = Some(bytes),
                Some(version) => {
                    if versions.insert(version, bytes).is_some() {
                        return Err(MasterKeyFault::Twice(version));
                    }
                }
            }
        }
        Self::of(&versions, credentials).ok_or(MasterKeyFault::NoCredentials)
    }

    fn of(versions: &BTreeMap<KeyVersion, Zeroizing<[u8; 32]>>, credentials: Option<Zeroizing<[u8; 32]>>) -> Option<Self> {
        let platform = TenantId::from_bytes([0; 16]);
        let has_own_credentials = credentials.is_some();
        let derived = || versions.get(&1).map(|bytes| Zeroizing::new(expand(bytes, platform, "credentials")));
        let credentials = credentials.or_else(derived)?;
        let key = |bytes: &Zeroizing<[u8; 32]>| SealKey::new(&expand(bytes, platform, "data-keys"));
        Some(Self {
            versions: versions.iter().map(|(version, bytes)| (*version, key(bytes))).collect(),
            hash: hmac::Key::new(hmac::HMAC_SHA256, credentials.as_slice()),
            credentials,
            has_own_credentials,
        })
    }

    /// The version that seals.
    #[must_use]
    pub fn current(&self) -> KeyVersion {
        *self.versions.keys().next_back().expect("a master key has a version")
    }

    /// Whether older versions are there that could go: nothing needs them but what they have sealed.
    #[must_use]
    pub fn older(&self) -> Vec<KeyVersion> {
        self.versions.keys().copied().filter(|version| *version < self.current()).collect()
    }

    /// Whether what hashes credentials is an entry of its own, so that version 1 may go.
    #[must_use]
    pub fn has_own_credentials(&self) -> bool {
        self.has_own_credentials
    }

    /// The entry of the text that hashes credentials: a secret like the key itself.
    #[must_use]
    pub fn credentials_entry(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("credentials:{}", STANDARD.encode(self.credentials.as_slice())))
    }

    /// Seals a tenant's data key (or another platform secret) for its `place`, with the newest version.
    #[must_use]
    pub fn seal(&self, plain: &[u8], place: &[u8]) -> Vec<u8> {
        self.versions[&self.current()].seal(plain, place)
    }

    /// Opens what [`Self::seal`] gave for the same place, whichever version it was.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(&self, sealed: &[u8], place: &[u8]) -> Result<Vec<u8>, NotOpened> {
        self.versions.values().rev().find_map(|key| key.open(sealed, place).ok()).ok_or(NotOpened)
    }

    /// Seals something again with the newest version; `None` when it is sealed with it already.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn reseal(&self, sealed: &[u8], place: &[u8]) -> Result<Option<Vec<u8>>, NotOpened> {
        if self.versions[&self.current()].open(sealed, place).map(Zeroizing::new).is_ok() {
            return Ok(None);
        }
        let plain = Zeroizing::new(self.open(sealed, place)?);
        Ok(Some(self.seal(&plain, place)))
    }

    /// The keyed hash under which a credential is stored and looked up. The same for every version: nobody has the credential
    /// again to hash it anew.
    #[must_use]
    pub fn credential_hash(&self, credential: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.hash, credential.as_bytes());
        *tag.as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    #[test]
    fn the_newest_version_seals_and_all_open() {
        let old = MasterKey::parse(&key(7)).expect("a key");
        let sealed = old.seal(b"data key", b"here");
        assert_eq!(MasterKey::new(&[7; 32]).open(&sealed, b"here").as_deref(), Ok(&b"data key"[..]));
        let both = MasterKey::parse(&format!("2:{}\n1:{}\n", key(8), key(7))).expect("two keys");
        assert_eq!((both.current(), both.older()), (2, vec![1]));
        let again = both.reseal(&sealed, b"here").expect("opens").expect("is of version 1");
        assert_eq!(both.reseal(&again, b"here"), Ok(None));
        assert_eq!(old.open(&again, b"here"), Err(NotOpened));
        assert_eq!(both.reseal(&sealed, b"there"), Err(NotOpened));

        // Version 1 may go when what hashes credentials stays.
        let credentials = both.credentials_entry();
        let new = MasterKey::parse(&format!("2:{},{}", key(8), *credentials)).expect("a key");
        assert!(new.has_own_credentials() && !both.has_own_credentials());
        assert_eq!(new.open(&again, b"here").as_deref(), Ok(&b"data key"[..]));
        assert_eq!(new.credential_hash("pf_live_x"), old.credential_hash("pf_live_x"));
        assert_eq!(new.open(&sealed, b"here"), Err(NotOpened));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let fault = |text: &str| MasterKey::parse(text).err();
        assert_eq!(fault(""), Some(MasterKeyFault::Missing));
        assert_eq!(fault(&format!("credentials:{}", key(1))), Some(MasterKeyFault::Missing));
        assert_eq!(fault("!"), Some(MasterKeyFault::NotBase64));
        assert_eq!(fault("2:AAAA"), Some(MasterKeyFault::Length(3)));
        for version in ["0", "65536", "new", "-1", ""] {
            assert_eq!(fault(&format!("{version}:{}", key(1))), Some(MasterKeyFault::Version), "{version}");
        }
        assert_eq!(fault(&format!("{0},1:{0}", key(1))), Some(MasterKeyFault::Twice(1)));
        assert_eq!(fault(&format!("2:{}", key(1))), Some(MasterKeyFault::NoCredentials));
    }
}
