//! Tokens that browsers carry: what they allow stands in themselves, under a tenant's seal. Nobody but this installation reads or
//! changes it, there is one way to make one and one to open one, and no kind opens as another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::id::TenantId;
use crate::keys::TenantKeys;

/// The longest token that is looked at.
const LONGEST: usize = 8_192;
const TENANT: usize = 16;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One verification in a page of the tenant's.
    Widget,
    /// The link in a mail that confirms by a press.
    Confirmation,
    /// A sign-in at the tenant's own provider that is under way.
    SignOn,
}

impl Kind {
    /// How such a token begins, so that people and secret scanners recognise it.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Widget => "pfw_",
            Self::Confirmation => "pfc_",
            Self::SignOn => "pfo_",
        }
    }

    fn place(self, tenant: TenantId) -> Vec<u8> {
        [self.prefix().as_bytes(), b"sealed token", tenant.as_bytes()].concat()
    }
}

/// A token as it came: whose it says it is, and what is not yet opened.
#[derive(Debug)]
pub struct SealedToken {
    /// The tenant whose keys open it, if any do.
    pub tenant: TenantId,
    kind: Kind,
    sealed: Vec<u8>,
}

impl SealedToken {
    /// Reads a token of a kind; `None` for what cannot be one.
    #[must_use]
    pub fn parse(kind: Kind, text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(kind.prefix()).filter(|encoded| encoded.len() <= LONGEST)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (tenant, sealed) = bytes.split_first_chunk::<TENANT>()?;
        Some(Self { tenant: TenantId::from_bytes(*tenant), kind, sealed: sealed.to_vec() })
    }

    /// What it says; `None` when these keys did not seal it for this kind.
    #[must_use]
    pub fn open<T: DeserializeOwned>(&self, keys: &TenantKeys) -> Option<T> {
        let plain = keys.open_secret(&self.sealed, &self.kind.place(keys.tenant())).ok()?;
        serde_json::from_slice(&zeroize::Zeroizing::new(plain)).ok()
    }
}

/// Seals what a token says.
///
/// # Panics
/// When `says` is no JSON, such as a map whose keys are no text.
#[must_use]
pub fn seal(kind: Kind, keys: &TenantKeys, says: &impl Serialize) -> String {
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(says).expect("a token's parts serialise"));
    let sealed = keys.seal_secret(&plain, &kind.place(keys.tenant()));
    let bytes = [keys.tenant().as_bytes().as_slice(), &sealed].concat();
    format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn keys(tenant: u8) -> TenantKeys {
        TenantKeys::new(TenantId::from_bytes([tenant; 16]), &BTreeMap::from([(1, [1; 32])])).expect("has keys")
    }

    #[test]
    fn a_token_opens_for_its_tenant_and_its_kind_alone() {
        let text = seal(Kind::Widget, &keys(1), &"what it says");
        let token = SealedToken::parse(Kind::Widget, &text).expect("a token");
        assert_eq!(token.tenant, keys(1).tenant());
        assert_eq!(token.open::<String>(&keys(1)).as_deref(), Some("what it says"));
        assert_eq!(token.open::<String>(&keys(2)), None);
        assert!(SealedToken::parse(Kind::Confirmation, &text).is_none());
        let renamed = text.replacen("pfw_", "pfc_", 1);
        assert_eq!(SealedToken::parse(Kind::Confirmation, &renamed).expect("looks like one").open::<String>(&keys(1)), None);
    }

    #[test]
    fn every_character_counts_and_rubbish_is_none() {
        let text = seal(Kind::Widget, &keys(1), &"x");
        for at in 4..text.len() {
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut changed = text.clone();
            changed.replace_range(at..=at, other);
            let opened = SealedToken::parse(Kind::Widget, &changed).filter(|token| token.tenant == keys(1).tenant());
            assert_eq!(opened.and_then(|token| token.open::<String>(&keys(1))), None, "{at}");
        }
        for text in ["", "pfw_", "pfw_!", "pfw_AAAA", &text[1..], &format!("pfw_{}", "A".repeat(LONGEST + 1))] {
            assert!(SealedToken::parse(Kind::Widget, text).is_none(), "{text}");
        }
    }
}
