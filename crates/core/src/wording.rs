//! A message text that comes with its request, in a vendor's words: what stands before the PIN and what after it. There is
//! no template in it, so nothing that a caller writes is ever read as one.

use serde::{Deserialize, Serialize};

use crate::field::FieldError;
use crate::pin::Pin;
use crate::template::{LONGEST_TEXT, has_breaking, plain_breaks};

/// A text with exactly one place for the PIN: what stands before it and after it; and both for speech, where that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording(String, String, #[serde(default)] Option<(String, String)>);

impl Wording {
    /// Reads `text`, given in `field`, in which `placeholder` stands for the PIN and each name of `values` for its value.
    ///
    /// # Errors
    /// 1 to [`LONGEST_TEXT`] characters, the PIN exactly once, no control characters but line breaks; no line breaks in values.
    pub fn parse(field: &'static str, text: &str, placeholder: &str, values: &[(&str, &str)]) -> Result<Self, FieldError> {
        let text = plain_breaks(text);
        if text.is_empty() || has_breaking(&text, true) {
            return Err(FieldError::new(field, "must not be empty and have no control characters other than line breaks"));
        }
        if values.iter().any(|(_, value)| has_breaking(value, false)) {
            return Err(FieldError::new(field, "must be given with values that have no control characters or line breaks"));
        }
        let pin_once = || FieldError::new(field, format!("must contain {placeholder} exactly once"));
        let (before, after) = text.split_once(placeholder).ok_or_else(pin_once)?;
        if after.contains(placeholder) {
            return Err(pin_once());
        }
        let wording = Self(fill(before, values), fill(after, values), None);
        if wording.0.chars().count() + wording.1.chars().count() > LONGEST_TEXT {
            return Err(FieldError::new(field, format!("must have at most {LONGEST_TEXT} characters")));
        }
        Ok(wording)
    }

    /// The same with another text for speech.
    #[must_use]
    pub fn spoken_as(self, spoken: Self) -> Self {
        Self(self.0, self.1, Some((spoken.0, spoken.1)))
    }

    /// The same with more behind it, which is not spoken.
    #[must_use]
    pub fn followed_by(self, more: &str) -> Self {
        let spoken = self.2.unwrap_or_else(|| (self.0.clone(), self.1.clone()));
        Self(self.0, self.1 + more, Some(spoken))
    }

    /// The text with the PIN in its place.
    #[must_use]
    pub fn render(&self, pin: &Pin) -> String {
        [&self.0, pin.expose(), &self.1].concat()
    }

    /// Like [`Self::render`] with the PIN's characters set apart, for speech.
    #[must_use]
    pub fn render_spoken(&self, pin: &Pin) -> String {
        let (before, after) = self.2.as_ref().map_or((&self.0, &self.1), |(before, after)| (before, after));
        [before, pin.spoken().as_str(), after].concat()
    }
}

/// Puts values in place, once: what a value contains is text.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    // Every name begins with one of these.
    while let Some((before, found)) = rest.find(['$', '{']).map(|at| rest.split_at(at)) {
        let value = values.iter().find(|(name, _)| found.starts_with(name));
        let (value, length) = value.map_or((&found[..1], 1), |(name, value)| (*value, name.len()));
        filled.push_str(before);
        filled.push_str(value);
        rest = &found[length..];
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, values: &[(&str, &str)]) -> Result<String, String> {
        let wording = Wording::parse("template", text, "{code}", values).map_err(|error| error.must.into_owned())?;
        Ok(wording.render(&Pin::given("0042")))
    }

    #[test]
    fn values_are_put_in_once_and_literally() {
        assert_eq!(parse("{brand}: {code}", &[("{brand}", "Shop")]), Ok("Shop: 0042".into()));
        for hostile in ["{code}", "{brand}", "{{pin}}", "${code}", "%s"] {
            assert_eq!(parse("{brand} {code} {brand}", &[("{brand}", hostile)]), Ok(format!("{hostile} 0042 {hostile}")));
        }
        assert_eq!(parse("{{pin}} {code}", &[]), Ok("{{pin}} 0042".into()));
    }

    #[test]
    fn a_text_has_one_pin_and_no_hidden_lines() {
        for text in ["", "no code", "{code}{code}", "{code}\u{2028}x", "{code}\r"] {
            assert!(parse(text, &[]).is_err(), "{text:?}");
        }
        assert!(parse("{brand} {code}", &[("{brand}", "a\n@evil.example #1")]).is_err());
        assert!(parse(&format!("{{code}}{}", "x".repeat(LONGEST_TEXT + 1)), &[]).is_err());
        for breaks in ["first\n{code}", "first\r\n{code}"] {
            assert_eq!(parse(breaks, &[]), Ok("first\n0042".into()));
        }
    }

    #[test]
    fn speech_sets_the_characters_apart() {
        let wording = Wording::parse("template", "Code {code}.", "{code}", &[]).expect("a text");
        assert_eq!(wording.render_spoken(&Pin::given("1234")), "Code 1, 2, 3, 4.");
        let stored = serde_json::from_str::<Wording>(r#"["Code ","."]"#);
        assert_eq!(stored.ok(), Some(wording.clone()), "as it was stored before there was a text for speech");
        let longer = wording.clone().followed_by("\nABC");
        assert_eq!(
            (longer.render(&Pin::given("12")).as_str(), longer.render_spoken(&Pin::given("12")).as_str()),
            ("Code 12.\nABC", "Code 1, 2.")
        );
        let other = Wording::parse("template", "Say {code}", "{code}", &[]).expect("a text");
        assert_eq!(wording.spoken_as(other).render_spoken(&Pin::given("12")), "Say 1, 2");
    }
}
