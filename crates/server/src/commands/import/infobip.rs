//! Infobip 2FA: applications with all their limits, and templates for SMS and voice. The texts of its e-mail templates are kept
//! elsewhere at the vendor and cannot be read; another Pinfold shows them, and then they come along.

use serde_json::{Value, json};

use super::Args;
use super::credentials::Credentials;
use super::report::Report;
use super::wanted::{Kind, WantedApplication, WantedMessage, only, origin, text};
use super::web::Web;

const VENDOR: &str = "infobip";
const USUAL: &str = "https://api.infobip.com";
const LIMITS: [&str; 7] = [
    "pinAttempts",
    "allowMultiplePinVerifications",
    "pinTimeToLive",
    "verifyPinLimit",
    "sendPinPerApplicationLimit",
    "sendPinPerPhoneNumberLimit",
    "lockAfterFailures",
];
const TEXT: [&str; 11] = [
    "messageText",
    "pinPlaceholder",
    "pinType",
    "pinLength",
    "senderId",
    "language",
    "voiceName",
    "repeatDTMF",
    "speechRate",
    "regional",
    "autofill",
];
const EMAIL: [&str; 8] = ["emailTemplateId", "from", "landingPageId", "pinLength", "pinType", "subject", "text", "html"];

/// The vendor's API, or another Pinfold.
///
/// # Errors
/// When a credential is missing or the address is none.
pub fn source(args: &Args, credentials: &Credentials) -> anyhow::Result<Web> {
    let key = credentials.need("INFOBIP_API_KEY")?;
    let base = args.from.as_deref().unwrap_or(USUAL);
    Web::new("Infobip", base, &format!("App {key}"), args.allow_plain_http)
}

/// What is there.
///
/// # Errors
/// When it cannot be read.
pub async fn read(source: &Web, report: &mut Report) -> anyhow::Result<Vec<WantedApplication>> {
    report.progress("reading applications and templates");
    let applications = source.get("/2fa/2/applications").await?;
    let mut wanted = Vec::new();
    for application in applications.as_array().into_iter().flatten() {
        let id = text(application, "applicationId");
        let messages = source.get(&format!("/2fa/2/applications/{id}/messages")).await?;
        wanted.push(of(application, messages.as_array().map(Vec::as_slice).unwrap_or_default(), report));
    }
    Ok(wanted)
}

fn of(application: &Value, messages: &[Value], report: &mut Report) -> WantedApplication {
    let (id, name) = (text(application, "applicationId"), text(application, "name"));
    let mut body = only(application, &["name", "enabled"]);
    body["configuration"] = only(application.get("configuration").unwrap_or(&Value::Null), &LIMITS);
    let message = |message: &Value| {
        let message_id = text(message, "messageId");
        let wanted = |kind, body| {
            let (origin, label) = (origin(VENDOR, &[id, message_id]), format!("{message_id} of {name}"));
            Some(WantedMessage { origin, label, kind, body })
        };
        if message.get("messageText").is_some() {
            wanted(Kind::Text, only(message, &TEXT))
        } else if message.get("text").is_some() {
            wanted(Kind::Email, only(message, &EMAIL))
        } else {
            let number = message.get("emailTemplateId").unwrap_or(&json!("?")).to_string();
            let why = format!("its text is kept in the e-mail template {number}, which this API does not show");
            report.left(format!("e-mail template {message_id} of {name}"), why);
            None
        }
    };
    let messages = messages.iter().filter_map(message).collect();
    WantedApplication { origin: origin(VENDOR, &[id]), name: name.to_owned(), body, messages }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_comes_along_and_an_email_template_without_its_text_does_not() {
        let application = json!({"applicationId": "A1", "name": "Sign-in", "enabled": false, "newField": 1,
            "configuration": {"pinAttempts": 10, "pinTimeToLive": "2h", "other": 1}});
        let messages = [
            json!({"messageId": "M1", "applicationId": "A1", "pinPlaceholder": "{{pin}}", "messageText": "Your pin is {{pin}}",
                "pinLength": 4, "pinType": "NUMERIC", "language": "en", "senderId": null}),
            json!({"messageId": "M2", "pinLength": 4, "pinType": "NUMERIC", "emailTemplateId": 1234}),
            json!({"messageId": "M3", "pinLength": 6, "pinType": "HEX", "emailTemplateId": 1, "subject": "s", "text": "{{pin}}"}),
        ];
        let mut report = Report::new(true);
        let wanted = of(&application, &messages, &mut report);
        assert_eq!(wanted.origin, "infobip:A1");
        assert_eq!(
            wanted.body,
            json!({"name": "Sign-in", "enabled": false, "configuration": {"pinAttempts": 10, "pinTimeToLive": "2h"}})
        );
        assert_eq!(wanted.messages.iter().map(|one| one.origin.as_str()).collect::<Vec<_>>(), ["infobip:A1:M1", "infobip:A1:M3"]);
        assert!(wanted.messages[0].body.get("senderId").is_none());
        assert!(!report.is_complete());
    }
}
