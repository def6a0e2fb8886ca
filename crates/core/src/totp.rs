//! Codes of authenticator apps: HOTP (RFC 4226) over time (TOTP, RFC 6238). Each step of time is good for one success, the
//! clock may be off by a bounded number of steps, and wrong codes lock.

use aws_lc_rs::{constant_time, hmac};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{base32, entropy};

/// The bytes of a secret that is made here: 160 bits, as RFC 4226 recommends.
const SECRET: usize = 20;
/// The bytes of a secret that a caller brings.
const SECRETS: std::ops::RangeInclusive<usize> = 16..=64;
/// Wrong codes in a row that lock.
pub const MOST_FAILURES: u8 = 5;
/// How long the first, second, … lock lasts, in milliseconds; the last one repeats.
const LOCKS_MS: [u64; 3] = [15 * 60_000, 3_600_000, 86_400_000];

/// The hash behind the codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// HMAC-SHA-1, which every app knows.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// How an app makes its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// The hash.
    #[serde(rename = "alg")]
    pub algorithm: Algorithm,
    /// The digits of a code, 4 to 8.
    #[serde(rename = "code_length")]
    pub digits: u8,
    /// How long a code lasts, 20 to 60 seconds.
    #[serde(rename = "time_step")]
    pub step_s: u8,
    /// How many steps a clock may be off, at most 2.
    pub skew: u8,
}

impl Default for Totp {
    fn default() -> Self {
        Self { algorithm: Algorithm::Sha1, digits: 6, step_s: 30, skew: 1 }
    }
}

/// A secret between a person's app and us.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(entropy::bytes::<SECRET>().to_vec()))
    }

    /// The one of these bytes; `None` when they are too few to be safe or more than a hash takes.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        SECRETS.contains(&bytes.len()).then(|| Self(Zeroizing::new(bytes)))
    }

    /// The one that somebody brings, in base32.
    #[must_use]
    pub fn from_base32(text: &str) -> Option<Self> {
        base32::decode(text).and_then(Self::from_bytes)
    }

    /// Its bytes, to be sealed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The form that a person types into an app.
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(base32::encode(&self.0))
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl Totp {
    /// The step of a time.
    #[must_use]
    pub fn step_at(&self, now_ms: u64) -> u64 {
        now_ms / 1_000 / u64::from(self.step_s.max(1))
    }

    /// The code of a step.
    #[must_use]
    pub fn code(&self, secret: &TotpSecret, step: u64) -> Zeroizing<String> {
        let tag = hmac::sign(&hmac::Key::new(self.algorithm.hmac(), &secret.0), &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 15);
        let four = tag[offset..].first_chunk::<4>().expect("the shortest tag has 20 bytes, and 15 + 4 are less");
        let number = (u32::from_be_bytes(*four) & 0x7FFF_FFFF) % 10_u32.pow(u32::from(self.digits));
        Zeroizing::new(format!("{number:0width$}", width = usize::from(self.digits)))
    }

    /// The step that a guess is right for; `None` for a wrong one. A step is good once: neither `last_used` nor one before
    /// it is right again.
    #[must_use]
    pub fn judge(&self, secret: &TotpSecret, guess: &str, now_ms: u64, last_used: Option<u64>) -> Option<u64> {
        let is =
            |step: &u64| constant_time::verify_slices_are_equal(self.code(secret, *step).as_bytes(), guess.as_bytes()).is_ok();
        let (now, skew) = (self.step_at(now_ms), u64::from(self.skew));
        let is_fresh = |step: &u64| last_used.is_none_or(|used| *step > used);
        let past = (now.saturating_sub(skew)..=now).rev().filter(is_fresh).find(is);
        // A code that was used and stands for the next step too is no other code before that step begins.
        let future = || (now + 1..=now + skew).filter(is_fresh).find(is).filter(|_| !last_used.is_some_and(|used| is(&used)));
        past.or_else(future)
    }

    /// The address that apps read from a QR code.
    #[must_use]
    pub fn uri(&self, issuer: &str, name: &str, secret: &TotpSecret) -> Zeroizing<String> {
        let (issuer, name) = (escape(issuer), escape(name));
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}&algorithm={}&digits={}&period={}",
            *secret.base32(),
            self.algorithm.name().to_ascii_uppercase(),
            self.digits,
            self.step_s,
        ))
    }
}

/// Percent-encoding of everything but unreserved characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// What is remembered of the guesses at an app's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guesses {
    /// The step of the last success.
    pub last_used: Option<u64>,
    /// Wrong codes since then or since the last lock.
    pub failures: u8,
    /// Locks since the last success.
    pub locks: u8,
    /// When the last lock ends.
    pub locked_until_ms: u64,
}

/// What a guess was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Right.
    Right,
    /// Wrong, or used before.
    Wrong,
    /// Not looked at: too many were wrong.
    Locked {
        /// Milliseconds until one is looked at again.
        retry_ms: u64,
    },
}

