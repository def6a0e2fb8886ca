//! Credentials of API clients: how they look and how they are made. Each carries 256 random bits and says by its prefix
//! what it is, so that people and secret scanners recognise it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

use crate::access::Environment;
use crate::entropy;

/// The fewest characters after the prefix: 256 bits in base64.
const SHORTEST: usize = 43;
const LONGEST: usize = 128;
/// How many characters after the prefix people see of a key.
const SHOWN: usize = 4;

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// An API key. What its messages are is decided by what is stored of it; the prefix only tells people.
    Key(Environment),
    /// A session or access token, which stands for the API key it was issued for.
    Token,
}

impl Credential {
    const ALL: [Self; 3] = [Self::Key(Environment::Live), Self::Key(Environment::Sandbox), Self::Token];

    /// How such a credential begins.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Key(Environment::Live) => "pf_live_",
            Self::Key(Environment::Sandbox) => "pf_test_",
            Self::Token => "pft_",
        }
    }

    /// A new one.
    #[must_use]
    pub fn generate(self) -> SecretString {
        format!("{}{}", self.prefix(), URL_SAFE_NO_PAD.encode(entropy::bytes::<32>())).into()
    }

    /// What `text` looks like; `None` for what cannot be one of ours and needs no looking up.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| text.strip_prefix(kind.prefix()).is_some_and(is_random_part))
    }
}

fn is_random_part(text: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The beginning of a credential, by which people recognise it in lists; too little to be of use to anybody else.
#[must_use]
pub fn beginning(credential: &str) -> &str {
    let shown = Credential::of(credential).map_or(0, |kind| kind.prefix().len() + SHOWN);
    credential.get(..shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_credential_is_recognised_and_never_repeats() {
        for kind in Credential::ALL {
            let (one, other) = (kind.generate(), kind.generate());
            let one = one.expose_secret();
            assert_eq!(Credential::of(one), Some(kind));
            assert!(one.len() >= kind.prefix().len() + 43);
            assert_ne!(one, other.expose_secret());
            assert_eq!(beginning(one).len(), kind.prefix().len() + 4);
            assert!(one.starts_with(beginning(one)));
        }
    }

    #[test]
    fn what_cannot_be_a_credential_is_none() {
        let random = "a".repeat(43);
        for text in [
            "",
            "undefined",
            "pf_live_",
            &random,
            &format!("pf_prod_{random}"),
            &format!("pf_live_{}", &random[1..]),
            &format!("pf_live_{}", "a".repeat(129)),
            &format!("pf_live_{random} "),
            &format!("pf_live_{random}\0"),
            &format!("pf_live_{random}é"),
            &format!("PF_LIVE_{random}"),
        ] {
            assert_eq!(Credential::of(text), None, "{text}");
            assert_eq!(beginning(text), "");
        }
    }
}
