//! From template, PIN and values to what a provider is handed. The text exists only from here to the connector.

use std::collections::BTreeMap;

use pinfold_channels::Outgoing;
use pinfold_core::channel::Channel;
use pinfold_core::envelope::Envelope;
use pinfold_core::message::{Body, Message};
use pinfold_core::pin::Pin;
use pinfold_core::segments;

/// The subject of a mail, or the title of a push message, whose template has none.
const SUBJECT: &str = "Your verification code";

/// A message as a person will read or hear it. Never printed.
pub(crate) struct Rendered<'a> {
    body: &'a Body,
    channel: Channel,
    text: String,
    subject: Option<String>,
    html: Option<String>,
}

/// Renders a message for its channel, or says why it cannot be.
pub(crate) fn render<'a>(
    message: &'a Message,
    channel: Channel,
    envelope: &Envelope,
    pin: &Pin,
) -> Result<Rendered<'a>, &'static str> {
    let values = &envelope.placeholders;
    if !envelope.recipient.is_reached_by(channel) {
        return Err("wrong_channel");
    }
    let (text, subject, html) = match (&message.body, &envelope.wording) {
        // A text that came with the request goes before the template's, with the template's sender, voice and autofill.
        (Body::Text(body), Some(wording)) if channel == Channel::Sms => (body.sms_of(wording, pin), None, None),
        (Body::Text(_), Some(wording)) if channel == Channel::Voice => (wording.render_spoken(pin), None, None),
        (Body::Text(_), Some(wording)) => (wording.render(pin), Some(SUBJECT.to_owned()), None),
        (body, _) => templated(body, channel, pin, values)?,
    };
    Ok(Rendered { body: &message.body, channel, text, subject, html })
}

/// Text, subject and HTML.
type Parts = (String, Option<String>, Option<String>);

fn templated(body: &Body, channel: Channel, pin: &Pin, values: &BTreeMap<String, String>) -> Result<Parts, &'static str> {
    let is_mail = channel == Channel::Email;
    Ok(match body {
        Body::Text(body) if channel == Channel::Sms => (body.sms(pin, values), None, None),
        Body::Text(body) if channel == Channel::Voice => (body.speech(pin, values), None, None),
        Body::Email(body) if is_mail => (
            body.template.render(pin, values),
            Some(body.rendered_subject(values)),
            body.html_template.as_ref().map(|html| html.render_html(pin, values)),
        ),
        // The built-in text travels on every channel.
        Body::Text(body) if is_mail => (body.template.render(pin, values), Some(SUBJECT.to_owned()), None),
        // A push message has a title and a body; the title never has the PIN, because it may show on a locked screen.
        Body::Text(body) if channel == Channel::Push => (body.template.render(pin, values), Some(SUBJECT.to_owned()), None),
        Body::Email(body) if channel == Channel::Push => {
            (body.template.render(pin, values), Some(body.rendered_subject(values)), None)
        }
        Body::Text(_) | Body::Email(_) => return Err("wrong_channel"),
    })
}

impl Rendered<'_> {
    /// How many SMS the text takes.
    pub(crate) fn segments(&self) -> Option<u16> {
        (self.channel == Channel::Sms).then(|| segments::count(&self.text).count)
    }

    /// The message for a connector. The sender that the request asked for goes before that of the route's leg, and that
    /// before the template's. A call comes from a number: the name that an SMS shows is no sender of it.
    pub(crate) fn outgoing<'o>(
        &'o self,
        reference: &'o str,
        envelope: &'o Envelope,
        sender: Option<&'o str>,
        expires_at_ms: u64,
    ) -> Outgoing<'o> {
        let mut outgoing = Outgoing::new(reference, self.channel, &envelope.recipient, &self.text);
        outgoing.expires_at_ms = expires_at_ms;
        outgoing.subject = self.subject.as_deref();
        outgoing.html = self.html.as_deref();
        let fits = |sender: &&str| self.channel != Channel::Voice || is_number(sender);
        outgoing.from = envelope.sender.as_deref().filter(fits).or(sender);
        match self.body {
            Body::Email(body) => outgoing.from = outgoing.from.or(body.from.as_deref()),
            // The sender of an SMS is no address, and a push message comes from the app that shows it.
            Body::Text(_) if matches!(self.channel, Channel::Email | Channel::Push) => {}
            Body::Text(body) => {
                outgoing.from = outgoing.from.or(body.sender.as_deref().filter(fits));
                outgoing.language = body.language;
                outgoing.india_dlt = body.india_dlt.as_ref();
                if self.channel == Channel::Voice {
                    outgoing.voice_name = body.voice_name.as_deref();
                    outgoing.speech_rate = body.speech_rate;
                    outgoing.repeat_dtmf = body.repeat_dtmf.as_deref();
                }
            }
        }
        outgoing
    }
}

