//! The characters a PIN is made of, and which guesses are worth evaluating at all.

use serde::{Deserialize, Serialize};

/// The alphabet of a PIN, by Infobip's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Alphabet {
    /// `0` to `9`.
    Numeric,
    /// `A` to `Z`.
    Alpha,
    /// `0` to `9` and `A` to `F`.
    Hex,
    /// `0` to `9` and `A` to `Z`.
    Alphanumeric,
    /// `0` to `9`, `A` to `Z`, `a` to `z`: codes chosen by the caller, and 8x8's `ALPHANUMERIC`.
    #[serde(skip)]
    Chosen,
    /// `0` to `9`, shown with a dash in the middle (8x8's `NUMERIC_WITH_DASH`); a guess may have the dash or not.
    #[serde(skip)]
    Dashed,
    /// `0` to `9` and `A` to `Z` without `I`, `O`, `Q`, `S` and `Z`, which look like digits (8x8's `ALPHANUMERIC_EASY`).
    #[serde(skip)]
    Easy,
}

impl Alphabet {
    /// Every alphabet, by its code in the record.
    const ALL: [Self; 7] = [Self::Numeric, Self::Alpha, Self::Hex, Self::Alphanumeric, Self::Chosen, Self::Dashed, Self::Easy];

    /// The characters a derived PIN is picked from.
    #[must_use]
    pub const fn characters(self) -> &'static [u8] {
        match self {
            Self::Numeric | Self::Dashed => b"0123456789",
            Self::Alpha => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Hex => b"0123456789ABCDEF",
            Self::Alphanumeric => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Chosen => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            Self::Easy => b"0123456789ABCDEFGHJKLMNPRTUVWXY",
        }
    }

    /// The alphabet's code in stored records.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The alphabet of a stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// The classes of characters that a guess contains, as bits: what the verify script compares with the alphabet
/// so that a guess that cannot be right costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classes(u8);

const DIGIT: u8 = 1;
const A_TO_F: u8 = 2;
const G_TO_Z: u8 = 4;
const LOWER: u8 = 8;
const DASH: u8 = 16;
const OTHER: u8 = 32;

impl Classes {
    /// Those of a text with a character that belongs to no alphabet.
    pub const FOREIGN: Self = Self(OTHER);

    /// The classes in `text`; `None` when a character belongs to no alphabet.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        text.bytes()
            .try_fold(0, |classes, byte| {
                Some(
                    classes
                        | match byte {
                            b'0'..=b'9' => DIGIT,
                            b'A'..=b'F' => A_TO_F,
                            b'G'..=b'Z' => G_TO_Z,
                            b'a'..=b'z' => LOWER,
                            b'-' => DASH,
                            _ => return None,
                        },
                )
            })
            .map(Self)
    }

    /// The bits.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether there is a dash, which belongs to the look of a PIN and not to the PIN.
    #[must_use]
    pub fn has_dash(self) -> bool {
        self.0 & DASH != 0
    }

    /// Whether all characters belong to `alphabet`.
    #[must_use]
    pub fn within(self, alphabet: Alphabet) -> bool {
        self.0 & !Self::allowed(alphabet) == 0
    }

    /// The bits an alphabet allows.
    #[must_use]
    pub const fn allowed(alphabet: Alphabet) -> u8 {
        match alphabet {
            Alphabet::Numeric => DIGIT,
            Alphabet::Alpha => A_TO_F | G_TO_Z,
            Alphabet::Hex => DIGIT | A_TO_F,
            Alphabet::Alphanumeric | Alphabet::Easy => DIGIT | A_TO_F | G_TO_Z,
            Alphabet::Dashed => DIGIT | DASH,
            Alphabet::Chosen => DIGIT | A_TO_F | G_TO_Z | LOWER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_of_the_alphabet_is_worth_a_guess() {
        let within = |text: &str, alphabet| Classes::of(text).is_some_and(|classes| classes.within(alphabet));
        assert!(within("0123", Alphabet::Numeric));
        assert!(within("00FF", Alphabet::Hex));
        assert!(!within("00fg", Alphabet::Hex));
        assert!(!within("12a4", Alphabet::Numeric));
        assert!(within("12-34", Alphabet::Dashed) && within("1234", Alphabet::Dashed));
        for alphabet in Alphabet::ALL.into_iter().filter(|alphabet| *alphabet != Alphabet::Dashed) {
            assert!(!within("-123", alphabet), "{alphabet:?}");
        }
        for hostile in ["１２３４", "12\u{200b}34", "12 34", "−123", "12\n34", "١٢٣٤"] {
            assert_eq!(Classes::of(hostile), None, "{hostile:?}");
        }
        assert!(Alphabet::ALL.into_iter().all(|alphabet| !Classes::FOREIGN.within(alphabet)));
    }

    #[test]
    fn codes_come_back() {
        for alphabet in Alphabet::ALL {
            assert_eq!(Alphabet::from_code(alphabet.code()), Some(alphabet));
            let characters = std::str::from_utf8(alphabet.characters()).expect("ASCII");
            assert!(Classes::of(characters).is_some_and(|classes| classes.within(alphabet)));
        }
    }
}
