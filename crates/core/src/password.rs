//! Passwords of people at the console: argon2id (RFC 9106) with a salt each, as PHC strings. Hashing takes memory and time on purpose:
//! do it where nothing else waits.

use std::collections::BTreeSet;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::PasswordVerifier;
use argon2::{Algorithm, Argon2, Params, Version};

use crate::email::Email;
use crate::entropy;

/// Memory in KiB, passes and lanes: OWASP's first recommendation for argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// NIST SP 800-63B-4 asks for 8 characters beside a second factor and 15 alone; we ask for 12 of everybody.
const SHORTEST: usize = 12;
const LONGEST: usize = 128;
/// Fewer different characters than this are no password, whatever its length.
const FEWEST: usize = 5;
/// What people take when a password has to be long, in lower case.
const COMMON: [&str; 32] = [
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123456789012345",
    "1234567890123456",
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "passw0rd1234",
    "p@ssw0rd1234",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiop1234",
    "qwerty123456",
    "qwerty1234567",
    "qwertyuiopas",
    "qwertyuiopasdf",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "abcdefghijkl",
    "abcdefghijklmnop",
    "abcd12345678",
    "abc123456789",
    "iloveyou1234",
    "letmeinletmein",
    "administrator",
    "changemechangeme",
    "correcthorsebatterystaple",
    "welcome12345",
];

/// What a password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 12 to 128 characters, and be neither a common password nor your own address")]
pub struct WeakPassword;

/// Whether a new password will do for the person of this address.
///
/// # Errors
/// [`WeakPassword`].
pub fn check(password: &str, email: Option<&Email>) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let different: BTreeSet<char> = lower.chars().collect();
    let is_own = |email: &Email| {
        let address = email.address().to_lowercase();
        lower == address || address.split('@').next().is_some_and(|local| local.len() >= 6 && lower.starts_with(local))
    };
    let is_weak = different.len() < FEWEST || COMMON.contains(&lower.as_str()) || email.is_some_and(is_own);
    if (SHORTEST..=LONGEST).contains(&length) && !is_weak { Ok(()) } else { Err(WeakPassword) }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the recommended parameters are good");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a password, with a fresh salt.
#[must_use]
pub fn hash(password: &str) -> String {
    let salt: [u8; 16] = entropy::bytes();
    let hashed = argon2().hash_password_with_salt(password.as_bytes(), &salt);
    hashed.expect("a password of bounded length is hashed").to_string()
}

/// Whether a password is the one behind a PHC string; never for a string that is none. Without a string, as for nobody's
/// account, the same work is done in vain.
#[must_use]
pub fn is_right(password: &str, phc: Option<&str>) -> bool {
    if password.len() > 4 * LONGEST {
        return false;
    }
    match phc {
        Some(phc) => argon2().verify_password(password.as_bytes(), phc).is_ok(),
        None => {
            let _ = hash(password);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_opens() {
        let phc = hash("a long enough password");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(is_right("a long enough password", Some(&phc)));
        assert!(!is_right("a long enough passworD", Some(&phc)));
        assert!(!is_right("", Some(&phc)) && !is_right("x", Some("rubbish")) && !is_right("x", None));
        assert_ne!(hash("a long enough password"), phc);
    }

    #[test]
    fn weak_ones_are_refused() {
        let own = Email::parse("john.smith@example.com").expect("an address");
        for password in [
            "",
            "short",
            "aaaaaaaaaaaaaaaa",
            "Password1234",
            "1234567890123",
            "john.smith@example.com",
            "john.smith1970",
            "ababababababab",
        ] {
            assert_eq!(check(password, Some(&own)), Err(WeakPassword), "{password}");
        }
        assert_eq!(check(&"langes Paßwort ".repeat(20), Some(&own)), Err(WeakPassword));
        for password in ["four grey horses", "Träume im Januar 7", "x9!kkq02-vvb3"] {
            assert_eq!(check(password, Some(&own)), Ok(()), "{password}");
        }
    }
}
