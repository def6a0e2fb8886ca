//! The address at which a provider tells what became of a connection's messages. It cannot be guessed: it holds a keyed
//! hash of tenant, connection and generation, so that nothing of it is stored. Raising the generation ends the address.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::id::{ConnectionId, TenantId};
use crate::keys::TenantKeys;

/// Where such addresses begin.
pub const ROOT: &str = "/receipts/";

const LENGTH: usize = 16 + 16 + 4 + 32;

/// What the last segment of such an address says. Its secret is not checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiptPath {
    /// Whose connection it names.
    pub tenant: TenantId,
    /// The connection.
    pub connection: ConnectionId,
    /// How often the address was replaced before.
    pub generation: u32,
    secret: [u8; 32],
}

impl ReceiptPath {
    /// The address of a connection, without scheme and host.
    #[must_use]
    pub fn of(keys: &TenantKeys, connection: ConnectionId, generation: u32) -> String {
        let mut bytes = [0; LENGTH];
        let (tenant, rest) = bytes.split_at_mut(16);
        tenant.copy_from_slice(keys.tenant().as_bytes());
        rest[..16].copy_from_slice(connection.as_bytes());
        rest[16..20].copy_from_slice(&generation.to_be_bytes());
        rest[20..].copy_from_slice(&keys.receipt_secret(connection, generation));
        let mut path = String::with_capacity(ROOT.len() + LENGTH.div_ceil(3) * 4);
        path.push_str(ROOT);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut path);
        path
    }

    /// Reads the last segment; `None` for anything else.
    #[must_use]
    pub fn parse(segment: &str) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        // A slice that fits exactly is refused where padding could have been.
        let decoded = URL_SAFE_NO_PAD.decode(segment).ok().filter(|decoded| decoded.len() == LENGTH)?;
        bytes.copy_from_slice(&decoded);
        let (tenant, rest) = bytes.split_first_chunk()?;
        let (connection, rest) = rest.split_first_chunk()?;
        let (generation, secret) = rest.split_first_chunk()?;
        Some(Self {
            tenant: TenantId::from_bytes(*tenant),
            connection: ConnectionId::from_bytes(*connection),
            generation: u32::from_be_bytes(*generation),
            secret: *secret.first_chunk()?,
        })
    }

    /// Whether the tenant's keys made it. How long that takes says nothing about the secret.
    #[must_use]
    pub fn is_genuine(&self, keys: &TenantKeys) -> bool {
        let own = keys.receipt_secret(self.connection, self.generation);
        self.tenant == keys.tenant() && verify_slices_are_equal(&own, &self.secret).is_ok()
    }
}

/// Shows no secret.
impl std::fmt::Debug for ReceiptPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiptPath")
            .field("tenant", &self.tenant)
            .field("connection", &self.connection)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn keys(tenant: u8, material: u8) -> TenantKeys {
        let material = BTreeMap::from([(1, [material; 32])]);
        TenantKeys::new(TenantId::from_bytes([tenant; 16]), &material).expect("has keys")
    }

    #[test]
    fn an_address_is_known_by_its_tenants_keys_alone() {
        let (mine, connection) = (keys(1, 1), ConnectionId::random());
        let path = ReceiptPath::of(&mine, connection, 3);
        let segment = path.strip_prefix(ROOT).expect("begins there");
        assert_eq!(segment.len(), 91);
        let read = ReceiptPath::parse(segment).expect("comes back");
        assert_eq!((read.tenant, read.connection, read.generation), (mine.tenant(), connection, 3));
        assert!(read.is_genuine(&mine));
        assert!(!read.is_genuine(&keys(1, 2)) && !read.is_genuine(&keys(2, 1)));
        let other = |change: fn(&mut ReceiptPath)| {
            let mut changed = read.clone();
            change(&mut changed);
            changed
        };
        assert!(!other(|path| path.generation = 4).is_genuine(&mine));
        assert!(!other(|path| path.connection = ConnectionId::random()).is_genuine(&mine));
        assert!(!other(|path| path.tenant = TenantId::random()).is_genuine(&mine));
        assert!(!other(|path| path.secret[31] ^= 1).is_genuine(&mine));
        let debug = format!("{read:?}");
        assert!(!debug.contains("secret"), "{debug}");
    }

    #[test]
    fn anything_else_is_no_address() {
        let path = ReceiptPath::of(&keys(1, 1), ConnectionId::random(), 0);
        let segment = path.strip_prefix(ROOT).expect("begins there");
        for text in ["", "x", &segment[1..], &format!("{segment}A"), &format!("{segment}="), &segment.replace(&segment[..1], "+")]
        {
            assert_eq!(ReceiptPath::parse(text), None, "{text}");
        }
    }
}
