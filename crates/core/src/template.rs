//! Message texts with named placeholders. Parsed when configured, rendered exactly once: what a value contains is
//! text, never a template. Tenants get no language here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::confirmation;
use crate::field::FieldError;
use crate::pin::Pin;

/// The placeholder of the PIN when a template does not choose its own.
pub const PIN_PLACEHOLDER: &str = "{{pin}}";
/// The longest template, in characters: ten segments.
pub const LONGEST_TEXT: usize = 1_530;
/// The longest value of a placeholder, in characters.
pub const LONGEST_VALUE: usize = 160;
/// The most placeholders in one request.
pub const MOST_PLACEHOLDERS: usize = 20;

/// A parsed template, with the PIN at least once: a line for autofill repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    names: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Pin,
    Named(String),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// Empty or longer than [`LONGEST_TEXT`].
    #[error("must have 1 to {LONGEST_TEXT} characters")]
    Length,
    /// The PIN placeholder is missing, or another one stands for the PIN.
    #[error("must contain the PIN placeholder {0}, and no other for the PIN")]
    Pin(String),
    /// `{{` without a name of letters, digits, `_`, `-` or `.` and `}}`.
    #[error("must close every placeholder as {{{{name}}}}, with a name of letters, digits, _ - or .")]
    Placeholder,
    /// A control character other than a line break.
    #[error("must not contain control characters other than line breaks")]
    Control,
    /// The PIN placeholder itself is unusable.
    #[error("must be a PIN placeholder of 3 to 32 visible ASCII characters that starts with {{ or <")]
    PinPlaceholder,
}

