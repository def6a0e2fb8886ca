//! E-mail addresses: a strict subset of RFC 5321, so that one text is one mailbox.
//!
//! The address a message goes to keeps the local part as it was written and has its domain in lower-case ASCII
//! (IDNA, UTS 46). Budgets use a folded form: local part in lower case without a `+tag`; dots are kept, because most
//! providers tell them apart. Quoted local parts, comments, lists and address literals are refused.

use std::fmt;

/// The text is not one plain e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one e-mail address, such as john.smith@example.com")]
pub struct InvalidEmail;

/// A canonical e-mail address.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Parses one address.
    ///
    /// # Errors
    /// [`InvalidEmail`].
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        if text.len() > 254 {
            return Err(InvalidEmail);
        }
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        let atom = |atom: &str| {
            !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        if local.len() > 64 || !local.split('.').all(atom) {
            return Err(InvalidEmail);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmail)?;
        let labels: Vec<&str> = domain.split('.').collect();
        let is_label = |label: &&str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let top_is_numeric = labels.last().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
        if labels.len() < 2 || top_is_numeric || !labels.iter().all(is_label) {
            return Err(InvalidEmail);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// An address that is canonical already, read back from a sealed value.
    #[must_use]
    pub(crate) fn canonical(address: String) -> Self {
        Self(address)
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0
    }

    /// The form under which limits count: lower case, without a `+tag`.
    #[must_use]
    pub fn budget_form(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let untagged = local.split_once('+').map_or(local, |(before, _)| if before.is_empty() { local } else { before });
        format!("{}@{domain}", untagged.to_ascii_lowercase())
    }
}

/// The longest sender of mails, in bytes.
const LONGEST_SENDER: usize = 255;

/// What a sender of mails must be.
pub const SENDER_MUST: &str = "must be one e-mail address, such as Example <no-reply@example.com>";

/// Whether `from` is one address, with or without a plain name before it. Nothing in it can start a header or a second
/// address.
#[must_use]
pub fn is_sender(from: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || " .-_'&".contains(c))
            && name.starts_with(char::is_alphanumeric)
    };
    let address = match from.strip_suffix('>').map(|rest| rest.split_once(" <")) {
        None => Some(from),
        Some(named) => named.filter(|(name, _)| is_name(name)).map(|(_, address)| address),
    };
    from.len() <= LONGEST_SENDER && address.is_some_and(|address| Email::parse(address).is_ok())
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", crate::recipient::mask(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_share_one_budget() {
        for spelling in ["John.Smith@Example.com", "john.smith@EXAMPLE.COM", "john.smith+news@example.com"] {
            assert_eq!(Email::parse(spelling).map(|email| email.budget_form()).as_deref(), Ok("john.smith@example.com"));
        }
        let unicode = Email::parse("a@bücher.example").map(|email| email.budget_form());
        assert_eq!(unicode, Email::parse("a@xn--bcher-kva.example").map(|email| email.budget_form()));
    }

    #[test]
    fn anything_but_one_plain_address_is_refused() {
        for text in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@b",
            "a@@example.com",
            "a@example.com,b@example.com",
            "a@example.com b@example.com",
            "\"a b\"@example.com",
            "a(comment)@example.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example.com\r\nBcc: x@y.example",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@example..com",
            "a@-example.com",
            "<a@example.com>",
            "a@exam ple.com",
            "ä@example.com",
        ] {
            assert_eq!(Email::parse(text), Err(InvalidEmail), "{text:?}");
        }
    }
}
