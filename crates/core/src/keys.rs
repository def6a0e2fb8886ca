//! A tenant's keys. One random 32-byte data key per version, itself sealed by the platform's master key in the
//! system of record; from it HKDF-SHA-256 (RFC 5869) derives one key per purpose, so that no two purposes share.

use std::collections::BTreeMap;

use aws_lc_rs::{hkdf, hmac};

use crate::alphabet::Alphabet;
use crate::envelope::Envelope;
use crate::id::{ApplicationId, ConnectionId, PinId, TenantId};
use crate::pin::{self, Pin};
use crate::recipient::Recipient;
use crate::seal::{NotOpened, SealKey};

pub use crate::master_key::{MasterKey, MasterKeyFault};

/// The number of a tenant key. New PINs use the highest, living ones keep theirs.
pub type KeyVersion = u16;

/// A keyed digest of 96 bits: enough against online guessing, worthless without the key.
pub type Digest = [u8; 12];

/// What a PIN is for, where codes for several purposes stand side by side: the beginning of its SHA-256, so that all are of one
/// length; zeros for nothing in particular.
pub type Purpose = [u8; 8];

/// The purpose of a name.
#[must_use]
pub fn purpose(name: &str) -> Purpose {
    if name.is_empty() {
        return Purpose::default();
    }
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    *hash.as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
}

/// The keys of one version.
#[derive(Debug)]
struct Purposes {
    pin: hmac::Key,
    digest: hmac::Key,
    envelope: SealKey,
    secrets: SealKey,
}

/// All keys of a tenant.
#[derive(Debug)]
pub struct TenantKeys {
    tenant: TenantId,
    versions: BTreeMap<KeyVersion, Purposes>,
    /// Fixed for the tenant's life: a number must be found again after a rotation.
    lookup: hmac::Key,
    receipts: hmac::Key,
    /// The version that seals now. A newer one may be there already, for reading, until every process knows it.
    current: KeyVersion,
}

/// What a secret begins with that is not sealed by a tenant's first key, before its version. Secrets of the first key begin with
/// their nonce, as they always did: what opens decides.
const VERSIONED: u8 = 0xF5;

/// The tenant has no key of this version: it was destroyed, or the record is foreign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tenant has no key of version {0}")]
pub struct UnknownVersion(pub KeyVersion);

struct Bytes32;

impl hkdf::KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

pub(crate) fn expand(material: &[u8; 32], tenant: TenantId, purpose: &str) -> [u8; 32] {
    let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, tenant.as_bytes()).extract(material);
    let mut key = [0; 32];
    pseudorandom
        .expand(&[b"pinfold/", purpose.as_bytes()], Bytes32)
        .and_then(|okm| okm.fill(&mut key))
        .expect("HKDF gives 32 bytes");
    key
}

fn mac(material: &[u8; 32], tenant: TenantId, purpose: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &expand(material, tenant, purpose))
}

fn digest(key: &hmac::Key, parts: &[&[u8]]) -> Digest {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let tag = context.sign();
    *tag.as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
}

impl TenantKeys {
    /// The keys derived from a tenant's opened data keys. `None` when there is not one.
    #[must_use]
    pub fn new(tenant: TenantId, data_keys: &BTreeMap<KeyVersion, [u8; 32]>) -> Option<Self> {
        Self::with_current(tenant, data_keys, *data_keys.keys().next_back()?)
    }

    /// The same, where a version that is not the newest seals: the newest is known to some processes only. `None` also when there
    /// is no such version.
    #[must_use]
    pub fn with_current(tenant: TenantId, data_keys: &BTreeMap<KeyVersion, [u8; 32]>, current: KeyVersion) -> Option<Self> {
        data_keys.get(&current)?;
        let first = data_keys.values().next()?;
        let versions = data_keys
            .iter()
            .map(|(version, material)| {
                let purposes = Purposes {
                    pin: mac(material, tenant, "pin"),
                    digest: mac(material, tenant, "digest"),
                    envelope: SealKey::new(&expand(material, tenant, "envelope")),
                    secrets: SealKey::new(&expand(material, tenant, "secrets")),
                };
                (*version, purposes)
            })
            .collect();
        Some(Self { tenant, versions, lookup: mac(first, tenant, "lookup"), receipts: mac(first, tenant, "receipts"), current })
    }

