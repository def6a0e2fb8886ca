//! Who gets a PIN: a phone number, an e-mail address or a push address, in canonical form.

use std::borrow::Cow;

use crate::channel::Channel;
use crate::email::Email;
use crate::phone::Phone;
use crate::push::PushAddress;

/// One person's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// Reached by SMS or voice.
    Phone(Phone),
    /// Reached by e-mail.
    Email(Email),
    /// Reached by push; never parsed from one text.
    Push(PushAddress),
}

/// The text is neither a phone number nor an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a phone number in international form or one e-mail address")]
pub struct InvalidRecipient;

impl Recipient {
    /// Parses a number or an address: what has an `@` is an address.
    ///
    /// # Errors
    /// [`InvalidRecipient`].
    pub fn parse(text: &str) -> Result<Self, InvalidRecipient> {
        if text.contains('@') {
            Email::parse(text).map(Self::Email).map_err(|_| InvalidRecipient)
        } else {
            Phone::parse(text).map(Self::Phone).map_err(|_| InvalidRecipient)
        }
    }

    /// Whether a channel goes there.
    #[must_use]
    pub fn is_reached_by(&self, channel: Channel) -> bool {
        match self {
            Self::Phone(_) => matches!(channel, Channel::Sms | Channel::Voice),
            Self::Email(_) => channel == Channel::Email,
            Self::Push(_) => channel == Channel::Push,
        }
    }

    /// The digits or the address, as Infobip writes it; the endpoint or token of a push address.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.digits(),
            Self::Email(email) => email.address(),
            Self::Push(address) => address.text(),
        }
    }

    /// The form under which limits count.
    #[must_use]
    pub fn budget_form(&self) -> Cow<'_, str> {
        match self {
            Self::Phone(phone) => Cow::Borrowed(phone.digits()),
            Self::Email(email) => Cow::Owned(email.budget_form()),
            Self::Push(address) => Cow::Borrowed(address.text()),
        }
    }

    /// The recipient for logs and people: at most four characters of it.
    #[must_use]
    pub fn masked(&self) -> String {
        if let Self::Push(address) = self {
            return mask_end(address.text());
        }
        mask(self.text())
    }
}

/// Shows the last four digits of a number, or the first letter and the domain's end of an address.
#[must_use]
pub fn mask(text: &str) -> String {
    match text.split_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            let end: String = domain.rsplit_once('.').map_or(String::new(), |(_, top)| top.chars().take(3).collect());
            format!("{first}…@….{end}")
        }
        None => mask_end(text),
    }
}

/// Shows the last four characters of what has more than six.
pub(crate) fn mask_end(text: &str) -> String {
    let last: Vec<char> = text.chars().rev().take(if text.len() > 6 { 4 } else { 0 }).collect();
    format!("…{}", last.into_iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_shows_at_most_four_characters() {
        assert_eq!(Recipient::parse("41793026727").map(|to| to.masked()).as_deref(), Ok("…6727"));
        assert_eq!(Recipient::parse("john@example.com").map(|to| to.masked()).as_deref(), Ok("j…@….com"));
        let debug = format!("{:?}", Recipient::parse("41793026727"));
        assert!(!debug.contains("41793026727"), "{debug}");
    }
}
