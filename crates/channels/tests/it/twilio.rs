//! Twilio, against its documented answers.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pinfold_channels::{Outcome, Refused};
use pinfold_core::channel::Channel;
use pinfold_core::lookup::{LineType, NumberFacts};
use pinfold_core::price::Price;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_testkit::{Answer, Received};
use serde_json::{Value, json};

use crate::contract::{self, look_up, message, number, outcome, requested, send};
use crate::{accepted, permanent, temporary};

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const SID: &str = "SM00000000000000000000000000000002";

fn vendor(url: &str) -> Value {
    json!({"kind": "twilio", "base_url": url, "lookup_url": url, "account_sid": ACCOUNT, "auth_token": "s3cret-token",
        "sender": "+15005550006"})
}

fn whatsapp(url: &str) -> Value {
    let mut vendor = vendor(url);
    vendor["service"] = "whatsapp".into();
    vendor["content_sid"] = "HX00000000000000000000000000000003".into();
    vendor
}

fn queued() -> Answer {
    let body = json!({"account_sid": ACCOUNT, "api_version": "2010-04-01", "body": "?", "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
        "direction": "outbound-api", "error_code": null, "error_message": null, "from": "+15005550006", "num_media": "0",
        "num_segments": "1", "price": null, "price_unit": "USD", "sid": SID, "status": "queued", "to": "+41793026727"});
    Answer::status(201).json(body.to_string())
}

