//! IPROG SMS. It pushes no receipts; what became of a message is asked for.

use std::sync::Arc;

use http::header::HeaderMap;
use http::{StatusCode, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Iprog, Secret};
use pinfold_core::field::Checks;
use pinfold_core::receipt::ReceiptState;
use serde_json::{Value, json};
use url::Url;

use crate::address::Addresses;
use crate::check;
use crate::client::{self, Request, id};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::{Outcome, Reason};
use crate::outgoing::Outgoing;
use crate::vendor::{self, Api, digits, endpoint, get, post_json, set};

impl Kind for Iprog {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::base_url("base_url", &self.base_url, addresses, checks);
        check::line("api_token", self.api_token.expose(), checks);
        checks.require(self.sms_provider.is_none_or(|way| way <= 2), "sms_provider", "must be 0, 1 or 2");
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let sms = endpoint(&self.base_url, &["sms_messages"])?;
        let status = vendor::below(&self.base_url, &["sms_messages", "status"])?;
        vendor::connector(Account { sms, status, api_token: self.api_token.clone(), sms_provider: self.sms_provider }, parts)
    }
}

struct Account {
    sms: Uri,
    status: Url,
    api_token: Secret,
    sms_provider: Option<u8>,
}

impl Api for Account {
    fn request(&self, message: &Outgoing<'_>) -> Result<Request, Reason> {
        if message.channel != Channel::Sms {
            return Err("wrong_channel".into());
        }
        let (token, to) = (self.api_token.expose(), digits(message)?);
        let mut body = json!({ "api_token": token, "phone_number": to, "message": message.text });
        set(&mut body, "sms_provider", self.sms_provider);
        Ok(post_json(&self.sms, &HeaderMap::new(), &body))
    }

    /// The body decides, not the status: failures may come as 200. They have no codes, only words.
    fn judge(&self, status: StatusCode, answer: &Value) -> Option<Outcome> {
        let said = &answer["status"];
        if *said == 200 || *said == "success" {
            return status.is_success().then(|| Outcome::accepted(id(&answer["message_id"])));
        }
        if !(said.is_string() || said.is_number()) || status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let words = answer["message"].as_str().unwrap_or_default().to_ascii_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        Some(Outcome::permanent(match () {
            () if has(&["token", "unauthorized"]) => "credentials_refused",
            () if has(&["credit", "balance"]) => "credit_exhausted",
            () if has(&["phone", "number"]) => "recipient_invalid",
            () => "provider_refused",
        }))
    }

    fn ask(&self, provider_id: &str) -> Option<Request> {
        let mut url = self.status.clone();
        url.query_pairs_mut().append_pair("api_token", self.api_token.expose()).append_pair("message_id", provider_id);
        Some(get(client::uri(&url)?, &HeaderMap::new()))
    }

    fn state(&self, answer: &Value) -> Option<ReceiptState> {
        Some(match answer["message_status"].as_str()?.to_ascii_lowercase().as_str() {
            "pending" | "queued" | "processing" | "sent" => ReceiptState::Sent,
            "delivered" | "completed" => ReceiptState::Delivered,
            "failed" | "undelivered" => ReceiptState::Undeliverable,
            "expired" => ReceiptState::Expired,
            "rejected" | "cancelled" | "canceled" => ReceiptState::Rejected,
            _ => ReceiptState::Unknown,
        })
    }
}
