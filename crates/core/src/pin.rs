//! A PIN is a function, not a datum: HMAC-SHA-256 (RFC 2104) of pinId and generation under a tenant's key, and an
//! unbiased pick of characters from the result. Sender, worker and resend derive it again; nothing stores it.

use aws_lc_rs::hmac;
use zeroize::{Zeroize, Zeroizing};

use crate::alphabet::Alphabet;
use crate::id::PinId;

/// A PIN. Never printed by `Debug`, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// A PIN chosen by the caller or typed by a person.
    #[must_use]
    pub fn given(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The characters set apart, for speech.
    pub(crate) fn spoken(&self) -> Zeroizing<String> {
        let mut spoken = Zeroizing::new(String::with_capacity(self.0.len() * 3));
        for character in self.0.chars().filter(|character| *character != '-') {
            if !spoken.is_empty() {
                spoken.push_str(", ");
            }
            spoken.push(character);
        }
        spoken
    }

    /// The PIN as a message shows it: one of an alphabet with a dash has it in the middle, or one left of it.
    #[must_use]
    pub fn shown_in(self, alphabet: Alphabet) -> Self {
        if alphabet != Alphabet::Dashed || self.0.len() < 4 {
            return self;
        }
        let (left, right) = self.0.split_at(self.0.len() / 2);
        Self(format!("{left}-{right}"))
    }

    /// The PIN that a guess stands for: a dash is for the eye alone.
    #[must_use]
    pub fn guessed(text: &str) -> Self {
        if text.contains('-') { Self(text.replace('-', "")) } else { Self::given(text) }
    }

    /// The PIN together with what it is bound to, for its digest alone: no character of a PIN tells the two apart.
    #[must_use]
    pub fn bound_to(self, what: Option<&str>) -> Self {
        match what {
            None => self,
            Some(what) => Self(format!("{}\u{1e}{what}", self.0)),
        }
    }

    /// The characters, for the one message that carries them and for the digest.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(…)")
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Derives the PIN of `id` in its `generation` with `length` characters of `alphabet`.
///
/// Bytes past the largest multiple of the alphabet's size are rejected, so that each character is equally likely.
#[must_use]
pub fn derive(key: &hmac::Key, id: PinId, generation: u8, alphabet: Alphabet, length: u8) -> Pin {
    let characters = alphabet.characters();
    let size = characters.len();
    let usable = 256 - 256 % size;
    let mut pin = String::with_capacity(usize::from(length));
    for block in 0..=u8::MAX {
        let mut context = hmac::Context::with_key(key);
        context.update(id.as_bytes());
        context.update(&[generation, block]);
        for byte in context.sign().as_ref() {
            let draw = usize::from(*byte);
            if draw < usable {
                pin.push(char::from(characters[draw % size]));
                if pin.len() == usize::from(length) {
                    return Pin(pin);
                }
            }
        }
    }
    unreachable!("256 blocks of 32 bytes fill a PIN of at most 255 characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[42; 32])
    }

    fn id(number: u32) -> PinId {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        PinId::from_bytes(bytes)
    }

    #[test]
    fn the_same_inputs_give_the_same_pin_and_a_new_generation_another() {
        let pin = derive(&key(), id(1), 0, Alphabet::Alphanumeric, 12);
        assert_eq!(pin.expose().len(), 12);
        assert_eq!(pin, derive(&key(), id(1), 0, Alphabet::Alphanumeric, 12));
        assert_ne!(pin, derive(&key(), id(1), 1, Alphabet::Alphanumeric, 12));
        assert_eq!(format!("{pin:?}"), "Pin(…)");
    }

    #[test]
    fn a_dash_is_shown_and_need_not_be_typed() {
        let shown = |text: &str| Pin::given(text).shown_in(Alphabet::Dashed).expose().to_owned();
        assert_eq!([shown("123"), shown("1234"), shown("12345")], ["123", "12-34", "12-345"]);
        assert_eq!(Pin::given("1234").shown_in(Alphabet::Numeric), Pin::given("1234"));
        assert_eq!((Pin::guessed("12-34"), Pin::guessed("1234")), (Pin::given("1234"), Pin::given("1234")));
    }

    /// χ² at p = 0.001 for 9 and for 999 degrees of freedom is 27.88 and 1143.9.
    #[test]
    fn two_hundred_thousand_pins_are_uniform() {
        const PINS: u32 = 200_000;
        let (mut positions, mut bins, mut zeros) = ([[0_u32; 10]; 6], vec![0_u32; 1000], 0_u32);
        let mut seen = vec![0_u8; 1_000_000];
        let mut duplicates = 0_u32;
        for number in 0..PINS {
            let pin = derive(&key(), id(number), 0, Alphabet::Numeric, 6);
            for (position, digit) in pin.expose().bytes().enumerate() {
                positions[position][usize::from(digit - b'0')] += 1;
            }
            let value: usize = pin.expose().parse().expect("digits");
            bins[value / 1000] += 1;
            zeros += u32::from(pin.expose().starts_with('0'));
            duplicates += u32::from(seen[value] > 0);
            seen[value] = 1;
        }
        let chi_squared = |counts: &[u32]| -> f64 {
            let expected = f64::from(PINS) / counts.len() as f64;
            counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
        };
        for counts in &positions {
            assert!(chi_squared(counts) < 27.88, "{counts:?}");
        }
        assert!(chi_squared(&bins) < 1143.9);
        assert!((f64::from(zeros) / f64::from(PINS) - 0.1).abs() < 0.005);
        // Distinct values follow 10^6 (1 - e^-0.2); four standard deviations are about 500.
        let expected = f64::from(PINS) - 1e6 * (1.0 - (-0.2_f64).exp());
        assert!((f64::from(duplicates) - expected).abs() < 550.0, "{duplicates} against {expected}");
    }
}
