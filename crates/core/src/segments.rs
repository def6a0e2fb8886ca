//! How many SMS a text takes: GSM 03.38 (3GPP TS 23.038) with its extension table, else UCS-2.

/// The characters of the GSM 7-bit default alphabet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The characters of the extension table, two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How a text is encoded in SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a character: 160 in one message, 153 in each of several.
    Gsm7,
    /// Sixteen bits a unit: 70 in one message, 67 in each of several.
    Ucs2,
}

impl Encoding {
    /// The encoding's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    const fn capacities(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// What a text takes on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// The encoding.
    pub encoding: Encoding,
    /// Septets or 16-bit units.
    pub units: usize,
    /// Messages that are sent and paid for.
    pub count: u16,
}

/// Counts the segments of `text`. An escaped character or a surrogate pair is never split between two.
#[must_use]
pub fn count(text: &str) -> Segments {
    let encoding = if text.chars().all(|c| septets(c).is_some()) { Encoding::Gsm7 } else { Encoding::Ucs2 };
    let sizes = || text.chars().map(|c| if encoding == Encoding::Gsm7 { septets(c).unwrap_or(1) } else { c.len_utf16() });
    let units: usize = sizes().sum();
    let (single, part) = encoding.capacities();
    if units <= single {
        return Segments { encoding, units, count: u16::from(units > 0) };
    }
    let (mut count, mut used) = (1, 0);
    for size in sizes() {
        if used + size > part {
            count += 1;
            used = 0;
        }
        used += size;
    }
    Segments { encoding, units, count }
}

fn septets(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_count(text: &str, encoding: Encoding, count_expected: u16) {
        let segments = count(text);
        assert_eq!((segments.encoding, segments.count), (encoding, count_expected), "{} units", segments.units);
    }

    #[test]
    fn boundaries_are_those_of_the_standard() {
        assert_count("", Encoding::Gsm7, 0);
        assert_count(&"a".repeat(160), Encoding::Gsm7, 1);
        assert_count(&"a".repeat(161), Encoding::Gsm7, 2);
        assert_count(&"a".repeat(306), Encoding::Gsm7, 2);
        assert_count(&"a".repeat(307), Encoding::Gsm7, 3);
        assert_count(&"€".repeat(80), Encoding::Gsm7, 1);
        assert_count(&"€".repeat(81), Encoding::Gsm7, 2);
        assert_count(&"ж".repeat(70), Encoding::Ucs2, 1);
        assert_count(&"ж".repeat(71), Encoding::Ucs2, 2);
        assert_count(&"ж".repeat(134), Encoding::Ucs2, 2);
        assert_count(&"ж".repeat(135), Encoding::Ucs2, 3);
        assert_count(&"😀".repeat(35), Encoding::Ucs2, 1);
    }

    #[test]
    fn pairs_are_not_split() {
        // 76 euro signs fill 152 of 153 septets; the 77th does not fit into the one that is left.
        assert_eq!(count(&"€".repeat(153)).count, 3);
        assert_eq!(count(&"😀".repeat(67)).count, 3);
    }
}
