//! What a request says of a template for e-mail, and what holds for each field and for all of them together.

use pinfold_core::alphabet::Alphabet;
use pinfold_core::email::{SENDER_MUST, is_sender};
use pinfold_core::field::Checks;
use pinfold_core::message::EmailBody;
use pinfold_core::template::{PIN_PLACEHOLDER, Template};
use serde::Deserialize;
use serde_json::Number;
use utoipa::ToSchema;

use crate::messages::PinTypeSchema;
use crate::messages::text::template;

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 200;

/// Changes to a template for e-mail. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EmailMessageUpdateRequest)]
pub(crate) struct EmailRequest {
    /// The tenant's own number of the template.
    #[schema(value_type = Option<i64>, example = 1234)]
    pub(super) email_template_id: Option<Number>,
    /// The sender's address, with or without a name before it.
    #[schema(max_length = 255, example = "Example <no-reply@example.com>")]
    pub(super) from: Option<String>,
    /// The tenant's landing page.
    #[schema(pattern = "^[0-9]{1,19}_[0-9]{1,19}$", example = "1_23456")]
    pub(super) landing_page_id: Option<String>,
    /// How many characters the PIN has.
    #[schema(value_type = Option<i32>, minimum = 4, example = 6)]
    pub(super) pin_length: Option<Number>,
    #[schema(value_type = Option<PinTypeSchema>)]
    pub(super) pin_type: Option<Alphabet>,
    /// The subject; it may use the placeholders of the text, but not the PIN.
    #[schema(min_length = 1, max_length = 200, example = "Your verification code")]
    pub(super) subject: Option<String>,
    /// The plain text, with `{{pin}}` and other placeholders as `{{name}}`.
    #[schema(min_length = 1, max_length = 1530, example = "Your verification code is {{pin}}.")]
    pub(super) text: Option<String>,
    /// The HTML alternative, with `{{pin}}`.
    #[schema(min_length = 1, max_length = 1530, example = "<p>Your verification code is <b>{{pin}}</b>.</p>")]
    pub(super) html: Option<String>,
}

impl EmailRequest {
    /// Puts what the request states into `body` and notes everything that breaks a bound.
    pub(super) fn fill(self, body: &mut EmailBody, checks: &mut Checks) {
        if let Some(id) = &self.email_template_id {
            match id.as_i64() {
                Some(id) => body.email_template_id = id,
                None => checks.require(false, "emailTemplateId", "must be a whole number of at most 64 bits"),
            }
        }
        if let Some(from) = self.from {
            checks.require(is_sender(&from), "from", SENDER_MUST);
            body.from = Some(from);
        }
        if let Some(page) = self.landing_page_id {
            checks.require(is_landing_page(&page), "landingPageId", "must be two numbers such as 1_23456");
            body.landing_page_id = Some(page);
        }
        if let Some(text) = self.text {
            if let Some(template) = template("text", &text, PIN_PLACEHOLDER, checks) {
                body.template = template;
            }
            body.text = text;
        }
        if let Some(html) = self.html {
            if let Some(template) = template("html", &html, PIN_PLACEHOLDER, checks) {
                body.html_template = Some(template);
            }
            body.html = Some(html);
        }
        if let Some(subject) = self.subject {
            body.subject = subject;
        }
        check_subject(body, checks);
    }
}

/// A subject is one line without the PIN, whose placeholders the text needs too: a request gives values for the text.
fn check_subject(body: &EmailBody, checks: &mut Checks) {
    let subject = &body.subject;
    let is_bounded = (1..=LONGEST_SUBJECT).contains(&subject.chars().count()) && !subject.contains('\n');
    checks.require(is_bounded, "subject", format!("must be one line of 1 to {LONGEST_SUBJECT} characters"));
    match Template::parse(&format!("{subject} {PIN_PLACEHOLDER}"), PIN_PLACEHOLDER) {
        _ if subject.contains(PIN_PLACEHOLDER) => checks.require(false, "subject", "must not contain the PIN"),
        Err(error) => checks.require(!is_bounded, "subject", error.to_string()),
        Ok(template) => {
            let html = body.html_template.as_ref();
            let is_used =
                |name: &String| body.template.names().contains(name) || html.is_some_and(|html| html.names().contains(name));
            let must = "must use only placeholders that the text or the HTML uses too";
            checks.require(template.names().iter().all(is_used) && !template.has_link(), "subject", must);
        }
    }
}

