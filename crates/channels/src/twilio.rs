//! Twilio: SMS, WhatsApp in its place, calls spoken from TwiML, number lookup. Receipts come to the address of each
//! message, signed with the account's token.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap};
use http::{StatusCode, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Secret, Twilio, TwilioService};
use pinfold_core::field::Checks;
use pinfold_core::lookup::{LineType, NumberFacts};
use pinfold_core::phone::Phone;
use pinfold_core::receipt::Receipt;
use serde_json::{Value, json};
use url::Url;

use crate::address::Addresses;
use crate::check;
use crate::client::{self, Request, id};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::{Outcome, Reason};
use crate::outgoing::Outgoing;
use crate::receipts::{ReceiptRequest, Refused};
use crate::vendor::{self, Api, credential, digits, endpoint, get, post_form, seconds_left, sender};

mod receipt;
mod refusal;

/// How long Twilio keeps a message at most, in seconds.
const LONGEST_VALIDITY: u64 = 14_400;

impl Kind for Twilio {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::base_url("base_url", &self.base_url, addresses, checks);
        check::base_url("lookup_url", &self.lookup_url, addresses, checks);
        check::line("account_sid", &self.account_sid, checks);
        check::line("auth_token", self.auth_token.expose(), checks);
        check::optional_line("api_key_sid", self.api_key_sid.as_deref(), checks);
        check::optional_line("api_key_secret", self.api_key_secret.as_ref().map(Secret::expose), checks);
        let is_key = self.api_key_sid.is_some() == self.api_key_secret.is_some();
        checks.require(is_key, "api_key_secret", "must come with api_key_sid, and the reverse");
        check::optional_line("sender", self.sender.as_deref(), checks);
        check::optional_line("messaging_service_sid", self.messaging_service_sid.as_deref(), checks);
        check::optional_line("content_sid", self.content_sid.as_deref(), checks);
        let is_used = self.content_sid.is_none() || self.service == TwilioService::Whatsapp;
        checks.require(is_used, "content_sid", "must come with the service whatsapp");
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let (user, password) = match (&self.api_key_sid, &self.api_key_secret) {
            (Some(sid), Some(secret)) => (sid, secret),
            _ => (&self.account_sid, &self.auth_token),
        };
        let basic = STANDARD.encode(format!("{user}:{}", password.expose()));
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, credential(&format!("Basic {basic}"))?);
        let place = |last| ["2010-04-01", "Accounts", &self.account_sid, last];
        let api = Account {
            messages: endpoint(&self.base_url, &place("Messages.json"))?,
            calls: endpoint(&self.base_url, &place("Calls.json"))?,
            lookup: vendor::below(&self.lookup_url, &["v2", "PhoneNumbers"])?,
            headers,
            clock: parts.clock,
            settings: self.clone(),
        };
        vendor::connector(api, parts)
    }

    fn receipts(&self, request: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
        receipt::read(self.auth_token.expose(), request)
    }
}

struct Account {
    messages: Uri,
    calls: Uri,
    lookup: Url,
    headers: HeaderMap,
    clock: fn() -> u64,
    settings: Twilio,
}

impl Api for Account {
    fn request(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        let to = format!("+{}", digits(message)?);
        match (message.channel, self.settings.service) {
            (Channel::Sms, TwilioService::Sms) => Ok(self.sms(message, &to, self.from(message)?)),
            (Channel::Sms, TwilioService::Whatsapp) => {
                let from = self.from(message)?.map(|from| format!("whatsapp:{from}"));
                Ok(self.sms(message, &format!("whatsapp:{to}"), from.as_deref()))
            }
            (Channel::Voice, TwilioService::Sms) => {
                let from = sender(message, self.settings.sender.as_deref())?;
                let fields = [
                    ("To", Some(to.as_str())),
                    ("From", Some(from)),
                    ("Twiml", Some(&*twiml(message))),
                    ("StatusCallback", message.receipt_url),
                ];
                Ok(post_form(&self.calls, &self.headers, &fields))
            }
            _ => Err("wrong_channel".into()),
        }
    }