    /// Whose keys they are.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// What makes a connection's address for receipts unguessable.
    #[must_use]
    pub(crate) fn receipt_secret(&self, connection: ConnectionId, generation: u32) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.receipts);
        context.update(connection.as_bytes());
        context.update(&generation.to_be_bytes());
        let tag = context.sign();
        *tag.as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
    }

    /// The version new PINs use.
    #[must_use]
    pub fn current(&self) -> KeyVersion {
        self.current
    }

    fn first(&self) -> (KeyVersion, &Purposes) {
        let (version, purposes) = self.versions.first_key_value().expect("a tenant has a key");
        (*version, purposes)
    }

    /// The versions living PINs may have, newest first.
    pub fn live(&self) -> impl Iterator<Item = KeyVersion> {
        self.versions.keys().rev().copied()
    }

    fn version(&self, version: KeyVersion) -> Result<&Purposes, UnknownVersion> {
        self.versions.get(&version).ok_or(UnknownVersion(version))
    }

    /// Derives a PIN.
    ///
    /// # Errors
    /// [`UnknownVersion`].
    pub fn derive_pin(
        &self,
        version: KeyVersion,
        id: PinId,
        generation: u8,
        alphabet: Alphabet,
        length: u8,
    ) -> Result<Pin, UnknownVersion> {
        Ok(pin::derive(&self.version(version)?.pin, id, generation, alphabet, length))
    }

    /// The digest of a PIN or a guess for the record of `id`.
    ///
    /// # Errors
    /// [`UnknownVersion`].
    pub fn pin_digest(&self, version: KeyVersion, id: PinId, pin: &Pin) -> Result<Digest, UnknownVersion> {
        Ok(digest(&self.version(version)?.digest, &[b"id", id.as_bytes(), pin.expose().as_bytes()]))
    }

    /// The digest of a PIN or a guess for whatever PIN a number holds for a purpose: what dialects that verify by number compare.
    ///
    /// # Errors
    /// [`UnknownVersion`].
    pub fn number_digest(
        &self,
        version: KeyVersion,
        subject: &Digest,
        purpose: Purpose,
        pin: &Pin,
    ) -> Result<Digest, UnknownVersion> {
        Ok(digest(&self.version(version)?.digest, &[b"number", subject, &purpose, pin.expose().as_bytes()]))
    }

    /// The keyed hash under which a number's limits, failures and locks are kept in one application.
    #[must_use]
    pub fn subject(&self, application: ApplicationId, recipient: &Recipient) -> Digest {
        digest(&self.lookup, &[b"subject", application.as_bytes(), recipient.budget_form().as_bytes()])
    }

    /// The keyed hash under which what was found out about a number is kept.
    #[must_use]
    pub fn looked_up(&self, recipient: &Recipient) -> Digest {
        digest(&self.lookup, &[b"facts", recipient.budget_form().as_bytes()])
    }

    /// The keyed hash under which a number stands on a list, such as the numbers that Twilio's clients call safe.
    #[must_use]
    pub fn listed(&self, phone: &crate::phone::Phone) -> [u8; 16] {
        self.keyed_hash("safe number", &[phone.digits().as_bytes()])
    }

    /// A keyed hash of anything else, separated by `purpose`.
    #[must_use]
    pub fn keyed_hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.lookup);
        context.update(purpose.as_bytes());
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        *tag.as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
    }

    /// Seals what one PIN's deliveries need, bound to the PIN.
    ///
    /// # Errors
    /// [`UnknownVersion`].
    pub fn seal_envelope(&self, version: KeyVersion, id: PinId, envelope: &Envelope) -> Result<Vec<u8>, UnknownVersion> {
        Ok(self.version(version)?.envelope.seal(&envelope.encode(), &self.envelope_place(id)))
    }

    /// Opens what [`Self::seal_envelope`] gave.
    ///
    /// # Errors
    /// [`NotOpened`] when the key is unknown, the value belongs elsewhere, or it is not an envelope.
    pub fn open_envelope(&self, version: KeyVersion, id: PinId, sealed: &[u8]) -> Result<Envelope, NotOpened> {
        let key = &self.version(version).map_err(|_| NotOpened)?.envelope;
        Envelope::decode(&key.open(sealed, &self.envelope_place(id))?).ok_or(NotOpened)
    }

    fn envelope_place(&self, id: PinId) -> [u8; 32] {
        let mut place = [0; 32];
        place[..16].copy_from_slice(self.tenant.as_bytes());
        place[16..].copy_from_slice(id.as_bytes());
        place
    }

    /// Seals a configured secret, such as a provider's credentials, bound to `place`.
    #[must_use]
    pub fn seal_secret(&self, plain: &[u8], place: &[u8]) -> Vec<u8> {
        let (first, purposes) = self.first();
        if self.current == first {
            return purposes.secrets.seal(plain, place);
        }
        let sealed = self.versions[&self.current].secrets.seal(plain, place);
        let [high, low] = self.current.to_be_bytes();
        [&[VERSIONED, high, low], sealed.as_slice()].concat()
    }

    /// Opens what [`Self::seal_secret`] gave for the same place.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open_secret(&self, sealed: &[u8], place: &[u8]) -> Result<Vec<u8>, NotOpened> {
        self.open_versioned(sealed, place).map(|(_, plain)| plain)
    }

    fn open_versioned(&self, sealed: &[u8], place: &[u8]) -> Result<(KeyVersion, Vec<u8>), NotOpened> {
        if let [VERSIONED, high, low, sealed @ ..] = sealed {
            let version = KeyVersion::from_be_bytes([*high, *low]);
            let opened = self.versions.get(&version).and_then(|purposes| purposes.secrets.open(sealed, place).ok());
            if let Some(plain) = opened {
                return Ok((version, plain));
            }
        }
        let (first, purposes) = self.first();
        Ok((first, purposes.secrets.open(sealed, place)?))
    }

    /// Seals a secret again with the version that seals now; `None` when it is sealed with it already.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn reseal_secret(&self, sealed: &[u8], place: &[u8]) -> Result<Option<Vec<u8>>, NotOpened> {
        let (version, plain) = self.open_versioned(sealed, place)?;
        let plain = zeroize::Zeroizing::new(plain);
        Ok((version != self.current).then(|| self.seal_secret(&plain, place)))
    }
}

