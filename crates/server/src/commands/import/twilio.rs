//! Twilio Verify: services become applications, their texts templates. Lists come in pages; only the path of the next one's
//! address is believed, so that the credential goes to no other host.

use anyhow::bail;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pinfold_core::language::Language;
use serde_json::{Value, json};
use url::Url;

use super::Args;
use super::credentials::Credentials;
use super::report::Report;
use super::wanted::{Kind, WantedApplication, WantedMessage, origin, text};
use super::web::Web;

const VENDOR: &str = "twilio";
const USUAL: &str = "https://verify.twilio.com";
/// The text of services without a template of their own.
const STANDARD_TEXT: &str = "Your {{friendly_name}} verification code is: {{code}}";
/// How long the vendor's codes live, in minutes.
const LIFE_MINUTES: &str = "10";
/// More pages than any account has.
const MOST_PAGES: usize = 1_000;

/// Arguments of an import from Twilio.
#[derive(clap::Args)]
pub struct TwilioArgs {
    #[command(flatten)]
    pub common: Args,
    /// Give every service all templates of the account, instead of its default one only.
    #[arg(long)]
    pub all_templates: bool,
}

/// The vendor's API.
///
/// # Errors
/// When a credential is missing or the address is none.
pub fn source(args: &Args, credentials: &Credentials) -> anyhow::Result<Web> {
    let (account, token) = (credentials.need("TWILIO_ACCOUNT_SID")?, credentials.need("TWILIO_AUTH_TOKEN")?);
    let basic = format!("Basic {}", STANDARD.encode(format!("{account}:{token}")));
    Web::new("Twilio", args.from.as_deref().unwrap_or(USUAL), &basic, args.allow_plain_http)
}

/// What is there.
///
/// # Errors
/// When it cannot be read.
pub async fn read(source: &Web, has_all_templates: bool, report: &mut Report) -> anyhow::Result<Vec<WantedApplication>> {
    report.progress("reading services and templates");
    let services = pages(source, "/v2/Services?PageSize=100", "services").await?;
    let templates = pages(source, "/v2/Templates?PageSize=100", "templates").await?;
    if !has_all_templates {
        let is_default = |one: &&Value| services.iter().any(|service| service["default_template_sid"] == one["sid"]);
        let others = templates.iter().filter(|one| !is_default(one)).count();
        if others > 0 {
            report.progress(format_args!("{others} templates are no service's default; --all-templates brings them"));
        }
    }
    Ok(services.iter().map(|service| of(service, &templates, has_all_templates, report)).collect())
}

async fn pages(source: &Web, first: &str, name: &str) -> anyhow::Result<Vec<Value>> {
    let (mut all, mut path) = (Vec::new(), first.to_owned());
    for _ in 0..MOST_PAGES {
        let mut page = source.get(&path).await?;
        all.append(page.get_mut(name).and_then(Value::as_array_mut).unwrap_or(&mut Vec::new()));
        let Some(next) = page.pointer("/meta/next_page_url").and_then(Value::as_str) else { return Ok(all) };
        path = behind_host(next).unwrap_or_default();
        if path.split('?').next() != first.split('?').next() {
            bail!("Twilio: the next page of {name} leads elsewhere");
        }
    }
    bail!("Twilio: the list of {name} does not end")
}

/// Path and query of an address.
fn behind_host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(format!("{}?{}", url.path(), url.query().unwrap_or_default()))
}

fn of(service: &Value, templates: &[Value], has_all_templates: bool, report: &mut Report) -> WantedApplication {
    let (sid, name) = (text(service, "sid"), text(service, "friendly_name"));
    let body = json!({
        "name": name,
        "configuration": {
            "pinAttempts": 5, "allowMultiplePinVerifications": false, "pinTimeToLive": format!("{LIFE_MINUTES}m"),
            "sendPinPerPhoneNumberLimit": format!("5/{LIFE_MINUTES}m"),
        },
    });
    say_what_stays(service, name, report);
    let default = service["default_template_sid"].as_str();
    let chosen: Vec<&Value> =
        templates.iter().filter(|one| has_all_templates || one["sid"].as_str().is_some_and(|one| Some(one) == default)).collect();
    let mut texts = Vec::new();
    if !chosen.iter().any(|one| one["sid"].as_str() == default) {
        if default.is_some() {
            report.left(format!("service {name}"), "its default template is not in the list of templates");
        }
        texts.push((origin(VENDOR, &[sid, "standard"]), "standard".to_owned(), "en".to_owned(), STANDARD_TEXT.to_owned()));
    }
    for template in chosen {
        let (template_sid, label) = (text(template, "sid"), text(template, "friendly_name"));
        for (locale, translation) in template["translations"].as_object().into_iter().flatten() {
            let label = format!("{label} ({locale})");
            match (translation["status"].as_str(), translation["text"].as_str()) {
                (Some("rejected" | "deleted"), _) => report.left(format!("template {label}"), "the vendor has not approved it"),
                (_, Some(text)) => {
                    texts.push((origin(VENDOR, &[sid, template_sid, locale]), label, locale.clone(), text.to_owned()));
                }
                (_, None) => report.left(format!("template {label}"), "the list does not show its text"),
            }
        }
    }
    let length = service["code_length"].as_u64().unwrap_or(6);
    let message = |(origin, label, locale, text): (String, String, String, String)| {
        let label = format!("{label} of {name}");
        let text = text.replace("{{friendly_name}}", name).replace("{{ttl}}", LIFE_MINUTES).replace("{{code}}", "{{pin}}");
        let mut body = json!({ "messageText": text, "pinPlaceholder": "{{pin}}", "pinType": "NUMERIC", "pinLength": length });
        match language(&locale) {
            Some(language) => body["language"] = json!(language.code()),
            None => {
                report.left(format!("template {label}"), format!("calls are not spoken in {locale}; its SMS are as they were"));
            }
        }
        WantedMessage { origin, label, kind: Kind::Text, body }
    };
    let messages = texts.into_iter().map(message).collect();
    WantedApplication { origin: origin(VENDOR, &[sid]), name: name.to_owned(), body, messages }
}