    fn judge(&self, _: StatusCode, answer: &Value) -> Option<Outcome> {
        // An error has a code; a message that failed at once has one too, beside its id.
        let code = answer["code"].as_u64().or_else(|| answer["error_code"].as_u64());
        let failed = ["failed", "undelivered", "canceled"].contains(&answer["status"].as_str().unwrap_or_default());
        match (id(&answer["sid"]), code) {
            (Some(sid), _) if !failed => Some(Outcome::Accepted {
                provider_id: Some(sid),
                price: vendor::price(answer.get("price"), answer.get("price_unit")),
            }),
            (None, None) => None,
            (_, code) => refusal::outcome(code).or(failed.then(|| Outcome::permanent("provider_refused"))),
        }
    }

    fn look_up(&self, phone: &Phone) -> Option<Request> {
        let mut url = self.lookup.clone();
        url.path_segments_mut().ok()?.push(&format!("+{}", phone.digits()));
        url.set_query(Some("Fields=line_type_intelligence"));
        Some(get(client::uri(&url)?, &self.headers))
    }

    fn facts(&self, answer: &Value) -> Option<NumberFacts> {
        let line = &answer["line_type_intelligence"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(NumberFacts {
            is_valid: Some(answer["valid"].as_bool()?),
            line: line["type"].as_str().and_then(|kind| match kind {
                "mobile" => Some(LineType::Mobile),
                "landline" => Some(LineType::Landline),
                "fixedVoip" | "nonFixedVoip" => Some(LineType::Voip),
                "tollFree" => Some(LineType::TollFree),
                "premium" | "sharedCost" => Some(LineType::Premium),
                "unknown" => None,
                _ => Some(LineType::Other),
            }),
            mcc: text(&line["mobile_country_code"]),
            mnc: text(&line["mobile_network_code"]),
            ..NumberFacts::default()
        })
    }
}

impl Account {
    /// The sender; none where the messaging service picks it.
    fn from<'a>(&'a self, message: &Outgoing<'a>) -> Result<Option<&'a str>, Reason> {
        match sender(message, self.settings.sender.as_deref()) {
            Err(_) if self.settings.messaging_service_sid.is_some() => Ok(None),
            from => from.map(Some),
        }
    }

    fn sms(&self, message: &Outgoing<'_>, to: &str, from: Option<&str>) -> Request {
        let service = if from.is_none() { self.settings.messaging_service_sid.as_deref() } else { None };
        let content = self.settings.content_sid.as_deref();
        let variables = content.map(|_| json!({ "1": message.text }).to_string());
        let validity = seconds_left(message, (self.clock)()).map(|left| left.min(LONGEST_VALIDITY).to_string());
        let fields = [
            ("To", Some(to)),
            ("From", from),
            ("MessagingServiceSid", service),
            ("Body", if content.is_none() { Some(message.text) } else { None }),
            ("ContentSid", content),
            ("ContentVariables", variables.as_deref()),
            ("StatusCallback", message.receipt_url),
            ("ValidityPeriod", validity.as_deref()),
        ];
        post_form(&self.messages, &self.headers, &fields)
    }
}

/// What the call says, twice: a person has to note the digits down.
fn twiml(message: &Outgoing<'_>) -> String {
    let language = message.language.locale().replace("zh-", "cmn-");
    let voice = message.voice_name.map(|name| format!(" voice=\"{}\"", escaped(name))).unwrap_or_default();
    let text = escaped(message.text);
    let said = match message.speech_rate {
        Some(rate) => format!("<prosody rate=\"{:.0}%\">{text}</prosody>", rate * 100.0),
        None => text,
    };
    format!("<Response><Say language=\"{language}\"{voice} loop=\"2\">{said}</Say></Response>")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // XML has no other control characters.
            '\t' | '\n' | '\r' => escaped.push(char),
            char if char.is_control() => {}
            char => escaped.push(char),
        }
    }
    escaped
}
