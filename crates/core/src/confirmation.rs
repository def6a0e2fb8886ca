//! The link in a mail that confirms by a press: which PIN, and its code, sealed. It stands nowhere but in the mail, like the code.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::id::PinId;
use crate::keys::TenantKeys;
use crate::pin::Pin;
use crate::sealed_token::{Kind, seal};

/// What stands for the link in a mail's template.
pub const PLACEHOLDER: &str = "confirmLink";

/// What a link says. Never printed.
#[derive(Serialize, Deserialize)]
pub struct Confirmation {
    /// The PIN.
    pub pin: PinId,
    /// Its code.
    pub code: Code,
}

/// A code in a link. Its bytes are wiped when it is dropped.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Drop for Code {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Code {
    /// The code as a person would type it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The link that confirms a PIN. `base` is the installation's address, without a slash at its end.
#[must_use]
pub fn link(base: &str, keys: &TenantKeys, id: PinId, pin: &Pin) -> String {
    let code = Code(pin.expose().to_owned());
    format!("{base}/confirm#{}", seal(Kind::Confirmation, keys, &Confirmation { pin: id, code }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::id::TenantId;
    use crate::sealed_token::SealedToken;

    #[test]
    fn a_link_shows_no_code_and_opens_to_it() {
        let tenant = TenantId::random();
        let keys = TenantKeys::new(tenant, &BTreeMap::from([(1, [1; 32])])).expect("has keys");
        let id = PinId::random();
        let link = link("https://pin.example", &keys, id, &Pin::given("495021"));
        let token = link.strip_prefix("https://pin.example/confirm#").expect("a fragment");
        assert!(!token.contains("495021"));
        let sealed = SealedToken::parse(Kind::Confirmation, token).expect("a token");
        let opened: Confirmation = sealed.open(&keys).expect("opens");
        assert_eq!((opened.pin, opened.code.expose()), (id, "495021"));
    }
}
