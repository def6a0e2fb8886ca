//! 8x8: SMS and calls. Receipts of SMS come to the address of each message, those of calls to the subaccount's webhook;
//! neither is signed.

use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderMap};
use http::{StatusCode, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::connection::EightXEight;
use pinfold_core::field::Checks;
use pinfold_core::receipt::{Receipt, ReceiptState};
use serde_json::{Value, json};

use crate::address::Addresses;
use crate::check;
use crate::client::{Request, id};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::{Outcome, Reason};
use crate::outgoing::Outgoing;
use crate::receipts::{self, ReceiptRequest, Refused, code};
use crate::vendor::{self, Api, credential, digits, endpoint, post_json, sender, set};

/// A person has to note the digits down: they are said twice.
const REPETITION: u8 = 2;

impl Kind for EightXEight {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::base_url("base_url", &self.base_url, addresses, checks);
        check::base_url("voice_url", &self.voice_url, addresses, checks);
        check::line("sub_account_id", &self.sub_account_id, checks);
        check::line("api_key", self.api_key.expose(), checks);
        check::optional_line("sender", self.sender.as_deref(), checks);
        check::optional_line("caller", self.caller.as_deref(), checks);
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, credential(&format!("Bearer {}", self.api_key.expose()))?);
        let place = |last| ["api", "v1", "subaccounts", &self.sub_account_id, last];
        let api = Subaccount {
            sms: endpoint(&self.base_url, &place("messages"))?,
            voice: endpoint(&self.voice_url, &place("callflows"))?,
            headers,
            sender: self.sender.clone(),
            caller: self.caller.clone(),
        };
        vendor::connector(api, parts)
    }

    fn receipts(&self, request: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
        let json = request.json()?;
        let payload = &json["payload"];
        let receipt = match json["eventType"].as_str().ok_or(Refused::Unreadable)? {
            "outbound_message_status_changed" => sms_receipt(payload),
            "SESSION_SUMMARY" => call_receipt(payload),
            _ => return Ok(Vec::new()),
        };
        Ok(vec![receipt.ok_or(Refused::Unreadable)?])
    }
}

struct Subaccount {
    sms: Uri,
    voice: Uri,
    headers: HeaderMap,
    sender: Option<String>,
    caller: Option<String>,
}

impl Api for Subaccount {
    fn request(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        let to = format!("+{}", digits(message)?);
        match message.channel {
            Channel::Sms => {
                let mut body = json!({
                    "destination": to,
                    "source": sender(message, self.sender.as_deref())?,
                    "text": message.text,
                    "encoding": "AUTO",
                    "clientMessageId": message.reference,
                });
                set(&mut body, "dlrCallbackUrl", message.receipt_url);
                Ok(post_json(&self.sms, &self.headers, &body))
            }
            Channel::Voice => {
                let mut say =
                    json!({ "text": message.text, "repetition": REPETITION, "speed": message.speech_rate.unwrap_or(1.0) });
                match message.voice_name {
                    Some(name) => say["voiceProfile"] = name.into(),
                    None => say["language"] = message.language.locale().into(),
                }
                let call = json!({ "source": sender(message, self.caller.as_deref())?, "destination": to });
                let flow = json!([
                    { "action": "makeCall", "params": call },
                    { "action": "say", "params": say },
                    { "action": "hangup" },
                ]);
                Ok(post_json(&self.voice, &self.headers, &json!({ "callflow": flow })))
            }
            _ => Err("wrong_channel".into()),
        }
    }

    fn judge(&self, status: StatusCode, answer: &Value) -> Option<Outcome> {
        if let Some(code) = answer["statusCode"].as_i64() {
            return Some(if code == 1 { Outcome::accepted(id(&answer["sessionId"])) } else { call_refusal(code) });
        }
        if !status.is_success() {
            return refusal(answer["code"].as_u64()?);
        }
        match answer["status"]["code"].as_str()? {
            "QUEUED" => Some(Outcome::accepted(id(&answer["umid"]))),
            "REJECTED" => Some(Outcome::permanent("provider_refused")),
            _ => None,
        }
    }
}

fn refusal(code: u64) -> Option<Outcome> {
    Some(match code {
        1002 => Outcome::permanent("recipient_invalid"),
        1003 | 1004 => Outcome::permanent("message_refused"),
        1005 => Outcome::permanent("sender_refused"),
        1001 | 1200 | 1201 => Outcome::permanent("credentials_refused"),
        2000 => Outcome::temporary("provider_error"),
        _ => return None,
    })
}

fn call_refusal(code: i64) -> Outcome {
    Outcome::permanent(match code {
        -1002 => "language_unsupported",
        -1014 => "sender_refused",
        -1016 => "message_refused",
        -1017 => "recipient_invalid",
        _ => "provider_refused",
    })
}

fn sms_receipt(payload: &Value) -> Option<Receipt> {
    let status = &payload["status"];
    let detail = status["detail"].as_str().unwrap_or_default();
    let state = match status["state"].as_str()? {
        "queued" | "sent" => ReceiptState::Sent,
        // It reached the operator: nobody says that it reached the person.
        "delivered" if detail == "delivered_to_operator" => ReceiptState::Sent,
        "delivered" => ReceiptState::Delivered,
        "read" => ReceiptState::Read,
        "undelivered" if detail.contains("rejected") => ReceiptState::Rejected,
        "undelivered" if detail.contains("expired") => ReceiptState::Expired,
        "undelivered" => ReceiptState::Undeliverable,
        _ => ReceiptState::Unknown,
    };
    let error = code(&status["errorCode"]).filter(|_| state.is_failure());
    Some(Receipt {
        reason: error.and_then(|error| receipts::reason("8x8", &error)),
        at_ms: status["timestamp"].as_str().and_then(receipts::time),
        price: vendor::price(payload["price"].get("total"), payload["price"].get("currency")),
        ..Receipt::new(id(&payload["umid"])?, state)
    })
}

fn call_receipt(payload: &Value) -> Option<Receipt> {
    let status = payload["sessionStatus"].as_str()?;
    let state = match status {
        "COMPLETED" => ReceiptState::Delivered,
        "NO ANSWER" | "NO_ANSWER" | "BUSY" | "FAILED" => ReceiptState::Undeliverable,
        "CANCELED" | "ERROR" => ReceiptState::Rejected,
        _ => ReceiptState::Unknown,
    };
    let error = code(&payload["errorDetails"]["errorCode"]).unwrap_or_else(|| status.replace(' ', "_"));
    Some(Receipt {
        reason: if state.is_failure() { receipts::reason("8x8", &error) } else { None },
        at_ms: payload["endTime"].as_str().and_then(receipts::time),
        ..Receipt::new(id(&payload["sessionId"])?, state)
    })
}
