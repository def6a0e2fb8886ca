//! How many SMS a text takes: GSM 03.38 (3GPP TS 23.038) with its extension table, else UCS-2.

/// The characters of the GSM 7-bit default alphabet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The characters of the extension table, two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";
/// Their second septets, in the same order.
const EXTENSION_CODES: [u8; 10] = [0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65];
/// What stands before a character of the extension table.
const ESCAPE: u8 = 0x1B;

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

    /// How many units a character takes.
    fn size(self, character: char) -> usize {
        match self {
            Self::Gsm7 => septets(character).unwrap_or(1),
            Self::Ucs2 => character.len_utf16(),
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

/// How `text` has to be encoded.
#[must_use]
pub fn encoding(text: &str) -> Encoding {
    measure(text).0
}

/// Counts the segments of `text`. An escaped character or a surrogate pair is never split between two.
#[must_use]
pub fn count(text: &str) -> Segments {
    let (encoding, units) = measure(text);
    let count = if units <= encoding.capacities().0 { (units > 0).into() } else { parts(text, encoding).len() };
    Segments { encoding, units, count: count.try_into().unwrap_or(u16::MAX) }
}

/// The parts of `text` as they are sent one by one: itself when it fits into one message, nothing when it is empty.
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    let (encoding, units) = measure(text);
    match units {
        0 => Vec::new(),
        units if units <= encoding.capacities().0 => vec![text],
        _ => parts(text, encoding),
    }
}

/// How a text is encoded, and how many units it takes.
fn measure(text: &str) -> (Encoding, usize) {
    match text.chars().map(septets).sum() {
        Some(units) => (Encoding::Gsm7, units),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).sum()),
    }
}

fn parts(text: &str, encoding: Encoding) -> Vec<&str> {
    let (_, part) = encoding.capacities();
    let (mut parts, mut begin, mut used) = (Vec::new(), 0, 0);
    for (index, character) in text.char_indices() {
        let size = encoding.size(character);
        if used + size > part {
            parts.push(&text[begin..index]);
            (begin, used) = (index, 0);
        }
        used += size;
    }
    parts.push(&text[begin..]);
    parts
}

/// The text in the GSM 7-bit default alphabet, one septet to a byte; `None` when a character is not in it.
#[must_use]
pub fn gsm7(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        if let Some(position) = BASIC.chars().position(|known| known == character) {
            // The escape is in the table's row of capital letters, and no character.
            let code = if position < usize::from(ESCAPE) { position } else { position + 1 };
            bytes.push(code.try_into().ok()?);
        } else {
            let position = EXTENSION.chars().position(|known| known == character)?;
            bytes.extend([ESCAPE, EXTENSION_CODES[position]]);
        }
    }
    Some(bytes)
}

fn septets(character: char) -> Option<usize> {
    if character.is_ascii() {
        let size = OF_ASCII[character as usize];
        return (size > 0).then_some(size.into());
    }
    if BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// How many septets each ASCII character takes; 0 for those that are in neither table.
const OF_ASCII: [u8; 128] = {
    let (mut sizes, tables, mut size) = ([0; 128], [BASIC.as_bytes(), EXTENSION.as_bytes()], 1);
    while size <= tables.len() {
        let (table, mut at) = (tables[size - 1], 0);
        while at < table.len() {
            if table[at].is_ascii() {
                sizes[table[at] as usize] = size as u8;
            }
            at += 1;
        }
        size += 1;
    }
    sizes
};

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
        for text in ["€".repeat(153), "😀".repeat(67), "a".repeat(1530), "a€".repeat(300)] {
            assert_eq!(split(&text).concat(), text);
        }
    }

    #[test]
    fn septets_are_those_of_the_standard() {
        assert_eq!(gsm7("@$_Ça€").as_deref(), Some(&[0x00, 0x02, 0x11, 0x09, 0x61, 0x1B, 0x65][..]));
        assert_eq!(gsm7("ΞÆß É¡A§¿à").as_deref(), Some(&[0x1A, 0x1C, 0x1E, 0x20, 0x1F, 0x40, 0x41, 0x5F, 0x60, 0x7F][..]));
        assert_eq!(gsm7("^{}\\[~]|\u{c}").map(|bytes| bytes.len()), Some(18));
        assert_eq!(gsm7("ç"), None);
        for printable in (b' '..=b'~').map(char::from).filter(|c| !"@$[]^_`{}|~\\".contains(*c)) {
            assert_eq!(gsm7(&printable.to_string()), Some(vec![printable as u8]), "{printable}");
        }
    }
}