impl Template {
    /// Parses `text`, in which `pin_placeholder` stands for the PIN. Line breaks of Windows become plain ones.
    ///
    /// # Errors
    /// [`InvalidTemplate`].
    pub fn parse(text: &str, pin_placeholder: &str) -> Result<Self, InvalidTemplate> {
        let text = plain_breaks(text);
        if text.is_empty() || text.chars().count() > LONGEST_TEXT {
            return Err(InvalidTemplate::Length);
        }
        if has_breaking(&text, true) {
            return Err(InvalidTemplate::Control);
        }
        check_pin_placeholder(pin_placeholder)?;
        let (mut parts, mut names) = (Vec::new(), BTreeSet::new());
        let mut rest = text.as_ref();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix(pin_placeholder) {
                parts.push(Part::Pin);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{{") {
                let (name, after) = after.split_once("}}").ok_or(InvalidTemplate::Placeholder)?;
                if !is_name(name) {
                    return Err(InvalidTemplate::Placeholder);
                }
                if name == "pin" {
                    return Err(InvalidTemplate::Pin(pin_placeholder.to_owned()));
                }
                // The platform gives the link; a request does not.
                if name != confirmation::PLACEHOLDER {
                    names.insert(name.to_owned());
                }
                parts.push(Part::Named(name.to_owned()));
                rest = after;
            } else {
                let end = [rest.find(pin_placeholder), rest.find("{{")].into_iter().flatten().min().unwrap_or(rest.len());
                parts.push(Part::Text(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        if !parts.contains(&Part::Pin) {
            return Err(InvalidTemplate::Pin(pin_placeholder.to_owned()));
        }
        Ok(Self { parts, names })
    }

    /// The names a request must give values for.
    #[must_use]
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Whether it has the link that confirms by a press.
    #[must_use]
    pub fn has_link(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Named(name) if name == confirmation::PLACEHOLDER))
    }

    /// The text with PIN and values in place. A name without a value renders as nothing; [`check_values`] has
    /// refused such a request before.
    #[must_use]
    pub fn render(&self, pin: &Pin, values: &BTreeMap<String, String>) -> String {
        self.render_with(pin.expose(), values, str::to_owned)
    }

    /// Like [`Self::render`] with the PIN's characters set apart (`1 2 3 4`), for speech.
    #[must_use]
    pub fn render_spoken(&self, pin: &Pin, values: &BTreeMap<String, String>) -> String {
        self.render_with(&pin.spoken(), values, str::to_owned)
    }

    /// Like [`Self::render`] with values escaped for HTML text and attributes.
    #[must_use]
    pub fn render_html(&self, pin: &Pin, values: &BTreeMap<String, String>) -> String {
        self.render_with(pin.expose(), values, escape_html)
    }

    fn render_with(&self, pin: &str, values: &BTreeMap<String, String>, escape: fn(&str) -> String) -> String {
        let mut text = String::with_capacity(160);
        for part in &self.parts {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Pin => text.push_str(pin),
                Part::Named(name) => {
                    if let Some(value) = values.get(name) {
                        text.push_str(&escape(value));
                    }
                }
            }
        }
        text
    }
}

/// Checks a request's placeholder values against the names a message needs.
///
/// # Errors
/// Missing and unknown names, the reserved `pin`, values that are too long or could start a new line.
pub fn check_values<'a>(
    field: &str,
    needed: impl Fn(&str) -> bool,
    names: impl IntoIterator<Item = &'a String>,
    values: &BTreeMap<String, String>,
) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    if values.len() > MOST_PLACEHOLDERS {
        return Err(vec![FieldError::new(field.to_owned(), format!("must have at most {MOST_PLACEHOLDERS} entries"))]);
    }
    for name in names {
        if !values.contains_key(name) {
            errors.push(FieldError::new(format!("{field}.{name}"), "must be given: the message template uses it"));
        }
    }
    for (name, value) in values {
        let must = if name == "pin" {
            "is reserved for the PIN and must not be given"
        } else if !needed(name) {
            "is not a placeholder of the message template"
        } else if value.chars().count() > LONGEST_VALUE {
            "must have at most 160 characters"
        } else if has_breaking(value, false) {
            "must not contain control characters or line breaks"
        } else {
            continue;
        };
        let shown = if is_name(name) { format!("{field}.{name}") } else { field.to_owned() };
        errors.push(FieldError::new(shown, must));
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Characters that could end a line or hide text: what keeps an origin-bound last line in our hands.
fn is_breaking(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether a text has such characters, apart from line breaks when it may have those.
pub(crate) fn has_breaking(text: &str, may_break_lines: bool) -> bool {
    // Most texts are plain ASCII, which is seen at once.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    !is_plain && text.chars().any(|c| is_breaking(c) && !(may_break_lines && c == '\n'))
}

/// The text with `\n` for every `\r\n`, as editors of Windows and bodies of browsers have them.
pub(crate) fn plain_breaks(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text.into() }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

fn check_pin_placeholder(placeholder: &str) -> Result<(), InvalidTemplate> {
    let visible = placeholder.bytes().all(|byte| byte.is_ascii_graphic());
    let opened = placeholder.starts_with('<') || placeholder.starts_with('{');
    if (3..=32).contains(&placeholder.len()) && visible && opened { Ok(()) } else { Err(InvalidTemplate::PinPlaceholder) }
}

fn escape_html(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn values_render_once_and_literally() {
        let template = Template::parse("Hi {{name}}, your PIN is {{pin}}.", PIN_PLACEHOLDER).expect("a template");
        for hostile in ["{{pin}}", "{{7*7}}", "${7*7}", "{% if 1 %}", "$1", "%s", "<#…>", "{{name}}"] {
            let text = template.render(&Pin::given("1234"), &values(&[("name", hostile)]));
            assert_eq!(text, format!("Hi {hostile}, your PIN is 1234."));
        }
    }

    #[test]
    fn the_pin_placeholder_of_older_clients_works() {
        let template = Template::parse("Your pin is <pin>", "<pin>").expect("a template");
        assert_eq!(template.render(&Pin::given("0042"), &BTreeMap::new()), "Your pin is 0042");
    }

    #[test]
    fn a_pin_may_be_repeated_and_lines_may_end_as_in_windows() {
        let template = Template::parse("{{pin}} is your code\r\n@site.com #{{pin}}", PIN_PLACEHOLDER).expect("a template");
        let pin = Pin::given("123456");
        assert_eq!(template.render(&pin, &BTreeMap::new()), "123456 is your code\n@site.com #123456");
        assert_eq!(Template::parse("{{pin}}\r", PIN_PLACEHOLDER), Err(InvalidTemplate::Control));
        assert_eq!(Template::parse("{{pin}}\n\r", PIN_PLACEHOLDER), Err(InvalidTemplate::Control));
    }

    #[test]
    fn a_template_has_a_pin_and_clean_placeholders() {
        let parse = |text| Template::parse(text, PIN_PLACEHOLDER);
        assert!(matches!(parse("no pin"), Err(InvalidTemplate::Pin(_))));
        assert!(matches!(Template::parse("<pin> {{pin}}", "<pin>"), Err(InvalidTemplate::Pin(_))));
        assert_eq!(parse("{{pin}} {{a b}}"), Err(InvalidTemplate::Placeholder));
        assert_eq!(parse("{{pin}} {{open"), Err(InvalidTemplate::Placeholder));
        assert_eq!(parse("{{pin}} {{7*7}}"), Err(InvalidTemplate::Placeholder));
        assert_eq!(parse("{{pin}}\u{2028}x"), Err(InvalidTemplate::Control));
        assert_eq!(parse(""), Err(InvalidTemplate::Length));
        assert_eq!(parse(&format!("{{{{pin}}}}{}", "x".repeat(LONGEST_TEXT))), Err(InvalidTemplate::Length));
        assert_eq!(Template::parse("pin pin", "pin"), Err(InvalidTemplate::PinPlaceholder));
    }

    #[test]
    fn missing_unknown_reserved_and_breaking_values_are_refused() {
        let template = Template::parse("{{name}} {{pin}}", PIN_PLACEHOLDER).expect("a template");
        let check = |pairs: &[(&str, &str)]| {
            let values = values(pairs);
            check_values("placeholders", |name| template.names().contains(name), template.names(), &values)
                .map_err(|errors| errors.into_iter().map(|error| error.field.into_owned()).collect::<Vec<_>>())
        };
        assert_eq!(check(&[("name", "Ann")]), Ok(()));
        assert_eq!(check(&[]), Err(vec!["placeholders.name".into()]));
        assert_eq!(check(&[("name", "Ann"), ("other", "x")]), Err(vec!["placeholders.other".into()]));
        assert_eq!(check(&[("name", "Ann"), ("pin", "1")]), Err(vec!["placeholders.pin".into()]));
        for hostile in ["a\nb", "a\r@evil.example #123456", "a\u{2028}b", "a\u{85}b", "a\u{202e}b"] {
            assert_eq!(check(&[("name", hostile)]), Err(vec!["placeholders.name".into()]), "{hostile:?}");
        }
    }

    #[test]
    fn the_link_is_no_value_of_a_request() {
        let template = Template::parse("{{pin}} or {{confirmLink}}", PIN_PLACEHOLDER).expect("a template");
        assert!(template.has_link() && template.names().is_empty());
        let given = values(&[("confirmLink", "https://evil.example")]);
        let refused = check_values("placeholders", |name| template.names().contains(name), template.names(), &given);
        assert_eq!(refused.expect_err("refused")[0].field, "placeholders.confirmLink");
        assert_eq!(template.render(&Pin::given("12"), &values(&[("confirmLink", "L")])), "12 or L");
        assert!(!Template::parse("{{pin}}", PIN_PLACEHOLDER).expect("a template").has_link());
    }

    #[test]
    fn html_values_are_escaped_and_spoken_pins_are_spaced() {
        let template = Template::parse("{{name}} {{pin}}", PIN_PLACEHOLDER).expect("a template");
        let pin = Pin::given("12");
        assert_eq!(template.render_html(&pin, &values(&[("name", "<b>&")])), "&lt;b&gt;&amp; 12");
        assert_eq!(template.render_spoken(&pin, &values(&[("name", "Ann")])), "Ann 1, 2");
    }
}
