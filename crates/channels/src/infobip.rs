//! Infobip: SMS, text-to-speech calls, e-mail, number lookup. Receipts come to the address of each message, unsigned.

use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::{StatusCode, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::connection::Infobip;
use pinfold_core::email::Email;
use pinfold_core::entropy;
use pinfold_core::field::Checks;
use pinfold_core::lookup::NumberFacts;
use pinfold_core::phone::Phone;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_core::recipient::Recipient;
use serde_json::{Value, json};

use crate::address::Addresses;
use crate::check;
use crate::client::{Request, id};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::{Outcome, Reason};
use crate::outgoing::Outgoing;
use crate::receipts::{self, ReceiptRequest, Refused};
use crate::vendor::{self, Api, credential, digits, endpoint, post, post_json, seconds_left, sender, set};

impl Kind for Infobip {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::base_url("base_url", &self.base_url, addresses, checks);
        check::line("api_key", self.api_key.expose(), checks);
        check::optional_line("sender", self.sender.as_deref(), checks);
        check::optional_line("email_from", self.email_from.as_deref(), checks);
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, credential(&format!("App {}", self.api_key.expose()))?);
        let api = Account {
            sms: endpoint(&self.base_url, &["sms", "3", "messages"])?,
            voice: endpoint(&self.base_url, &["tts", "3", "advanced"])?,
            email: endpoint(&self.base_url, &["email", "3", "send"])?,
            lookup: endpoint(&self.base_url, &["number", "1", "query"])?,
            headers,
            clock: parts.clock,
            sender: self.sender.clone(),
            email_from: self.email_from.clone(),
        };
        vendor::connector(api, parts)
    }

    fn receipts(&self, request: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
        let json = request.json()?;
        let results = json["results"].as_array().ok_or(Refused::Unreadable)?;
        Ok(results.iter().filter_map(receipt).collect())
    }
}

struct Account {
    sms: Uri,
    voice: Uri,
    email: Uri,
    lookup: Uri,
    headers: HeaderMap,
    clock: fn() -> u64,
    sender: Option<String>,
    email_from: Option<String>,
}

impl Api for Account {
    fn request(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        match (message.channel, message.recipient) {
            (Channel::Sms, _) => self.sms(message),
            (Channel::Voice, _) => self.voice(message),
            (Channel::Email, Recipient::Email(to)) => self.email(message, to),
            _ => Err("wrong_channel".into()),
        }
    }

    fn judge(&self, _: StatusCode, answer: &Value) -> Option<Outcome> {
        let message = &answer["messages"][0];
        let status = &message["status"];
        match (status["groupId"].as_u64()?, status["id"].as_u64().unwrap_or_default()) {
            (0 | 1 | 3, _) => Some(Outcome::accepted(id(&message["messageId"]))),
            (_, 8 | 16 | 52) => Some(Outcome::permanent("recipient_invalid")),
            (_, 10) => Some(Outcome::permanent("recipient_opted_out")),
            (_, 14) => Some(Outcome::permanent("recipient_blocked")),
            (_, 11 | 13) => Some(Outcome::permanent("sender_refused")),
            (_, 12 | 17) => Some(Outcome::permanent("credit_exhausted")),
            (_, 18) => Some(Outcome::permanent("account_limited")),
            (_, 6 | 19) => Some(Outcome::permanent("route_refused")),
            (_, 20) => Some(Outcome::temporary("rate_limited")),
            (_, 21) => Some(Outcome::temporary("provider_error")),
            _ => Some(Outcome::permanent("provider_refused")),
        }
    }

    fn look_up(&self, phone: &Phone) -> Option<Request> {
        Some(post_json(&self.lookup, &self.headers, &json!({ "to": [phone.digits()] })))
    }

    fn facts(&self, answer: &Value) -> Option<NumberFacts> {
        let found = answer["results"].get(0)?;
        let group = found["status"]["groupId"].as_u64();
        let is_unknown = found["error"]["name"] == "EC_UNKNOWN_SUBSCRIBER";
        let (mcc, mnc) = match found["mccMnc"].as_str() {
            Some(code) if code.len() >= 5 && code.is_ascii() => {
                let (mcc, mnc) = code.split_at(3);
                (Some(mcc.to_owned()), Some(mnc.to_owned()))
            }
            _ => (None, None),
        };
        Some(NumberFacts {
            is_valid: if is_unknown { Some(false) } else { (group == Some(3)).then_some(true) },
            is_reachable: group.and_then(|group| match group {
                3 => Some(true),
                2 | 4 | 5 => Some(false),
                _ => None,
            }),
            line: None,
            mcc,
            mnc,
            is_ported: found["ported"].as_bool(),
            is_roaming: found["roaming"].as_bool(),
        })
    }
}