/// Says what a service has that an application has not.
fn say_what_stays(service: &Value, name: &str, report: &mut Report) {
    let is_on = |field: &str| service[field].as_bool() == Some(true);
    let has = |field: &str| service[field].as_object().is_some_and(|members| members.values().any(is_set));
    for (is_there, what, why) in [
        (
            is_on("psd2_enabled"),
            "psd2_enabled",
            "set `Psd2Enabled=true` on the service here, and codes are bound to their amount and payee",
        ),
        (
            is_on("lookup_enabled"),
            "lookup_enabled",
            "connect a provider that looks numbers up (PUT /v1/number-lookup); without one they are judged offline",
        ),
        (is_on("dtmf_input_required"), "dtmf_input_required", "calls begin without a key"),
        (is_on("do_not_share_warning_enabled"), "do_not_share_warning_enabled", "write the warning into the templates"),
        (service["tts_name"].is_string(), "tts_name", "calls are spoken as the text is written"),
        (has("push"), "push", "push factors belong to the app's own connection"),
        (has("whatsapp"), "whatsapp", "connect Twilio with the service whatsapp, which sends in the place of SMS"),
        (has("passkeys"), "passkeys", "passkeys are not carried over"),
    ] {
        if is_there {
            report.left(format!("service {name}: {what}"), why);
        }
    }
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

/// The language that a locale is spoken in.
fn language(locale: &str) -> Option<Language> {
    let locale = locale.to_ascii_lowercase().replace('-', "_");
    let known = |code: &str| code.parse::<Language>().ok();
    let base = locale.split('_').next().unwrap_or_default();
    known(&locale).or_else(|| match (base, locale.as_str()) {
        ("pt", _) => known("pt_pt"),
        ("zh", "zh_hk" | "zh_hant") => known("zh_tw"),
        ("zh", _) => known("zh_cn"),
        ("nb" | "nn", _) => known("no"),
        _ => known(base),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> Value {
        json!({"sid": "VA1", "friendly_name": "Shop", "code_length": 4, "default_template_sid": "HJ1", "psd2_enabled": false,
            "push": {"apn_credential_sid": null, "fcm_credential_sid": null}, "totp": {"issuer": "Shop"}})
    }

    fn templates() -> Vec<Value> {
        let translation = |text: &str| json!({"status": "approved", "text": text});
        vec![
            json!({"sid": "HJ1", "friendly_name": "Own", "translations": {
                "en": translation("{{code}} is your {{friendly_name}} code, good for {{ttl}} min"),
                "tlh": translation("{{code}}"), "de": {"status": "rejected", "text": "{{code}}"}}}),
            json!({"sid": "HJ2", "friendly_name": "Other", "translations": {"en": translation("{{code}}")}}),
        ]
    }

    #[test]
    fn a_service_is_an_application_with_the_texts_of_its_template() {
        let mut report = Report::new(true);
        let wanted = of(&service(), &templates(), false, &mut report);
        assert_eq!((wanted.origin.as_str(), wanted.name.as_str()), ("twilio:VA1", "Shop"));
        let origins: Vec<_> = wanted.messages.iter().map(|one| one.origin.as_str()).collect();
        assert_eq!(origins, ["twilio:VA1:HJ1:en", "twilio:VA1:HJ1:tlh"]);
        assert_eq!(
            wanted.messages[0].body,
            json!({"messageText": "{{pin}} is your Shop code, good for 10 min", "pinPlaceholder": "{{pin}}", "pinType": "NUMERIC",
                "pinLength": 4, "language": "en"})
        );
        assert!(!report.is_complete());
        let wanted = of(&service(), &templates(), true, &mut Report::new(true));
        assert_eq!(wanted.messages.len(), 3);
    }

    #[test]
    fn a_service_without_a_template_gets_the_vendors_text() {
        let mut plain = service();
        plain["default_template_sid"] = Value::Null;
        let mut report = Report::new(true);
        let wanted = of(&plain, &templates(), false, &mut report);
        assert_eq!(wanted.messages[0].origin, "twilio:VA1:standard");
        assert_eq!(wanted.messages[0].body["messageText"], "Your Shop verification code is: {{pin}}");
        assert!(report.is_complete());
        plain["psd2_enabled"] = json!(true);
        plain["whatsapp"] = json!({"msg_service_sid": "MG1"});
        of(&plain, &[], false, &mut report);
        assert!(!report.is_complete());
    }

    #[test]
    fn locales_are_languages() {
        let code = |locale: &str| language(locale).map(Language::code);
        assert_eq!(
            (code("pt-BR"), code("pt"), code("zh-HK"), code("zh-CN")),
            (Some("pt_br"), Some("pt_pt"), Some("zh_tw"), Some("zh_cn"))
        );
        assert_eq!((code("en-GB"), code("nb"), code("af")), (Some("en"), Some("no"), None));
    }

    #[test]
    fn only_the_path_of_a_next_page_is_taken() {
        let next = "https://evil.example/v2/Services?PageSize=100&Page=1&PageToken=x";
        assert_eq!(behind_host(next).as_deref(), Some("/v2/Services?PageSize=100&Page=1&PageToken=x"));
        assert_eq!(behind_host("no address"), None);
    }
}
