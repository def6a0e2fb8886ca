//! Phone numbers. Every spelling of a number becomes one canonical E.164 number, or is refused; what the number
//! is (valid, mobile, fixed) comes from the libphonenumber metadata, offline.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;
use std::sync::OnceLock;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType};

use crate::region::Region;

/// How many digits a number has: at most as many as E.164 allows, and as few as a country's code and a subscriber need.
const LENGTHS: RangeInclusive<usize> = 7..=15;

/// The text is no phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a phone number in international form, such as 41793026727")]
pub struct InvalidPhone;

/// A canonical phone number: the digits of E.164 without the plus.
#[derive(Clone)]
pub struct Phone {
    digits: String,
    /// As it was parsed, which is most of the work of a send; a number read back was not.
    parsed: Option<PhoneNumber>,
    /// Found once: a dozen patterns are tried for it.
    line: OnceLock<Line>,
}

impl PartialEq for Phone {
    fn eq(&self, other: &Self) -> bool {
        self.digits == other.digits
    }
}

impl Eq for Phone {}

impl Hash for Phone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digits.hash(state);
    }
}

/// What the metadata says of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Valid, and may take an SMS.
    Reachable,
    /// A fixed line: takes calls only.
    Fixed,
    /// Whoever calls pays more than for a call, and somebody earns by it.
    Premium,
    /// Whoever calls shares the cost with whoever is called.
    SharedCost,
    /// In no range of its country.
    Unassigned,
}

impl Phone {
    /// Parses a number in international form: with `+`, `00` or bare, with spaces, dots, dashes and brackets.
    ///
    /// # Errors
    /// [`InvalidPhone`] when no country's numbers have this form.
    pub fn parse(text: &str) -> Result<Self, InvalidPhone> {
        // E.164 has 15 digits at most; separators may double that. Longer text never reaches the parser.
        if text.len() > 40 {
            return Err(InvalidPhone);
        }
        let mut international = String::with_capacity(24);
        international.push('+');
        let trimmed = text.trim_matches(' ');
        let number = trimmed.strip_prefix('+').or_else(|| trimmed.strip_prefix("00")).unwrap_or(trimmed);
        for character in number.chars() {
            match character {
                '0'..='9' => international.push(character),
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(InvalidPhone),
            }
        }
        if !LENGTHS.contains(&(international.len() - 1)) {
            return Err(InvalidPhone);
        }
        Self::of(PHONE_NUMBER_UTIL.parse(&international, None).map_err(|_| InvalidPhone)?, &international)
    }

    /// Parses a number in the national form of a country; one in international form stays what it is.
    ///
    /// # Errors
    /// [`InvalidPhone`] when no number of the country has this form, or nobody knows the country.
    pub fn parse_in(text: &str, region: Region) -> Result<Self, InvalidPhone> {
        let trimmed = text.trim_matches(' ');
        if trimmed.starts_with('+') || trimmed.starts_with("00") {
            return Self::parse(text);
        }
        let is_plain = trimmed.chars().all(|character| character.is_ascii_digit() || " -.()".contains(character));
        let region = rlibphonenumber::Region::from_code(region.as_str()).map_err(|_| InvalidPhone)?;
        if trimmed.len() > 40 || !is_plain {
            return Err(InvalidPhone);
        }
        Self::of(PHONE_NUMBER_UTIL.parse(trimmed, Some(region)).map_err(|_| InvalidPhone)?, trimmed)
    }

    fn of(parsed: PhoneNumber, given: &str) -> Result<Self, InvalidPhone> {
        let formatted = PHONE_NUMBER_UTIL.format(&parsed, PhoneNumberFormat::E164);
        let digits = formatted.strip_prefix('+').unwrap_or(&formatted);
        if !LENGTHS.contains(&digits.len()) || !PHONE_NUMBER_UTIL.is_possible_number(&parsed) {
            return Err(InvalidPhone);
        }
        // A prefix such as the 0 of +41 (0) 79 is taken off once. Where another one stood behind it, what is left would be a
        // second spelling of the number, with limits of its own.
        let is_canonical = || {
            let again = PHONE_NUMBER_UTIL.parse(&formatted, None);
            again.is_ok_and(|again| PHONE_NUMBER_UTIL.format(&again, PhoneNumberFormat::E164) == formatted)
        };
        if formatted != given && !is_canonical() {
            return Err(InvalidPhone);
        }
        Ok(Self { digits: digits.to_owned(), parsed: Some(parsed), line: OnceLock::new() })
    }

    /// A number that is canonical already, read back from a sealed value.
    #[must_use]
    pub(crate) fn canonical(digits: String) -> Self {
        Self { digits, parsed: None, line: OnceLock::new() }
    }

    /// The digits, without the plus.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// Its country; none for what belongs to no country, such as satellite phones.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.number()?.get_region_code()?.as_region_str().as_str().parse().ok()
    }

    /// What the metadata says.
    #[must_use]
    pub fn line(&self) -> Line {
        *self.line.get_or_init(|| self.number().map_or(Line::Unassigned, |number| Line::of(&number)))
    }

    fn number(&self) -> Option<Cow<'_, PhoneNumber>> {
        match &self.parsed {
            Some(parsed) => Some(Cow::Borrowed(parsed)),
            None => PHONE_NUMBER_UTIL.parse(format!("+{}", self.digits), None).ok().map(Cow::Owned),
        }
    }
}

