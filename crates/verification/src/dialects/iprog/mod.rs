//! IPROG's OTP calls. The API key comes as `api_token`, in a JSON body, a form or the query; `status` in the body decides, and
//! a code is never given back.

mod list;
mod send_otp;
mod verify_otp;

use pinfold_core::phone::{Line, Phone};
use pinfold_http::{Mount, Problem, mount};
use serde::{Deserialize, Deserializer};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::send_otp, self::verify_otp, self::list);
}

/// The digits that a number of the Philippines has at most when it is dialled there, without the 0 in front.
const NATIONAL_DIGITS: usize = 10;

/// A number in international form, or as it is dialled in the Philippines (`09171234567`).
///
/// # Errors
/// 400 naming the field.
fn phone(text: &str) -> Result<Phone, Problem> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let national = if digits > NATIONAL_DIGITS && !text.starts_with('0') {
        None
    } else {
        let philippines = "PH".parse().expect("two capital letters");
        // What is in no range of the Philippines may be a number of elsewhere.
        Phone::parse_in(text, philippines).ok().filter(|phone| phone.line() != Line::Unassigned)
    };
    let parsed = national.map_or_else(|| Phone::parse(text), Ok);
    parsed.map_err(|_| Problem::field("phone_number", "must be a phone number, such as 639171234567 or 09171234567"))
}

/// A number as a text, or as a JSON number, which has no sign and no zero before it: clients of this vendor write both.
fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "must be a phone number")]
    enum Given {
        Text(String),
        Number(u64),
    }
    Ok(match Given::deserialize(deserializer)? {
        Given::Text(text) => text,
        Given::Number(number) => number.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_philippine_spelling_is_one_number_and_others_stay_what_they_are() {
        for spelling in ["639171234567", "09171234567", "+639171234567", "9171234567", "0917 123 4567"] {
            assert_eq!(phone(spelling).expect(spelling).digits(), "639171234567");
        }
        assert_eq!(phone("+41793026727").expect("a number").digits(), "41793026727");
        assert_eq!(phone("41793026727").expect("a number").digits(), "41793026727");
        assert_eq!(phone("12").expect_err("no number").fields[0].field, "phone_number");
    }
}