fn is_number(sender: &str) -> bool {
    let digits = sender.strip_prefix('+').unwrap_or(sender);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use pinfold_core::alphabet::Alphabet;
    use pinfold_core::id::{ApplicationId, MessageId};
    use pinfold_core::language::Language;
    use pinfold_core::message::{Autofill, EmailBody, TextBody};
    use pinfold_core::push::{FcmToken, PushAddress};
    use pinfold_core::recipient::Recipient;
    use pinfold_core::template::Template;
    use pinfold_core::wording::Wording;

    use super::*;

    fn message(body: Body) -> Message {
        Message {
            id: MessageId::random(),
            application: ApplicationId::random(),
            alphabet: Alphabet::Numeric,
            pin_length: 6,
            body,
        }
    }

    fn text() -> Message {
        let text = "{{who}}: {{pin}}";
        message(Body::Text(TextBody {
            text: text.into(),
            pin_placeholder: "{{pin}}".into(),
            template: Template::parse(text, "{{pin}}").expect("a template"),
            sender: Some("Bank".into()),
            language: Language::German,
            voice_name: Some("Hans".into()),
            repeat_dtmf: Some("1#".into()),
            speech_rate: Some(1.5),
            india_dlt: None,
            autofill: Autofill { web_origin: Some("bank.example".into()), android_hash: None },
        }))
    }

    fn mail() -> Message {
        let (text, html) = ("Code {{pin}} for {{who}}", "<b>{{pin}}</b> {{who}}");
        message(Body::Email(EmailBody {
            email_template_id: 1,
            from: Some("codes@bank.example".into()),
            landing_page_id: None,
            subject: "For {{who}}".into(),
            text: text.into(),
            template: Template::parse(text, "{{pin}}").expect("a template"),
            html: Some(html.into()),
            html_template: Some(Template::parse(html, "{{pin}}").expect("a template")),
        }))
    }

    fn values() -> BTreeMap<String, String> {
        BTreeMap::from([("who".to_owned(), "<Eve>".to_owned())])
    }

    fn envelope(to: &str) -> Envelope {
        Envelope { placeholders: values(), ..Envelope::to(Recipient::parse(to).expect(to)) }
    }

    #[test]
    fn an_sms_ends_in_its_origin_bound_line_and_counts_segments() {
        let (message, mut envelope) = (text(), envelope("41793026727"));
        let rendered = render(&message, Channel::Sms, &envelope, &Pin::given("123456")).expect("it fits");
        let outgoing = rendered.outgoing("R-1", &envelope, None, 7);
        assert_eq!(outgoing.text, "<Eve>: 123456\n\n@bank.example #123456");
        assert_eq!((outgoing.from, outgoing.reference, outgoing.expires_at_ms), (Some("Bank"), "R-1", 7));
        assert_eq!((outgoing.voice_name, outgoing.repeat_dtmf), (None, None));
        assert_eq!(rendered.segments(), Some(1));
        assert_eq!(rendered.outgoing("R-1", &envelope, Some("1234"), 7).from, Some("1234"));
        envelope.sender = Some("Shop".into());
        assert_eq!(rendered.outgoing("R-1", &envelope, Some("1234"), 7).from, Some("Shop"));
        assert_eq!(rendered.outgoing("R-1", &envelope, None, 7).from, Some("Shop"));
    }

    #[test]
    fn a_text_of_the_request_keeps_the_templates_sender_and_last_line() {
        let message = text();
        let wording = Wording::parse("template", "Shop: :otp", ":otp", &[]).expect("a text");
        let envelope = Envelope { wording: Some(wording), ..envelope("41793026727") };
        let rendered = |channel| render(&message, channel, &envelope, &Pin::given("1234")).expect("it fits");
        let sms = rendered(Channel::Sms);
        assert_eq!(sms.outgoing("R-1", &envelope, None, 7).text, "Shop: 1234\n\n@bank.example #1234");
        assert_eq!(sms.outgoing("R-1", &envelope, None, 7).from, Some("Bank"));
        assert_eq!(rendered(Channel::Voice).outgoing("R-1", &envelope, None, 7).text, "Shop: 1, 2, 3, 4");
    }

    #[test]
    fn a_call_sets_the_characters_apart() {
        let (message, envelope) = (text(), envelope("41793026727"));
        let rendered = render(&message, Channel::Voice, &envelope, &Pin::given("1234")).expect("it fits");
        let outgoing = rendered.outgoing("R-1", &envelope, None, 7);
        assert_eq!(outgoing.text, "<Eve>: 1, 2, 3, 4");
        assert_eq!((outgoing.voice_name, outgoing.repeat_dtmf, outgoing.speech_rate), (Some("Hans"), Some("1#"), Some(1.5)));
        assert_eq!((outgoing.language, rendered.segments()), (Language::German, None));
    }

    #[test]
    fn a_call_comes_from_a_number_and_never_from_the_name_of_an_sms() {
        let (mut message, mut envelope) = (text(), envelope("41793026727"));
        let pin = Pin::given("1234");
        let from = |message: &Message, envelope: &Envelope, leg| {
            let rendered = render(message, Channel::Voice, envelope, &pin).expect("it fits");
            rendered.outgoing("R-1", envelope, leg, 7).from.map(str::to_owned)
        };
        assert_eq!(from(&message, &envelope, None), None, "the connection's own number calls");
        for name in ["Shop", "+", "41 79", "1-800"] {
            envelope.sender = Some(name.into());
            assert_eq!(from(&message, &envelope, Some("41445556677")).as_deref(), Some("41445556677"), "{name}");
        }
        envelope.sender = Some("+41441112233".into());
        assert_eq!(from(&message, &envelope, Some("41445556677")).as_deref(), Some("+41441112233"));
        envelope.sender = None;
        let Body::Text(body) = &mut message.body else { panic!("a text") };
        body.sender = Some("41449998877".into());
        assert_eq!(from(&message, &envelope, None).as_deref(), Some("41449998877"));
    }

    #[test]
    fn a_mail_has_a_subject_and_escapes_values_in_its_html_alone() {
        let (message, envelope) = (mail(), envelope("john@example.com"));
        let rendered = render(&message, Channel::Email, &envelope, &Pin::given("123456")).expect("it fits");
        let outgoing = rendered.outgoing("R-1", &envelope, None, 7);
        assert_eq!((outgoing.text, outgoing.subject), ("Code 123456 for <Eve>", Some("For <Eve>")));
        assert_eq!((outgoing.html, outgoing.from), (Some("<b>123456</b> &lt;Eve&gt;"), Some("codes@bank.example")));
    }

    #[test]
    fn a_plain_text_goes_by_mail_without_the_sender_of_an_sms() {
        let (message, envelope) = (text(), Envelope::to(Recipient::parse("john@example.com").expect("an address")));
        let rendered = render(&message, Channel::Email, &envelope, &Pin::given("123456")).expect("it fits");
        let outgoing = rendered.outgoing("R-1", &envelope, None, 7);
        assert_eq!((outgoing.subject, outgoing.from), (Some("Your verification code"), None));
        assert!(outgoing.text.contains("123456"));
    }

    #[test]
    fn a_push_message_has_a_title_without_the_pin() {
        let address = PushAddress::Fcm(FcmToken::parse("device:token-1").expect("a token"));
        let envelope = Envelope { placeholders: values(), ..Envelope::to(Recipient::Push(address)) };
        for (message, title) in [(text(), "Your verification code"), (mail(), "For <Eve>")] {
            let rendered = render(&message, Channel::Push, &envelope, &Pin::given("123456")).expect("it fits");
            let outgoing = rendered.outgoing("R-1", &envelope, None, 7);
            assert_eq!(outgoing.subject, Some(title));
            assert!(outgoing.text.contains("123456") && outgoing.html.is_none());
            assert_eq!(rendered.segments(), None);
        }
    }

    #[test]
    fn template_recipient_and_channel_must_go_together() {
        let pin = Pin::given("123456");
        for (message, channel, to) in [
            (text(), Channel::Email, "41793026727"),
            (mail(), Channel::Sms, "41793026727"),
            (mail(), Channel::Email, "41793026727"),
            (text(), Channel::Voice, "john@example.com"),
            (text(), Channel::Push, "41793026727"),
        ] {
            let refused = render(&message, channel, &envelope(to), &pin).err();
            assert_eq!(refused, Some("wrong_channel"), "{channel} to {to}");
        }
    }
}
