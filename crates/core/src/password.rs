//! Passwords of people at the console: argon2id (RFC 9106) with a salt each, as PHC strings. Hashing takes memory and time on purpose:
//! do it where nothing else waits.

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::PasswordVerifier;
use argon2::{Algorithm, Argon2, Params, Version};
use zxcvbn::{Score, zxcvbn};

use crate::email::Email;
use crate::entropy;

/// Memory in KiB, passes and lanes: OWASP's first recommendation for argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// NIST SP 800-63B-4 asks for 8 characters beside a second factor and 15 alone; we ask for 12 of everybody.
const SHORTEST: usize = 12;
const LONGEST: usize = 128;

/// What a password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 12 to 128 characters that are hard to guess: no common password, name or address, nor one with little added")]
pub struct WeakPassword;

/// Whether a new password will do for the person of this address: by its length, and by the guesses that zxcvbn (Wheeler, USENIX
/// Security 2016) thinks it withstands, at least 10⁸. That takes up to 25 ms, so do it where nothing else waits.
///
/// # Errors
/// [`WeakPassword`].
pub fn check(password: &str, email: Option<&Email>) -> Result<(), WeakPassword> {
    let address = email.map(Email::address).unwrap_or_default();
    let local = address.split('@').next().unwrap_or_default();
    let is_long = (SHORTEST..=LONGEST).contains(&password.chars().count());
    if is_long && zxcvbn(password, &[address, local, "pinfold"]).score() >= Score::Three { Ok(()) } else { Err(WeakPassword) }
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
            "Pinfold123456",
            "Password2026!",
            "qwertyuiop1234",
            "1qaz2wsx3edc",
            "letmeinletmein",
            "administrator1",
        ] {
            assert_eq!(check(password, Some(&own)), Err(WeakPassword), "{password}");
        }
        assert_eq!(check(&"langes Paßwort ".repeat(20), Some(&own)), Err(WeakPassword));
        for password in ["four grey horses", "Träume im Januar 7", "x9!kkq02-vvb3"] {
            assert_eq!(check(password, Some(&own)), Ok(()), "{password}");
        }
    }
}
