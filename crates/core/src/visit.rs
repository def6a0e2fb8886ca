//! The secrets of people at the console: how the cookie of a session, the token in a mail's link and a recovery code are made, and
//! under which keyed hash each is known. None of them is stored.

use aws_lc_rs::constant_time;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::id::{PersonId, SessionId};
use crate::keys::MasterKey;
use crate::{base32, entropy};

/// How a session's secret begins, and the token of a link.
const SESSION: &str = "pfs_";
const LINK: &str = "pfl_";
/// 256 bits in base64.
const RANDOM_PART: usize = 43;
/// The bytes of a recovery code: 80 bits.
const RECOVERY: usize = 10;

/// What a token in a link is good for. One kind is nothing to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Confirms a sign-up.
    SignUp,
    /// Sets another password.
    PasswordReset,
    /// Accepts an invitation.
    Invitation,
}

impl Link {
    const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up:",
            Self::PasswordReset => "password-reset:",
            Self::Invitation => "invitation:",
        }
    }

    /// The keyed hash of a token; `None` for what cannot be one.
    #[must_use]
    pub fn hash(self, master: &MasterKey, token: &str) -> Option<[u8; 32]> {
        is_secret(LINK, token).then(|| master.credential_hash(&format!("{}{token}", self.name())))
    }
}

fn secret(prefix: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(entropy::bytes::<32>())))
}

fn is_secret(prefix: &str, text: &str) -> bool {
    let is_random =
        |part: &str| part.len() == RANDOM_PART && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    text.strip_prefix(prefix).is_some_and(is_random)
}

/// A new token for a link.
#[must_use]
pub fn link_token() -> Zeroizing<String> {
    secret(LINK)
}

/// A new secret for a session's cookie.
#[must_use]
pub fn session_secret() -> Zeroizing<String> {
    secret(SESSION)
}

/// The keyed hash of a session's secret; `None` for what cannot be one.
#[must_use]
pub fn session_hash(master: &MasterKey, secret: &str) -> Option<[u8; 32]> {
    is_secret(SESSION, secret).then(|| master.credential_hash(secret))
}

/// What the console shows with every change, so that no other page can make one.
#[must_use]
pub fn csrf_token(master: &MasterKey, session: SessionId) -> String {
    URL_SAFE_NO_PAD.encode(master.credential_hash(&format!("csrf:{session}")))
}

/// Whether a token belongs to a session.
#[must_use]
pub fn is_csrf_token(master: &MasterKey, session: SessionId, token: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(csrf_token(master, session).as_bytes(), token).is_ok()
}

/// A new recovery code: four groups of four letters and digits, 80 bits.
#[must_use]
pub fn recovery_code() -> Zeroizing<String> {
    let text = Zeroizing::new(base32::encode(&entropy::bytes::<RECOVERY>()).to_ascii_lowercase());
    let groups: Vec<&str> = (0..4).map(|group| &text[group * 4..group * 4 + 4]).collect();
    Zeroizing::new(groups.join("-"))
}

/// The keyed hash of a person's recovery code, however it is spaced and cased; `None` for what cannot be one.
#[must_use]
pub fn recovery_hash(master: &MasterKey, person: PersonId, code: &str) -> Option<[u8; 32]> {
    let plain: String = code.chars().filter(|c| !matches!(c, '-' | ' ')).collect::<String>().to_ascii_lowercase();
    let is_code = plain.len() == 16 && plain.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| master.credential_hash(&format!("recovery:{person}:{plain}")))
}

/// The keyed hash under which attempts at something are counted.
#[must_use]
pub fn attempts_of(master: &MasterKey, what: &str, whose: &str) -> [u8; 32] {
    master.credential_hash(&format!("attempts:{what}:{whose}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_of_one_kind_and_codes_may_be_spelled_freely() {
        let master = MasterKey::new(&[7; 32]);
        let (token, session) = (link_token(), session_secret());
        assert!(Link::SignUp.hash(&master, &token).is_some());
        assert_ne!(Link::SignUp.hash(&master, &token), Link::PasswordReset.hash(&master, &token));
        assert_eq!(session_hash(&master, &token), None);
        assert_eq!(Link::Invitation.hash(&master, &session), None);
        assert!(session_hash(&master, &session).is_some());
        for text in ["", "pfs_", "pfs_x", &format!("{} ", *session)] {
            assert_eq!(session_hash(&master, text), None, "{text}");
        }
        let person = PersonId::random();
        let code = recovery_code();
        assert_eq!(code.len(), 19);
        let hash = recovery_hash(&master, person, &code);
        assert!(hash.is_some());
        assert_eq!(recovery_hash(&master, person, &code.to_ascii_uppercase().replace('-', " ")), hash);
        assert_ne!(recovery_hash(&master, PersonId::random(), &code), hash);
        let session = SessionId::random();
        assert!(is_csrf_token(&master, session, csrf_token(&master, session).as_bytes()));
        assert!(!is_csrf_token(&master, SessionId::random(), csrf_token(&master, session).as_bytes()));
    }
}
