//! Smstools: SMS and calls. Receipts come to the account's webhook, signed with its secret.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac::HMAC_SHA256;
use http::header::{HeaderMap, HeaderName};
use http::{StatusCode, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Secret, Smstools};
use pinfold_core::field::Checks;
use pinfold_core::language::Language;
use pinfold_core::receipt::{Receipt, ReceiptState};
use serde_json::{Value, json};

use crate::address::Addresses;
use crate::check;
use crate::client::{Request, id};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::{Outcome, Reason};
use crate::outgoing::Outgoing;
use crate::receipts::{self, ReceiptRequest, Refused, check_hmac, code};
use crate::vendor::{self, Api, credential, digits, endpoint, post_json, sender};

/// How far the time of a signature may be from now.
const SKEW: Duration = Duration::from_secs(300);

impl Kind for Smstools {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::base_url("base_url", &self.base_url, addresses, checks);
        check::line("client_id", &self.client_id, checks);
        check::line("client_secret", self.client_secret.expose(), checks);
        check::optional_line("sender", self.sender.as_deref(), checks);
        check::optional_line("webhook_secret", self.webhook_secret.as_ref().map(Secret::expose), checks);
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("x-client-id"), credential(&self.client_id)?);
        headers.insert(HeaderName::from_static("x-client-secret"), credential(self.client_secret.expose())?);
        let api = Account {
            sms: endpoint(&self.base_url, &["message", "send"])?,
            voice: endpoint(&self.base_url, &["voice", "send"])?,
            headers,
            sender: self.sender.clone(),
        };
        vendor::connector(api, parts)
    }

    fn receipts(&self, request: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
        if let Some(secret) = &self.webhook_secret {
            check_signature(secret.expose(), request)?;
        }
        let json = request.json()?;
        let message = &json["message"];
        let state = match json["webhook_type"].as_str().ok_or(Refused::Unreadable)? {
            "delivery_report" => match code(&message["delivery_code"]).as_deref() {
                Some("0" | "3") => ReceiptState::Sent,
                Some("1") => ReceiptState::Delivered,
                Some("2") => ReceiptState::Undeliverable,
                Some("4" | "5") => ReceiptState::Rejected,
                _ => ReceiptState::Unknown,
            },
            "read_report" => ReceiptState::Read,
            _ => return Ok(Vec::new()),
        };
        let detail = code(&message["delivery_code_detail"]).filter(|_| state.is_failure());
        let reason = detail.and_then(|detail| receipts::reason("smstools", &detail));
        let provider_id = id(&message["messageid"]).ok_or(Refused::Unreadable)?;
        Ok(vec![Receipt { reason, ..Receipt::new(provider_id, state) }])
    }
}

struct Account {
    sms: Uri,
    voice: Uri,
    headers: HeaderMap,
    sender: Option<String>,
}

impl Api for Account {
    fn request(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        let mut body = json!({ "to": digits(message)?, "message": message.text, "reference": message.reference });
        let url = match message.channel {
            Channel::Sms => {
                body["sender"] = sender(message, self.sender.as_deref())?.into();
                &self.sms
            }
            Channel::Voice => {
                body["language"] = match message.language {
                    language @ (Language::English | Language::Dutch | Language::French | Language::German) => {
                        language.code().into()
                    }
                    _ => return Err("language_unsupported".into()),
                };
                &self.voice
            }
            _ => return Err("wrong_channel".into()),
        };
        Ok(post_json(url, &self.headers, &body))
    }

    fn judge(&self, status: StatusCode, answer: &Value) -> Option<Outcome> {
        if let Some(error) = answer.get("error") {
            return Some(refusal(code(error)?.as_str(), status));
        }
        let provider_id = id(&answer["messageid"]).or_else(|| id(&answer["messageids"][0]))?;
        status.is_success().then(|| Outcome::accepted(Some(provider_id)))
    }
}

fn refusal(code: &str, status: StatusCode) -> Outcome {
    match code {
        "103" | "106" => Outcome::permanent("recipient_invalid"),
        "131" => Outcome::permanent("recipient_opted_out"),
        "102" | "112" => Outcome::permanent("message_refused"),
        "118" => Outcome::permanent("message_too_long"),
        "109" | "110" | "111" => Outcome::permanent("sender_refused"),
        "104" | "200" | "1002" | "1403" => Outcome::permanent("credentials_refused"),
        "108" => Outcome::permanent("credit_exhausted"),
        "116" => Outcome::permanent("account_suspended"),
        "105" => Outcome::temporary("provider_error"),
        _ if status.is_server_error() => Outcome::temporary("provider_error"),
        _ if status == StatusCode::TOO_MANY_REQUESTS => Outcome::temporary("rate_limited"),
        _ if status == StatusCode::UNAUTHORIZED => Outcome::permanent("credentials_refused"),
        _ => Outcome::permanent("provider_refused"),
    }
}

/// `t=<time>,v1=<HMAC of time, point and body>`.
fn check_signature(secret: &str, request: &ReceiptRequest<'_>) -> Result<(), Refused> {
    let header = request.header("x-smstools-signature").ok_or(Refused::Unsigned)?;
    let part = |name: &str| header.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let time = part("t").ok_or(Refused::Unsigned)?;
    let seconds: u64 = time.parse().map_err(|_| Refused::Unsigned)?;
    if (request.now_ms / 1000).abs_diff(seconds) > SKEW.as_secs() {
        return Err(Refused::Unsigned);
    }
    let signed = [time.as_bytes(), b".", request.body].concat();
    let tag = part("v1").and_then(|tag| hex::decode(tag).ok());
    check_hmac(HMAC_SHA256, secret, &signed, tag.as_deref())
}
