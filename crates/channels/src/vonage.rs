//! Vonage: SMS by the SMS API or the Messages API, calls by the Voice API. Receipts come to the address of each message,
//! signed with the account's signature secret.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::{StatusCode, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Secret, Vonage, VonageSmsApi};
use pinfold_core::field::Checks;
use pinfold_core::receipt::Receipt;
use pinfold_core::segments::{Encoding, count};
use serde_json::{Value, json};

use crate::address::Addresses;
use crate::check;
use crate::client::{Request, id};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::{Outcome, Reason};
use crate::outgoing::Outgoing;
use crate::receipts::{ReceiptRequest, Refused};
use crate::vendor::{self, Api, credential, digits, endpoint, post_form, post_json, sender, set};

mod application;
mod receipt;
mod refusal;

use application::Application;

impl Kind for Vonage {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::base_url("base_url", &self.base_url, addresses, checks);
        check::base_url("rest_url", &self.rest_url, addresses, checks);
        check::optional_line("api_key", self.api_key.as_deref(), checks);
        check::optional_line("api_secret", self.api_secret.as_ref().map(Secret::expose), checks);
        check::optional_line("application_id", self.application_id.as_deref(), checks);
        check::optional_line("signature_secret", self.signature_secret.as_ref().map(Secret::expose), checks);
        check::optional_line("sender", self.sender.as_deref(), checks);
        let is_account = self.api_key.is_some() == self.api_secret.is_some();
        checks.require(is_account, "api_secret", "must come with api_key, and the reverse");
        let is_application = self.application_id.is_some() == self.private_key.is_some();
        checks.require(is_application, "private_key", "must come with application_id, and the reverse");
        let is_any = self.has_account() || self.has_application();
        checks.require(is_any, "api_key", "must come with api_secret, or application_id with private_key");
        let is_key = application(self).is_none_or(|application| application.is_ok());
        checks.require(is_key, "private_key", "must be an RSA private key in PEM");
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let basic = match (&self.api_key, &self.api_secret) {
            (Some(key), Some(secret)) => {
                Some(credential(&format!("Basic {}", STANDARD.encode(format!("{key}:{}", secret.expose()))))?)
            }
            _ => None,
        };
        let api = Account {
            sms: endpoint(&self.rest_url, &["sms", "json"])?,
            messages: endpoint(&self.base_url, &["v1", "messages"])?,
            calls: endpoint(&self.base_url, &["v1", "calls"])?,
            basic,
            application: application(self).transpose()?,
            clock: parts.clock,
            settings: self.clone(),
        };
        vendor::connector(api, parts)
    }

    fn receipts(&self, request: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
        receipt::read(self.signature_secret.as_ref().map(Secret::expose), request)
    }
}

fn application(settings: &Vonage) -> Option<Result<Application, InvalidConnection>> {
    Some(Application::new(settings.application_id.as_ref()?, settings.private_key.as_ref()?))
}

struct Account {
    sms: Uri,
    messages: Uri,
    calls: Uri,
    basic: Option<HeaderValue>,
    application: Option<Application>,
    clock: fn() -> u64,
    settings: Vonage,
}

impl Api for Account {
    fn request(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        match (message.channel, self.settings.sms_api) {
            (Channel::Sms, VonageSmsApi::Sms) => self.sms(message),
            (Channel::Sms, VonageSmsApi::Messages) => self.message(message),
            (Channel::Voice, _) => self.call(message),
            _ => Err("wrong_channel".into()),
        }
    }

    fn judge(&self, status: StatusCode, answer: &Value) -> Option<Outcome> {
        if let Some(parts) = answer["messages"].as_array() {
            return refusal::of_parts(parts);
        }
        if !status.is_success() {
            return refusal::of_problem(answer);
        }
        let provider_id = id(&answer["message_uuid"]).or_else(|| id(&answer["uuid"]))?;
        Some(Outcome::accepted(Some(provider_id)))
    }
}

impl Account {
    fn sms(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        let (Some(key), Some(secret)) = (&self.settings.api_key, &self.settings.api_secret) else {
            return Err("wrong_channel".into());
        };
        let is_unicode = count(message.text).encoding == Encoding::Ucs2;
        let dlt = message.india_dlt;
        let fields = [
            ("api_key", Some(key.as_str())),
            ("api_secret", Some(secret.expose())),
            ("from", Some(sender(message, self.settings.sender.as_deref())?)),
            ("to", Some(digits(message)?)),
            ("text", Some(message.text)),
            ("type", is_unicode.then_some("unicode")),
            ("client-ref", Some(message.reference)),
            ("callback", message.receipt_url),
            ("entity-id", dlt.map(|dlt| dlt.principal_entity_id.as_str())),
            ("content-id", dlt.and_then(|dlt| dlt.content_template_id.as_deref())),
        ];
        Ok(post_form(&self.sms, &HeaderMap::new(), &fields))
    }

    fn message(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        let mut body = json!({
            "message_type": "text",
            "channel": "sms",
            "from": sender(message, self.settings.sender.as_deref())?,
            "to": digits(message)?,
            "text": message.text,
            "client_ref": message.reference,
        });
        if let Some(url) = message.receipt_url {
            body["webhook_url"] = url.into();
            body["webhook_version"] = "v1".into();
        }
        Ok(post_json(&self.messages, &self.headers()?, &body))
    }

    fn call(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        if self.application.is_none() {
            return Err("wrong_channel".into());
        }
        // A person has to note the digits down: they are said twice.
        let mut talk = json!({ "action": "talk", "text": self.said(message), "loop": 2 });
        set(&mut talk, "language", Some(message.language.locale().replace("zh-", "cmn-")));
        let mut body = json!({
            "to": [{ "type": "phone", "number": digits(message)? }],
            "from": { "type": "phone", "number": sender(message, self.settings.sender.as_deref())?.trim_start_matches('+') },
            "ncco": [talk],
        });
        if let Some(url) = message.receipt_url {
            body["event_url"] = json!([url]);
            body["event_method"] = "POST".into();
        }
        Ok(post_json(&self.calls, &self.headers()?, &body))
    }

    /// The text, as SSML where a speed is wanted.
    fn said(&self, message: &Outgoing<'_>) -> String {
        match message.speech_rate {
            Some(rate) => {
                let text = message.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                format!("<speak><prosody rate=\"{:.0}%\">{text}</prosody></speak>", rate * 100.0)
            }
            None => message.text.to_owned(),
        }
    }

    fn headers(&self) -> Result<HeaderMap, Reason> {
        let value = match (&self.application, &self.basic) {
            (Some(application), _) => application.authorization((self.clock)()).ok_or(Reason::Borrowed("invalid_credentials"))?,
            (None, Some(basic)) => basic.clone(),
            (None, None) => return Err("wrong_channel".into()),
        };
        Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    }
}