fn fields(request: &Received) -> Vec<(String, String)> {
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    form_urlencoded::parse(&request.body).into_owned().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn an_sms_is_sent_as_documented() {
    let to = number();
    let (outcome, received) = send(vendor, queued(), &message(Channel::Sms, &to)).await;
    assert_eq!(outcome, accepted(SID));
    assert_eq!(received[0].method, "POST");
    assert_eq!(received[0].path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    let basic = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:s3cret-token")));
    assert_eq!(received[0].header("authorization"), Some(basic.as_str()));
    let wanted = [
        ("To", "+41793026727"),
        ("From", "41790000000"),
        ("Body", "Your PIN is 495021 & <mind> it"),
        ("StatusCallback", "https://pin.example.com/receipts/s3cr3t?x=1"),
        ("ValidityPeriod", "299"),
    ];
    assert_eq!(fields(&received[0]), pairs(&wanted));
}

#[tokio::test]
async fn a_key_and_a_messaging_service_stand_in() {
    let with_service = |url: &str| {
        json!({"kind": "twilio", "base_url": url, "account_sid": ACCOUNT, "auth_token": "s3cret-token",
            "api_key_sid": "SK1", "api_key_secret": "s3cret-key", "messaging_service_sid": "MG1"})
    };
    let to = number();
    let mut plain = message(Channel::Sms, &to);
    (plain.from, plain.receipt_url, plain.expires_at_ms) = (None, None, 0);
    let (_, received) = send(with_service, queued(), &plain).await;
    let basic = format!("Basic {}", STANDARD.encode("SK1:s3cret-key"));
    assert_eq!(received[0].header("authorization"), Some(basic.as_str()));
    let wanted = [("To", "+41793026727"), ("MessagingServiceSid", "MG1"), ("Body", "Your PIN is 495021 & <mind> it")];
    assert_eq!(fields(&received[0]), pairs(&wanted));
    let mut call = message(Channel::Voice, &to);
    call.from = None;
    let (outcome, received) = send(with_service, queued(), &call).await;
    assert_eq!((outcome, received.len()), (permanent("sender_missing"), 0));
}

#[tokio::test]
async fn a_text_goes_to_whatsapp_by_its_template() {
    let to = number();
    let mut text = message(Channel::Sms, &to);
    (text.from, text.text) = (None, "495021");
    let (outcome, received) = send(whatsapp, queued(), &text).await;
    assert_eq!(outcome, accepted(SID));
    let wanted = [
        ("To", "whatsapp:+41793026727"),
        ("From", "whatsapp:+15005550006"),
        ("ContentSid", "HX00000000000000000000000000000003"),
        ("ContentVariables", r#"{"1":"495021"}"#),
        ("StatusCallback", "https://pin.example.com/receipts/s3cr3t?x=1"),
        ("ValidityPeriod", "299"),
    ];
    assert_eq!(fields(&received[0]), pairs(&wanted));
    let refused = Answer::status(400).json(r#"{"code":63016,"message":"?","status":400}"#);
    assert_eq!(outcome_of(whatsapp, refused).await, permanent("template_required"));
}

async fn outcome_of(vendor: contract::Vendor, answer: Answer) -> Outcome {
    outcome(vendor, Channel::Sms, answer).await
}

#[tokio::test]
async fn a_call_speaks_the_text_and_nothing_else() {
    let to = number();
    let mut call = message(Channel::Voice, &to);
    call.text = "</Say><Dial>+1900</Dial> \"4\" & '9'\u{0}";
    call.language = "zh_cn".parse().expect("a language");
    let answer = Answer::status(201).json(r#"{"sid":"CA1","status":"queued","price":null,"price_unit":"USD"}"#);
    let (outcome, received) = send(vendor, answer, &call).await;
    assert_eq!(outcome, accepted("CA1"));
    assert_eq!(received[0].path, format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json"));
    let said = "&lt;/Say&gt;&lt;Dial&gt;+1900&lt;/Dial&gt; &quot;4&quot; &amp; &apos;9&apos;";
    let twiml = format!("<Response><Say language=\"cmn-CN\" loop=\"2\">{said}</Say></Response>");
    let wanted = [
        ("To", "+41793026727"),
        ("From", "41790000000"),
        ("Twiml", twiml.as_str()),
        ("StatusCallback", "https://pin.example.com/receipts/s3cr3t?x=1"),
    ];
    assert_eq!(fields(&received[0]), pairs(&wanted));
    (call.text, call.voice_name, call.speech_rate) = ("4 9", Some("Polly.\"Zhiyu"), Some(0.8));
    let (_, received) = send(vendor, queued(), &call).await;
    let (_, twiml) = &fields(&received[0])[2];
    let wanted = "<Response><Say language=\"cmn-CN\" voice=\"Polly.&quot;Zhiyu\" loop=\"2\"><prosody rate=\"80%\">4 9</prosody></Say></Response>";
    assert_eq!(twiml, wanted);
}

#[tokio::test]
async fn a_price_is_taken_where_there_is_one() {
    let answer = Answer::status(201).json(r#"{"sid":"SM1","status":"sent","price":"-0.00750","price_unit":"USD"}"#);
    let price = Price::parse("0.0075", "USD");
    assert_eq!(outcome_of(vendor, answer).await, Outcome::Accepted { provider_id: Some("SM1".into()), price });
}

#[tokio::test]
async fn each_class_of_refusal_has_its_word() {
    for (status, code, wanted) in [
        (400, 21211, permanent("recipient_invalid")),
        (400, 21614, permanent("recipient_invalid")),
        (400, 21610, permanent("recipient_opted_out")),
        (400, 21216, permanent("recipient_blocked")),
        (400, 21617, permanent("message_too_long")),
        (400, 21602, permanent("message_refused")),
        (400, 21606, permanent("sender_refused")),
        (400, 21408, permanent("route_refused")),
        (400, 21608, permanent("account_limited")),
        (401, 20003, permanent("credentials_refused")),
        (403, 20005, permanent("account_suspended")),
        (429, 20429, temporary("rate_limited")),
        (400, 21611, temporary("rate_limited")),
        (500, 20500, temporary("provider_error")),
        (400, 99999, permanent("http_400")),
    ] {
        let body = json!({"code": code, "message": "The 'To' number +41793026727 is not", "status": status,
            "more_info": format!("https://www.twilio.com/docs/errors/{code}")});
        let answer = Answer::status(status).json(body.to_string());
        assert_eq!(outcome_of(vendor, answer).await, wanted, "{code}");
    }
    let answer = Answer::status(429).retry_after(5).json(r#"{"code":20429,"status":429}"#);
    let wanted = Outcome::Temporary { reason: "rate_limited".into(), retry_after: Some(std::time::Duration::from_secs(5)) };
    assert_eq!(outcome_of(vendor, answer).await, wanted);
    let failed = Answer::status(201).json(r#"{"sid":"SM1","status":"failed","error_code":21610}"#);
    assert_eq!(outcome_of(vendor, failed).await, permanent("recipient_opted_out"));
    let failed = Answer::status(201).json(r#"{"sid":"SM1","status":"failed","error_code":1}"#);
    assert_eq!(outcome_of(vendor, failed).await, permanent("provider_refused"));
}

#[tokio::test]
async fn it_keeps_the_common_contract() {
    contract::faults(vendor, Channel::Sms).await;
    contract::faults(vendor, Channel::Voice).await;
    contract::other_channels(vendor).await;
    contract::other_channels(whatsapp).await;
    contract::secrets(vendor, &[r#"{"sid":"SM1","status":"queued"}"#, r#"{"code":21211,"message":"41793026727"}"#]).await;
    let usual = json!({"kind": "twilio", "account_sid": "AC1", "auth_token": "t"});
    contract::settings(
        &usual,
        &[
            ("account_sid", json!("")),
            ("auth_token", json!("")),
            ("lookup_url", json!("https://10.0.0.1")),
            ("api_key_secret", json!("alone")),
            ("content_sid", json!("HX1")),
        ],
    );
}

const URL: &str = "https://pin.example.com/receipts/s3cr3t?x=1";

fn signature(text: &str, token: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// A callback, signed as documented: the address, then names and values by name.
fn callback(given: &[(&str, &str)]) -> Result<Vec<Receipt>, Refused> {
    let mut sorted = given.to_vec();
    sorted.sort_unstable();
    let text = sorted.iter().fold(URL.to_owned(), |text, (name, value)| text + name + value);
    posted(given, &signature(&text, "s3cret-token"))
}

fn posted(given: &[(&str, &str)], signature: &str) -> Result<Vec<Receipt>, Refused> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    let headers = [("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"), ("X-Twilio-Signature", signature)];
    requested(&vendor("https://api.twilio.com"), "POST", URL, &headers, &body)
}

#[test]
fn the_vendors_own_example_of_a_signature_fits() {
    // From the page on securing webhooks: token 12345.
    let provider = json!({"kind": "twilio", "account_sid": "AC1", "auth_token": "12345"});
    let given = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+12349013030"),
        ("Digits", "1234"),
        ("From", "+12349013030"),
        ("To", "+18005551212"),
    ];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    let headers = [("X-Twilio-Signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")];
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    // It is signed, and no receipt: there is no status in it.
    assert_eq!(requested(&provider, "POST", url, &headers, &body), Err(Refused::Unreadable));
    let other = "https://mycompany.com/myapp.php?foo=1&bar=3";
    assert_eq!(requested(&provider, "POST", other, &headers, &body), Err(Refused::Unsigned));
}

#[test]
fn receipts_are_read_when_they_are_signed() {
    for (status, wanted) in [
        ("queued", ReceiptState::Sent),
        ("sending", ReceiptState::Sent),
        ("sent", ReceiptState::Sent),
        ("delivered", ReceiptState::Delivered),
        ("read", ReceiptState::Read),
        ("undelivered", ReceiptState::Undeliverable),
        ("failed", ReceiptState::Rejected),
        ("canceled", ReceiptState::Rejected),
        ("new", ReceiptState::Unknown),
    ] {
        let given =
            [("SmsSid", SID), ("MessageSid", SID), ("MessageStatus", status), ("To", "+41793026727"), ("AccountSid", ACCOUNT)];
        assert_eq!(callback(&given), Ok(vec![Receipt::new(SID, wanted)]), "{status}");
    }
    let given = [("MessageSid", SID), ("MessageStatus", "undelivered"), ("ErrorCode", "30003"), ("ErrorMessage", "+41793026727")];
    let wanted = Receipt { reason: Some("twilio_30003".into()), ..Receipt::new(SID, ReceiptState::Undeliverable) };
    assert_eq!(callback(&given), Ok(vec![wanted]));
    for (status, wanted) in [
        ("initiated", ReceiptState::Sent),
        ("ringing", ReceiptState::Sent),
        ("in-progress", ReceiptState::Delivered),
        ("completed", ReceiptState::Delivered),
        ("busy", ReceiptState::Undeliverable),
        ("no-answer", ReceiptState::Undeliverable),
        ("failed", ReceiptState::Rejected),
    ] {
        assert_eq!(callback(&[("CallSid", "CA1"), ("CallStatus", status)]), Ok(vec![Receipt::new("CA1", wanted)]), "{status}");
    }
    assert_eq!(callback(&[("MessageSid", SID), ("SmsStatus", "received"), ("Body", "hello")]), Ok(vec![]));
    assert_eq!(callback(&[("MessageSid", "a b"), ("MessageStatus", "sent")]), Err(Refused::Unreadable));
    assert_eq!(callback(&[("To", "1")]), Err(Refused::Unreadable));
}

#[test]
fn a_receipt_that_is_not_signed_by_the_account_is_refused() {
    let given = [("MessageSid", SID), ("MessageStatus", "delivered")];
    let text = format!("{URL}MessageSid{SID}MessageStatusdelivered");
    assert!(posted(&given, &signature(&text, "s3cret-token")).is_ok());
    for (text, token) in [(text.as_str(), "other"), (&format!("{text}x"), "s3cret-token"), (URL, "s3cret-token")] {
        assert_eq!(posted(&given, &signature(text, token)), Err(Refused::Unsigned));
    }
    for signature in ["", "!", "AAAA"] {
        assert_eq!(posted(&given, signature), Err(Refused::Unsigned));
    }
    // By GET, the address is all that is signed.
    let url = format!("{URL}&MessageSid={SID}&MessageStatus=delivered");
    let provider = vendor("https://api.twilio.com");
    let headers = [("x-twilio-signature", &*signature(&url, "s3cret-token"))];
    let read = requested(&provider, "GET", &url, &headers, "");
    assert_eq!(read, Ok(vec![Receipt::new(SID, ReceiptState::Delivered)]));
}

#[tokio::test]
async fn a_number_is_looked_up() {
    let answer = json!({"calling_country_code": "41", "country_code": "CH", "phone_number": "+41793026727", "valid": true,
        "validation_errors": [], "line_type_intelligence": {"error_code": null, "mobile_country_code": "228",
        "mobile_network_code": "01", "carrier_name": "C", "type": "mobile"}});
    let (facts, received) = look_up(vendor, Answer::ok().json(answer.to_string())).await;
    assert_eq!((received[0].method.as_str(), received[0].query.as_str()), ("GET", "Fields=line_type_intelligence"));
    assert_eq!(received[0].path, "/v2/PhoneNumbers/+41793026727");
    assert!(received[0].header("authorization").is_some_and(|value| value.starts_with("Basic ")));
    let (mcc, mnc) = (Some("228".into()), Some("01".into()));
    let wanted = NumberFacts { is_valid: Some(true), line: Some(LineType::Mobile), mcc, mnc, ..NumberFacts::default() };
    assert_eq!(facts, Ok(wanted));
    for (kind, wanted) in [
        (json!("landline"), Some(LineType::Landline)),
        (json!("nonFixedVoip"), Some(LineType::Voip)),
        (json!("tollFree"), Some(LineType::TollFree)),
        (json!("premium"), Some(LineType::Premium)),
        (json!("pager"), Some(LineType::Other)),
        (json!("unknown"), None),
        (json!(null), None),
    ] {
        let answer = json!({"valid": true, "line_type_intelligence": {"type": kind}});
        let (facts, _) = look_up(vendor, Answer::ok().json(answer.to_string())).await;
        assert_eq!(facts.map(|facts| facts.line), Ok(wanted), "{kind}");
    }
    let (facts, _) = look_up(vendor, Answer::ok().json(r#"{"valid":false,"validation_errors":["TOO_SHORT"]}"#)).await;
    assert_eq!(facts.map(|facts| facts.is_valid), Ok(Some(false)));
    let (facts, _) = look_up(vendor, Answer::status(401).json(r#"{"code":20003}"#)).await;
    assert_eq!(facts, Err(permanent("credentials_refused")));
}
