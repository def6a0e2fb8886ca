//! One message on its way to one person. It borrows everything, so that an attempt costs no copies.

use std::fmt;

use pinfold_core::channel::Channel;
use pinfold_core::id::TenantId;
use pinfold_core::language::Language;
use pinfold_core::message::IndiaDlt;
use pinfold_core::recipient::Recipient;

/// A message for one recipient, rendered.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// Names one delivery of one PIN, the same over retries and takeovers, so that a provider can tell a repetition.
    pub reference: &'a str,
    /// Whose it is, for the simulator, which shows a tenant its own messages only.
    pub tenant: Option<TenantId>,
    /// The way it goes.
    pub channel: Channel,
    /// Who gets it.
    pub recipient: &'a Recipient,
    /// The sender, when template or request name one.
    pub from: Option<&'a str>,
    /// What a person reads or hears; of an e-mail, its plain text.
    pub text: &'a str,
    /// An e-mail's subject.
    pub subject: Option<&'a str>,
    /// An e-mail's HTML alternative.
    pub html: Option<&'a str>,
    /// The language a call is spoken in.
    pub language: Language,
    /// The voice a call is spoken by.
    pub voice_name: Option<&'a str>,
    /// The speed of speech, 0.5 to 2.
    pub speech_rate: Option<f64>,
    /// The key that replays a call.
    pub repeat_dtmf: Option<&'a str>,
    /// Registration ids that India asks for.
    pub india_dlt: Option<&'a IndiaDlt>,
    /// When the PIN dies, in Unix milliseconds.
    pub expires_at_ms: u64,
    /// Where the provider is to report what became of the message, when it takes an address for each message.
    pub receipt_url: Option<&'a str>,
}

impl<'a> Outgoing<'a> {
    /// A message with nothing but text; the other fields are set where a template has them.
    #[must_use]
    pub fn new(reference: &'a str, channel: Channel, recipient: &'a Recipient, text: &'a str) -> Self {
        Self {
            reference,
            tenant: None,
            channel,
            recipient,
            from: None,
            text,
            subject: None,
            html: None,
            language: Language::default(),
            voice_name: None,
            speech_rate: None,
            repeat_dtmf: None,
            india_dlt: None,
            expires_at_ms: 0,
            receipt_url: None,
        }
    }
}

/// Shows neither text nor the whole recipient.
impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("reference", &self.reference)
            .field("channel", &self.channel)
            .field("recipient", &self.recipient.masked())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_text_nor_number() {
        let recipient = Recipient::parse("41793026727").expect("a number");
        let mut message = Outgoing::new("R1", Channel::Sms, &recipient, "Your PIN is 495021");
        message.from = Some("Bank");
        let debug = format!("{message:?}");
        assert!(debug.contains("R1") && debug.contains("6727"), "{debug}");
        assert!(!debug.contains("495021") && !debug.contains("4179302"), "{debug}");
    }
}
