//! Phone numbers: every spelling is refused or becomes a canonical number that is its own spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pinfold_core::phone::Phone;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some((region, number)) = text.split_at_checked(2)
        && let Ok(region) = region.parse()
        && let Ok(phone) = Phone::parse_in(number, region)
    {
        check(&phone);
    }
    if let Ok(phone) = Phone::parse(text) {
        check(&phone);
    }
});

fn check(phone: &Phone) {
    let digits = phone.digits();
    assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits}");
    let again = Phone::parse(&format!("+{digits}")).expect("a canonical number is a number");
    assert_eq!(again.digits(), digits, "one number, one budget");
    let _ = (phone.region(), phone.line());
}