/// The place of a tenant's data key, for [`MasterKey::seal`].
#[must_use]
pub fn data_key_place(tenant: TenantId, version: KeyVersion) -> Vec<u8> {
    [b"data-key".as_slice(), tenant.as_bytes(), &version.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(tenant: u8) -> TenantKeys {
        TenantKeys::new(TenantId::from_bytes([tenant; 16]), &BTreeMap::from([(1, [1; 32]), (2, [2; 32])])).expect("has keys")
    }

    #[test]
    fn an_envelope_opens_only_for_its_pin_and_tenant() {
        let (id, other) = (PinId::random(), PinId::random());
        let envelope = Envelope::to(Recipient::parse("41793026727").expect("a number"));
        let sealed = keys(1).seal_envelope(2, id, &envelope).expect("version 2 exists");
        assert_eq!(keys(1).open_envelope(2, id, &sealed), Ok(envelope));
        assert_eq!(keys(1).open_envelope(2, other, &sealed), Err(NotOpened));
        assert_eq!(keys(1).open_envelope(1, id, &sealed), Err(NotOpened));
        assert_eq!(keys(2).open_envelope(2, id, &sealed), Err(NotOpened));
        assert_eq!(keys(1).open_envelope(9, id, &sealed), Err(NotOpened));
    }

    #[test]
    fn a_secret_is_sealed_with_the_current_version_and_older_ones_open() {
        let (one, both) = (BTreeMap::from([(1, [1; 32])]), BTreeMap::from([(1, [1; 32]), (2, [2; 32])]));
        let tenant = TenantId::from_bytes([1; 16]);
        let old = TenantKeys::new(tenant, &one).expect("has keys");
        let turning = TenantKeys::with_current(tenant, &both, 1).expect("has keys");
        let new = TenantKeys::new(tenant, &both).expect("has keys");
        let before = turning.seal_secret(b"hush", b"here");
        assert_eq!(old.open_secret(&before, b"here").as_deref(), Ok(&b"hush"[..]), "who knows one version reads it");
        let after = new.reseal_secret(&before, b"here").expect("opens").expect("is of the first version");
        assert_eq!(turning.open_secret(&after, b"here").as_deref(), Ok(&b"hush"[..]));
        assert_eq!(new.open_secret(&after, b"here").as_deref(), Ok(&b"hush"[..]));
        assert_eq!(new.reseal_secret(&after, b"here"), Ok(None));
        for (keys, sealed, place) in [(&old, &after, &b"here"[..]), (&new, &after, b"there"), (&new, &before, b"there")] {
            assert_eq!(keys.open_secret(sealed, place), Err(NotOpened));
        }
        assert!(TenantKeys::with_current(tenant, &both, 3).is_none());
    }

    #[test]
    fn digests_differ_by_pin_version_and_purpose() {
        let (id, pin) = (PinId::random(), Pin::given("123456"));
        let digest = keys(1).pin_digest(1, id, &pin).expect("version 1 exists");
        assert_ne!(digest, keys(1).pin_digest(2, id, &pin).expect("version 2 exists"));
        assert_ne!(digest, keys(2).pin_digest(1, id, &pin).expect("version 1 exists"));
        assert_ne!(digest, keys(1).number_digest(1, &[0; 12], purpose(""), &pin).expect("version 1 exists"));
    }
}