impl Line {
    fn of(number: &PhoneNumber) -> Self {
        match PHONE_NUMBER_UTIL.get_number_type(number) {
            PhoneNumberType::Unknown => Self::Unassigned,
            PhoneNumberType::FixedLine => Self::Fixed,
            PhoneNumberType::PremiumRate => Self::Premium,
            PhoneNumberType::SharedCost => Self::SharedCost,
            _ => Self::Reachable,
        }
    }
}

/// Loads the metadata, so that the first request does not wait for it.
pub fn warm_up() {
    for number in ["41793026727", "16175550123", "6598765432", "639171234567", "447700900123", "32470123456"] {
        let _ = Phone::parse(number);
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", crate::recipient::mask(&self.digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_one_number() {
        for spelling in [
            "41793026727",
            "+41793026727",
            "0041793026727",
            " +41 79 302 67 27 ",
            "+41 (79) 302-67-27",
            "+41.79.302.67.27",
            "+41 (0) 79 302 67 27",
        ] {
            assert_eq!(Phone::parse(spelling).map(|phone| phone.digits).as_deref(), Ok("41793026727"), "{spelling}");
        }
    }

    #[test]
    fn a_prefix_that_stands_twice_makes_no_second_number() {
        let digits = |text| Phone::parse(text).map(|phone| phone.digits);
        assert_eq!(digits("+44 (0)79 4620 9580").as_deref(), Ok("447946209580"));
        for text in ["+44 (007)9 462 0958", "+44 (00)79 462 0958"] {
            assert_eq!(digits(text), Err(InvalidPhone), "{text}");
        }
        let britain: Region = "GB".parse().expect("a country");
        assert_eq!(Phone::parse_in("0079 462 0958", britain), Err(InvalidPhone));
        assert_eq!(Phone::parse_in("(00)79 462 0958", britain), Err(InvalidPhone));
    }

    #[test]
    fn national_forms_become_the_number_of_their_country() {
        let parse =
            |text: &str, region: &str| Phone::parse_in(text, region.parse().expect("a country")).map(|phone| phone.digits);
        for (text, region, digits) in [
            ("98765432", "SG", "6598765432"),
            ("9876 5432", "SG", "6598765432"),
            ("6598765432", "SG", "6598765432"),
            ("+6598765432", "PH", "6598765432"),
            ("09171234567", "PH", "639171234567"),
            ("639171234567", "PH", "639171234567"),
            ("9171234567", "PH", "639171234567"),
            ("079 302 67 27", "CH", "41793026727"),
        ] {
            assert_eq!(parse(text, region).as_deref(), Ok(digits), "{text} in {region}");
        }
        for (text, region) in [("98765432", "XX"), ("1", "SG"), ("hello", "SG"), ("98765432;ext=1", "SG"), ("٩٨٧٦٥٤٣٢", "SG")]
        {
            assert_eq!(parse(text, region), Err(InvalidPhone), "{text} in {region}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "+",
            "41",
            "hello",
            "+41793026727x5",
            "4179302672712345678",
            "+41793026727,+41793026728",
            "٤١٧٩٣٠٢٦٧٢٧",
            "+41793026727\r\n",
            "+4179\u{200b}3026727",
            "++41793026727",
            "tel:+41793026727",
            "+99900000000",
            "+41793026727;ext=1",
        ] {
            assert_eq!(Phone::parse(text), Err(InvalidPhone), "{text:?}");
        }
    }

    #[test]
    fn the_line_is_known_offline() {
        let line = |text| Phone::parse(text).map(|phone| phone.line());
        assert_eq!(line("41793026727"), Ok(Line::Reachable));
        assert_eq!(line("16175550123"), Ok(Line::Reachable));
        assert_eq!(line("41446681800"), Ok(Line::Fixed));
        assert_eq!(line("15550001111"), Ok(Line::Unassigned));
        for text in ["41793026727", "41446681800", "15550001111"] {
            let (parsed, read_back) = (Phone::parse(text).expect(text), Phone::canonical(text.to_owned()));
            assert_eq!((read_back.line(), &read_back), (parsed.line(), &parsed));
        }
    }

    #[test]
    fn the_country_is_known_offline() {
        let region = |text| Phone::parse(text).ok().and_then(|phone| phone.region()).map(|region| region.to_string());
        assert_eq!(region("41793026727").as_deref(), Some("CH"));
        assert_eq!(region("16175550123").as_deref(), Some("US"));
        assert_eq!(region("14165550123").as_deref(), Some("CA"));
        assert_eq!(region("881612345678"), None);
    }

    #[test]
    fn italian_zeros_stay() {
        assert_eq!(Phone::parse("+390612345678").map(|phone| phone.digits).as_deref(), Ok("390612345678"));
    }
}
