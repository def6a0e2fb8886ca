//! One mail, composed through typed headers, so that no value can add a header or a recipient.

use lettre::Address;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use pinfold_core::email::Email;
use pinfold_core::recipient::Recipient;

use crate::outgoing::Outgoing;

/// A mail ready to be sent.
pub(super) struct Mail {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) content: Vec<u8>,
    /// Its Message-ID, without the brackets.
    pub(super) id: String,
}

/// Composes a mail.
///
/// # Errors
/// The reason why it cannot be sent.
pub(super) fn compose(message: &Outgoing<'_>, default_from: &Mailbox) -> Result<Mail, &'static str> {
    let Recipient::Email(to) = message.recipient else { return Err("wrong_channel") };
    let to: Address = to.address().parse().map_err(|_| "invalid_recipient")?;
    let from = match message.from {
        Some(from) => sender(from).ok_or("invalid_sender")?,
        None => default_from.clone(),
    };
    let subject = message.subject.unwrap_or_default();
    if subject.contains(char::is_control) {
        return Err("invalid_header");
    }
    let id = format!("{}@{}", id_part(message.reference), from.email.domain());
    let builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(subject)
        .message_id(Some(format!("<{id}>")))
        .header(AutoSubmitted);
    let mail = match message.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(message.text.to_owned(), html.to_owned())),
        None => builder.singlepart(SinglePart::plain(message.text.to_owned())),
    };
    let content = mail.map_err(|_| "invalid_request")?.formatted();
    Ok(Mail { from: from.email, to, content, id })
}

/// One sender: an address, with or without a name before it.
pub(crate) fn sender(text: &str) -> Option<Mailbox> {
    if text.contains(char::is_control) {
        return None;
    }
    let mailbox: Mailbox = text.parse().ok()?;
    // One canonical form, with the domain in ASCII, so that no server needs extensions.
    let address = Email::parse(mailbox.email.as_ref()).ok()?;
    Some(Mailbox::new(mailbox.name, address.address().parse().ok()?))
}

/// A reference as the left part of a Message-ID: letters, digits, dashes and dots stay, anything else is spelled out.
fn id_part(reference: &str) -> String {
    let mut part = String::with_capacity(reference.len());
    for byte in reference.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' => part.push(char::from(byte)),
            _ => part.push_str(&format!("_{byte:02x}")),
        }
    }
    part
}

/// `Auto-Submitted: auto-generated` (RFC 3834): keeps vacation notices from answering.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::channel::Channel;

    use super::*;

    fn john() -> Recipient {
        Recipient::parse("john.smith@bücher.example").expect("an address")
    }

    fn composed<'a>(to: &'a Recipient, change: impl FnOnce(&mut Outgoing<'a>)) -> Result<String, &'static str> {
        let mut message = Outgoing::new("09AB/2", Channel::Email, to, "Your PIN is 495021\n.\nBye");
        message.subject = Some("Your PIN");
        change(&mut message);
        let default_from = sender("Pinfold <no-reply@example.com>").expect("a sender");
        compose(&message, &default_from).map(|mail| String::from_utf8(mail.content).expect("ASCII"))
    }

    fn headers(mail: &str) -> Vec<&str> {
        let (head, _) = mail.split_once("\r\n\r\n").expect("a body");
        head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).collect()
    }

    #[test]
    fn a_mail_is_stable_and_says_that_it_is_automatic() {
        let to = john();
        let mail = composed(&to, |_| ()).expect("a mail");
        let headers = headers(&mail);
        assert!(headers.contains(&"Message-ID: <09AB_2f2@example.com>"), "{mail}");
        assert!(headers.contains(&"Auto-Submitted: auto-generated"), "{mail}");
        assert!(headers.contains(&"To: john.smith@xn--bcher-kva.example"), "{mail}");
        assert!(mail.is_ascii());
    }

    #[test]
    fn no_value_adds_a_header() {
        let to = john();
        for text in ["a\r\nBcc: x@y.example", "a\nBcc: x@y.example", "a\rb", "a\0b", "a\u{b}b", "a\u{85}b"] {
            assert_eq!(composed(&to, |message| message.subject = Some(text)), Err("invalid_header"), "{text:?}");
            let from = format!("{text} <a@example.com>");
            assert_eq!(composed(&to, |message| message.from = Some(&from)).err(), Some("invalid_sender"), "{text:?}");
        }
        for from in
            ["a@example.com, b@example.com", "a@example.com; b@example.com", "Bank", "<a@example.com> b", "a@b@c.example", ""]
        {
            assert_eq!(composed(&to, |message| message.from = Some(from)), Err("invalid_sender"), "{from:?}");
        }
        let reference = "x>\r\nBcc: y@z.example";
        let mail = composed(&to, |message| {
            message.reference = reference;
            message.subject = Some("Überraschung, \"a\" <b@c.example>; \u{2028}");
            message.from = Some("\"Bank, Inc\" <a@example.com>");
            message.html = Some("<p>\r\nBcc: x@y.example\r\n\r\n495021</p>");
        })
        .expect("a mail");
        let names: Vec<&str> = headers(&mail).iter().filter_map(|line| line.split(':').next()).collect();
        let mut expected =
            ["From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "Date"].to_vec();
        expected.sort_unstable();
        let mut names = names;
        names.sort_unstable();
        assert_eq!(names, expected, "{mail}");
    }
}
