//! What happens to a message, told by its recipient: the last four digits of a number, or the start of an address.

use std::time::Duration;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Shown at once.
    Prompt,
    /// Refused for good.
    Fails,
    /// Refused for now, twice, then shown.
    Flaky,
    /// Refused for now, always.
    Down,
    /// Accepted and never shown.
    Lost,
    /// Accepted, and shown after a while.
    Late(Duration),
    /// Never answered.
    Mute,
}

const SCRIPTS: [(&str, &str, Script); 7] = [
    ("9001", "fail-", Script::Fails),
    ("9002", "flaky-", Script::Flaky),
    ("9003", "down-", Script::Down),
    ("9004", "lost-", Script::Lost),
    ("9005", "slow-", Script::Late(Duration::from_secs(5))),
    ("9006", "late-", Script::Late(Duration::from_secs(30))),
    ("9007", "mute-", Script::Mute),
];

impl Script {
    /// The script of a recipient, in the form of [`recipient_key`].
    pub(super) fn of(recipient: &str) -> Self {
        let is_address = recipient.contains('@');
        let fits =
            |digits: &str, prefix: &str| if is_address { recipient.starts_with(prefix) } else { recipient.ends_with(digits) };
        SCRIPTS.into_iter().find(|(digits, prefix, _)| fits(digits, prefix)).map_or(Self::Prompt, |(_, _, script)| script)
    }
}

/// One form for every spelling of a recipient: the digits of a number, or an address in lower case.
pub(super) fn recipient_key(to: &str) -> String {
    let to = to.trim();
    if to.contains('@') { to.to_lowercase() } else { to.chars().filter(char::is_ascii_digit).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_choose_what_happens() {
        let page = include_str!("../../assets/simulator/index.html");
        for (digits, prefix, script) in SCRIPTS {
            assert_eq!(Script::of(&recipient_key(&format!("+41 79 302 {digits}"))), script);
            assert_eq!(Script::of(&recipient_key(&format!("{}Anna@Example.com", prefix.to_uppercase()))), script);
            assert!(page.contains(&format!(r#"data-digits="{digits}" data-prefix="{prefix}""#)), "the page explains {digits}");
        }
        for recipient in ["41793026727", "90014179", "anna@fail-example.com", "failing@example.com", "anna9001@example.com"] {
            assert_eq!(Script::of(recipient), Script::Prompt, "{recipient}");
        }
    }

    #[test]
    fn a_recipient_has_one_key_however_it_is_spelt() {
        for spelling in ["41793026727", "+41793026727", " 41 79 302 67 27", "+41 (79) 302-67-27"] {
            assert_eq!(recipient_key(spelling), "41793026727");
        }
        assert_eq!(recipient_key(" John@Example.COM"), "john@example.com");
    }
}