impl Account {
    fn sms(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        let mut one = json!({
            "sender": sender(message, self.sender.as_deref())?,
            "destinations": [{ "to": digits(message)? }],
            "content": { "text": message.text },
        });
        if let Some(url) = message.receipt_url {
            one["webhooks"] = json!({ "delivery": { "url": url }, "contentType": "application/json" });
        }
        if let Some(dlt) = message.india_dlt {
            let mut india = json!({ "principalEntityId": dlt.principal_entity_id });
            set(&mut india, "contentTemplateId", dlt.content_template_id.as_deref());
            set(&mut india, "telemarketerId", dlt.tele_marketer_id.as_deref());
            one["options"]["regional"] = json!({ "indiaDlt": india });
        }
        if let Some(seconds) = seconds_left(message, (self.clock)()) {
            one["options"]["validityPeriod"] = json!({ "amount": seconds, "timeUnit": "SECONDS" });
        }
        Ok(post_json(&self.sms, &self.headers, &json!({ "messages": [one] })))
    }

    fn voice(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        let mut one = json!({
            "from": sender(message, self.sender.as_deref())?,
            "destinations": [{ "to": digits(message)? }],
            "text": message.text,
            "language": message.language.code().replace('_', "-"),
        });
        if let Some(name) = message.voice_name {
            one["voice"] = json!({ "name": name });
        }
        set(&mut one, "speechRate", message.speech_rate);
        set(&mut one, "repeatDtmf", message.repeat_dtmf);
        if let Some(url) = message.receipt_url {
            one["notifyUrl"] = url.into();
            one["notifyContentType"] = "application/json".into();
        }
        Ok(post_json(&self.voice, &self.headers, &json!({ "messages": [one] })))
    }

    fn email(&self, message: &Outgoing<'_>, to: &Email) -> Result<Request, Reason> {
        let from = sender(message, self.email_from.as_deref())?;
        let notify = message.receipt_url;
        let fields = [
            ("from", Some(from)),
            ("to", Some(to.address())),
            ("subject", Some(message.subject.unwrap_or_default())),
            ("text", Some(message.text)),
            ("html", message.html),
            ("notifyUrl", notify),
            ("notifyContentType", notify.map(|_| "application/json")),
        ];
        // Nobody can write a boundary into a field that he cannot know.
        let boundary = hex::encode(entropy::bytes::<16>());
        let mut body = String::new();
        for (name, value) in fields {
            if let Some(value) = value {
                body += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            }
        }
        body += &format!("--{boundary}--\r\n");
        let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
        Ok(post(&self.email, &self.headers, kind.expect("a boundary is hexadecimal"), body.into_bytes()))
    }
}

/// One result of a report; of SMS, calls and e-mail alike.
fn receipt(result: &Value) -> Option<Receipt> {
    let (status, error) = (&result["status"], &result["error"]);
    let status_id = status["id"].as_u64().unwrap_or_default();
    let state = match (status["groupId"].as_u64()?, status_id) {
        // It reached the operator: nobody says that it reached the person.
        (0 | 1, _) | (3, 2) => ReceiptState::Sent,
        (2, _) => ReceiptState::Undeliverable,
        (3, _) => ReceiptState::Delivered,
        (4, _) => ReceiptState::Expired,
        (5, _) => ReceiptState::Rejected,
        _ => ReceiptState::Unknown,
    };
    let code = error["id"].as_u64().filter(|id| *id != 0).unwrap_or(status_id);
    let count = ["messageCount", "smsCount"].iter().find_map(|name| result[*name].as_u64()).unwrap_or(1).max(1);
    let price = vendor::price(result["price"].get("pricePerMessage"), result["price"].get("currency"));
    Some(Receipt {
        reason: if state.is_failure() { receipts::reason("infobip", &code.to_string()) } else { None },
        at_ms: result["doneAt"].as_str().and_then(receipts::time),
        price: price.map(|price| price.times(count)),
        ..Receipt::new(id(&result["messageId"])?, state)
    })
}
