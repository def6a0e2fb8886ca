//! What a client may name a request by, to have it done once.

/// The longest key, in characters.
pub const LONGEST: usize = 255;

/// Whether a text is a key: 1 to [`LONGEST`] visible ASCII characters.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        assert!(is_key("a") && is_key(&"~".repeat(LONGEST)));
        for text in ["", " ", "a b", "a\n", "é", "\0", &"a".repeat(LONGEST + 1)] {
            assert!(!is_key(text), "{text:?}");
        }
    }
}