fn is_landing_page(page: &str) -> bool {
    let is_number = |text: &str| (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    page.split_once('_').is_some_and(|(one, other)| is_number(one) && is_number(other))
}

#[cfg(test)]
mod tests {
    use pinfold_channels::check;
    use pinfold_core::connection::{Provider, Smtp, SmtpSecurity};
    use serde_json::{Value, json};

    use super::*;

    fn body() -> EmailBody {
        EmailBody {
            email_template_id: 1,
            from: None,
            landing_page_id: None,
            subject: "Code".into(),
            text: "{{name}}: {{pin}}".into(),
            template: Template::parse("{{name}}: {{pin}}", PIN_PLACEHOLDER).expect("a template"),
            html: None,
            html_template: None,
        }
    }

    fn filled(request: Value) -> Result<EmailBody, Vec<String>> {
        let request: EmailRequest = serde_json::from_value(request).expect("of the right shape");
        let (mut body, mut checks) = (body(), Checks::default());
        request.fill(&mut body, &mut checks);
        let fields = |error: pinfold_core::field::FieldError| error.field.into_owned();
        checks.finish().map(|()| body).map_err(|errors| errors.into_iter().map(fields).collect())
    }

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(filled(json!({})), Ok(body()));
        assert_eq!(filled(json!({"subject": null, "text": null, "html": null, "from": null})), Ok(body()));
        assert_eq!(filled(json!({"emailTemplateId": 1234})), Ok(EmailBody { email_template_id: 1234, ..body() }));
    }

    #[test]
    fn each_broken_bound_is_named() {
        for (request, field) in [
            (json!({"emailTemplateId": 1.5}), "emailTemplateId"),
            (json!({"emailTemplateId": u64::MAX}), "emailTemplateId"),
            (json!({"landingPageId": ""}), "landingPageId"),
            (json!({"landingPageId": "1"}), "landingPageId"),
            (json!({"landingPageId": "1_2_3"}), "landingPageId"),
            (json!({"landingPageId": "1_../2"}), "landingPageId"),
            (json!({"landingPageId": "1_23456\n"}), "landingPageId"),
            (json!({"text": "no pin"}), "text"),
            (json!({"text": "{{name}} {{pin"}), "text"),
            (json!({"text": ""}), "text"),
            (json!({"html": "<p>no pin</p>"}), "html"),
            (json!({"html": "{{pin}} {{"}), "html"),
            (json!({"subject": ""}), "subject"),
            (json!({"subject": "a\r\nBcc: x@y.example"}), "subject"),
            (json!({"subject": "a\nb"}), "subject"),
            (json!({"subject": "a\u{2028}b"}), "subject"),
            (json!({"subject": "a\u{202e}b"}), "subject"),
            (json!({"subject": "a".repeat(201)}), "subject"),
            (json!({"subject": "{{pin}} is it"}), "subject"),
            (json!({"subject": "{{other}}"}), "subject"),
            (json!({"subject": "{{name"}), "subject"),
            (json!({"subject": "{{name}}", "text": "{{pin}}"}), "subject"),
        ] {
            assert_eq!(filled(request.clone()), Err(vec![field.into()]), "{request}");
        }
        filled(json!({"subject": "Hi {{name}}"})).expect("the text uses it too");
        filled(json!({"subject": "Hi {{n}}", "html": "{{n}} {{pin}}"})).expect("the HTML uses it too");
    }

    #[test]
    fn a_sender_is_one_address_that_the_mail_connector_takes() {
        let connector_takes = |from: &str| {
            let (host, from) = ("smtp.example.com".into(), from.into());
            let smtp = Smtp { host, port: 587, security: SmtpSecurity::Tls, username: None, password: None, from };
            check(&Provider::Smtp(smtp), false).is_ok()
        };
        for from in [
            "company@example.com",
            "Jane Smith <jane.smith@somecompany.example>",
            "Example 2-Go <no-reply@example.com>",
            "O'Neil & Sons <a@example.com>",
            "Dr. J. Smith <a@example.com>",
            "Example Inc. <a@example.com>",
            "Bücher <a@bücher.example>",
        ] {
            assert!(is_sender(from) && connector_takes(from), "{from}");
        }
        for from in [
            "",
            "nobody",
            "a@b",
            "a@example.com,b@example.com",
            "a@example.com\r\nBcc: b@example.com",
            "X\r\nBcc: b@example.com <a@example.com>",
            "X <a@example.com>, Y <b@example.com>",
            "X <a@example.com> <b@example.com>",
            "<a@example.com>",
            " <a@example.com>",
            "\"X\" <a@example.com>",
            "X@Y <a@example.com>",
            "X <a@example.com",
            "X a@example.com>",
            "=?utf-8?q?x?= <a@example.com>",
            &format!("{} <a@example.com>", "a".repeat(255)),
        ] {
            assert!(!is_sender(from), "{from:?}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        for request in [
            json!({"emailTemplateId": "1"}),
            json!({"from": ["a@example.com"]}),
            json!({"from": {"email": "a@example.com"}}),
            json!({"pinLength": "6"}),
            json!({"pinType": "OTHER"}),
            json!({"landingPageId": 1}),
            json!({"html": true}),
        ] {
            assert!(serde_json::from_value::<EmailRequest>(request.clone()).is_err(), "{request}");
        }
    }
}
