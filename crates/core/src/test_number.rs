//! Test numbers: phone numbers of an application whose PINs have a fixed code and never leave. For whoever reviews an app, for
//! automated tests and for demonstrations.

use std::fmt::Display;

use crate::field::FieldError;
use crate::limits::{Ceilings, SHORTEST_PIN};
use crate::phone::Phone;
use crate::pin::Pin;
use crate::recipient::{Recipient, mask};

/// The most test numbers of one application.
pub const MOST_TEST_NUMBERS: usize = 20;
/// What is recorded as the reason of a message that did not leave because its number is one.
pub const TEST_NUMBER: &str = "test_number";

/// A number and its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestNumber {
    /// The number.
    pub phone: Phone,
    /// The code of all its PINs.
    pub code: Pin,
}

impl TestNumber {
    /// The number as the system of record shows it.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(self.phone.digits())
    }

    /// The bytes to seal.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        format!("{}:{}", self.phone.digits(), self.code.expose()).into_bytes()
    }

    /// Reads what [`Self::encode`] gave; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (digits, code) = std::str::from_utf8(bytes).ok()?.split_once(':')?;
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_one = is_digits(digits) && is_digits(code);
        is_one.then(|| Self { phone: Phone::canonical(digits.to_owned()), code: Pin::given(code) })
    }
}

/// The test numbers of one application, in the order in which somebody wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestNumbers(Vec<TestNumber>);

impl TestNumbers {
    /// Reads numbers and codes as a client gives them in the list `field`.
    ///
    /// # Errors
    /// Every one that breaks a bound, by its place in the list.
    pub fn read<'a>(
        field: &str,
        given: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
        ceilings: &Ceilings,
    ) -> Result<Self, Vec<FieldError>> {
        if given.len() > MOST_TEST_NUMBERS {
            let must = format!("must have at most {MOST_TEST_NUMBERS} numbers");
            return Err(vec![FieldError::new(field.to_owned(), must)]);
        }
        let (mut read, mut errors) = (Self::default(), Vec::new());
        for (place, (number, code)) in given.enumerate() {
            let mut refuse =
                |of: &dyn Display, must: String| errors.push(FieldError::new(format!("{field}[{place}].{of}"), must));
            let lengths = usize::from(SHORTEST_PIN)..=usize::from(ceilings.pin_length);
            let is_code = lengths.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
            if !is_code {
                refuse(&"code", format!("must have {} to {} digits", lengths.start(), lengths.end()));
            }
            match Phone::parse(number) {
                Err(error) => refuse(&"phoneNumber", error.to_string()),
                Ok(phone) if read.0.iter().any(|one| one.phone.digits() == phone.digits()) => {
                    refuse(&"phoneNumber", "must be in the list once".to_owned());
                }
                Ok(phone) => read.0.push(TestNumber { phone, code: Pin::given(code) }),
            }
        }
        if errors.is_empty() { Ok(read) } else { Err(errors) }
    }

    /// The code of a recipient, if it is one of them.
    #[must_use]
    pub fn code_of(&self, recipient: &Recipient) -> Option<&Pin> {
        let Recipient::Phone(phone) = recipient else { return None };
        self.0.iter().find(|one| one.phone.digits() == phone.digits()).map(|one| &one.code)
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, TestNumber> {
        self.0.iter()
    }
}

impl FromIterator<TestNumber> for TestNumbers {
    fn from_iter<T: IntoIterator<Item = TestNumber>>(numbers: T) -> Self {
        Self(numbers.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<TestNumbers, Vec<String>> {
        let read = TestNumbers::read("testNumbers", given.iter().copied(), &Ceilings::default());
        read.map_err(|errors| errors.iter().map(|error| format!("{} {}", error.field, error.must)).collect())
    }

    #[test]
    fn a_number_has_its_code_however_it_is_spelled_and_others_have_none() {
        let numbers = read(&[("+41 79 302 67 27", "123456"), ("16175550123", "0000")]).expect("two numbers");
        let code = |to: &str| numbers.code_of(&Recipient::parse(to).expect(to)).map(|code| code.expose().to_owned());
        assert_eq!(code("0041793026727").as_deref(), Some("123456"));
        assert_eq!(code("+1 617 555 0123").as_deref(), Some("0000"));
        assert_eq!(code("41793026728"), None);
        assert_eq!(code("john@example.com"), None);
    }

    #[test]
    fn every_fault_names_its_place_and_its_bound() {
        let faults = read(&[
            ("41793026727", "123"),
            ("hello", "12345678901"),
            ("41793026728", "12345a"),
            ("+41 (0)79 302 67 27", "123456"),
            ("41793026729", "１２３４５６"),
        ]);
        assert_eq!(
            faults.expect_err("none is fine"),
            [
                "testNumbers[0].code must have 4 to 10 digits",
                "testNumbers[1].code must have 4 to 10 digits",
                "testNumbers[1].phoneNumber must be a phone number in international form, such as 41793026727",
                "testNumbers[2].code must have 4 to 10 digits",
                "testNumbers[3].phoneNumber must be in the list once",
                "testNumbers[4].code must have 4 to 10 digits",
            ]
        );
    }

    #[test]
    fn an_application_has_twenty_at_most() {
        let numbers: Vec<String> = (0..=MOST_TEST_NUMBERS).map(|number| format!("417930267{number:02}")).collect();
        let given: Vec<_> = numbers.iter().map(|number| (number.as_str(), "123456")).collect();
        assert_eq!(read(&given[1..]).expect("twenty").iter().count(), MOST_TEST_NUMBERS);
        assert_eq!(read(&given).expect_err("one more"), ["testNumbers must have at most 20 numbers"]);
        assert_eq!(read(&[]), Ok(TestNumbers::default()));
    }

    #[test]
    fn what_is_sealed_comes_back_and_shows_nothing() {
        let numbers = read(&[("41793026727", "0042")]).expect("a number");
        let one = numbers.iter().next().expect("there is one");
        assert_eq!(TestNumber::decode(&one.encode()).as_ref(), Some(one));
        assert_eq!(one.masked(), "…6727");
        let debug = format!("{one:?}");
        assert!(!debug.contains("41793026727") && !debug.contains("0042"), "{debug}");
        for foreign in [&b""[..], b":", b"41793026727", b"41793026727:", b":0042", b"4179302x:0042", b"\xFF:1"] {
            assert_eq!(TestNumber::decode(foreign), None);
        }
    }
}