impl Guesses {
    /// Judges a guess and remembers it.
    pub fn judge(&mut self, totp: &Totp, secret: &TotpSecret, guess: &str, now_ms: u64) -> Judged {
        if self.locked_until_ms > now_ms {
            return Judged::Locked { retry_ms: self.locked_until_ms - now_ms };
        }
        if let Some(step) = totp.judge(secret, guess, now_ms, self.last_used) {
            *self = Self { last_used: Some(step), ..Self::default() };
            return Judged::Right;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= MOST_FAILURES {
            self.locked_until_ms = now_ms + LOCKS_MS[usize::from(self.locks).min(LOCKS_MS.len() - 1)];
            self.locks = self.locks.saturating_add(1);
            self.failures = 0;
        }
        Judged::Wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(length: usize) -> TotpSecret {
        let bytes = b"1234567890".iter().copied().cycle().take(length).collect();
        TotpSecret::from_bytes(bytes).expect("of a good length")
    }

    #[test]
    fn the_ten_vectors_of_rfc_4226_hold() {
        let codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(*Totp::default().code(&secret(20), step), code);
        }
    }

    #[test]
    fn the_eighteen_vectors_of_rfc_6238_hold() {
        let vectors = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (second, codes) in vectors {
            for (algorithm, (length, code)) in Algorithm::ALL.into_iter().zip([20, 32, 64].into_iter().zip(codes)) {
                let totp = Totp { algorithm, digits: 8, ..Totp::default() };
                assert_eq!(*totp.code(&secret(length), totp.step_at(second * 1_000)), code, "{second} {algorithm:?}");
            }
        }
    }

    #[test]
    fn a_step_is_good_once_and_no_older_one_after_it() {
        let (totp, secret, now) = (Totp::default(), secret(20), 1_763_720_000_000);
        let (step, mut guesses) = (totp.step_at(now), Guesses::default());
        let code = |step| totp.code(&secret, step);
        assert_eq!(guesses.judge(&totp, &secret, &code(step), now), Judged::Right);
        assert_eq!(guesses.judge(&totp, &secret, &code(step), now), Judged::Wrong, "used");
        assert_eq!(guesses.judge(&totp, &secret, &code(step - 1), now), Judged::Wrong, "older");
        assert_eq!(guesses.judge(&totp, &secret, &code(step + 1), now + 30_000), Judged::Right);
        assert_eq!(guesses.failures, 0, "a success forgets failures");
    }

    #[test]
    fn a_clock_may_be_off_by_the_skew_and_no_more() {
        let (secret, now) = (secret(20), 1_763_720_000_000);
        for skew in 0..=2_u64 {
            let totp = Totp { skew: skew as u8, ..Totp::default() };
            let step = totp.step_at(now);
            for off in 0..=4 {
                let expected = off <= skew;
                assert_eq!(
                    totp.judge(&secret, &totp.code(&secret, step - off), now, None).is_some(),
                    expected,
                    "-{off} of {skew}"
                );
                assert_eq!(
                    totp.judge(&secret, &totp.code(&secret, step + off), now, None).is_some(),
                    expected,
                    "+{off} of {skew}"
                );
            }
        }
    }

    #[test]
    fn equal_codes_of_adjacent_steps_are_two_successes_a_step_apart() {
        // Two adjacent steps with one code are found by looking for them among short codes.
        let (totp, secret) = (Totp { digits: 4, ..Totp::default() }, secret(20));
        let step = (1..).find(|step| totp.code(&secret, *step) == totp.code(&secret, step + 1)).expect("there are many");
        let (code, now) = (totp.code(&secret, step), step * 30_000);
        let mut guesses = Guesses::default();
        assert_eq!(guesses.judge(&totp, &secret, &code, now), Judged::Right);
        assert_eq!(guesses.judge(&totp, &secret, &code, now + 1), Judged::Wrong, "the same step");
        assert_eq!(guesses.judge(&totp, &secret, &code, now + 30_000), Judged::Right, "the newer step");
        assert_eq!(guesses.judge(&totp, &secret, &code, now + 30_000), Judged::Wrong);
    }

    #[test]
    fn five_wrong_codes_lock_longer_each_time() {
        let (totp, secret) = (Totp::default(), secret(20));
        let (mut guesses, mut now) = (Guesses::default(), 1_763_720_000_000);
        for lock in [900_000, 3_600_000, 86_400_000, 86_400_000] {
            for _ in 0..5 {
                assert_eq!(guesses.judge(&totp, &secret, "x", now), Judged::Wrong);
            }
            let right = totp.code(&secret, totp.step_at(now));
            assert_eq!(guesses.judge(&totp, &secret, &right, now), Judged::Locked { retry_ms: lock });
            now += lock;
        }
        let right = totp.code(&secret, totp.step_at(now));
        assert_eq!(guesses.judge(&totp, &secret, &right, now), Judged::Right);
        assert_eq!((guesses.locks, guesses.locked_until_ms), (0, 0));
    }

    #[test]
    fn the_address_for_apps_escapes_names_and_secrets_stay_out_of_logs() {
        let uri = Totp::default().uri("A & B", "ann@example.com", &secret(20));
        let expected = "otpauth://totp/A%20%26%20B:ann%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20%26%20B&algorithm=SHA1&digits=6&period=30";
        assert_eq!(*uri, expected);
        assert_eq!(format!("{:?}", secret(20)), "TotpSecret(…)");
        assert_eq!(TotpSecret::generate().as_bytes().len() * 8, 160);
        for short in ["", "GEZDGNBVGY3TQ", "not base32!"] {
            assert_eq!(TotpSecret::from_base32(short), None, "{short}");
        }
        assert_eq!(TotpSecret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), Some(secret(20)));
    }
}
