//! Twilio Verify's dialect: shapes to the letter, ends as the vendor has them, limits that count, apps that answer once.

use std::collections::BTreeSet;

use futures::future::join_all;
use pinfold_core::totp::{Totp, TotpSecret};
use pinfold_http::clock::now_ms;
use pinfold_testkit::Role;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client};

/// A form of an object's members; lists give a field for each of their items.
pub fn form(request: RequestBuilder, fields: &Value) -> RequestBuilder {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.as_object().expect("an object") {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match value {
            Value::Array(items) => items.iter().for_each(|item| {
                body.append_pair(name, &text(item));
            }),
            value => {
                body.append_pair(name, &text(value));
            }
        }
    }
    request.header("content-type", "application/x-www-form-urlencoded").body(body.finish())
}

async fn post(client: &Client, path: &str, fields: Value) -> Answer {
    client.send(form(client.request("POST", path), &fields)).await
}

/// A service with these settings, as a path.
async fn service(client: &Client, fields: Value) -> String {
    let mut all = json!({ "FriendlyName": "Owl" });
    all.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    let made = post(client, "/v2/Services", all).await.expect(201).json();
    format!("/v2/Services/{}", made["sid"].as_str().expect("a SID"))
}

async fn check(client: &Client, service: &str, fields: Value) -> Answer {
    post(client, &format!("{service}/VerificationCheck"), fields).await
}

/// Status and the vendor's number of a refusal.
fn refused(answer: &Answer) -> (u16, u64) {
    let body = answer.json();
    assert_eq!(body["status"], answer.status, "{}", answer.text);
    assert_eq!(body["more_info"], format!("https://www.twilio.com/docs/errors/{}", body["code"]), "{}", answer.text);
    (answer.status, body["code"].as_u64().expect("a number"))
}

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_vendors_shapes_and_no_foreign_address() {
    let app = App::start().await;
    let client = app.bearer();
    let made = post(&client, "/v2/Services", json!({ "FriendlyName": "Owl", "Totp.Issuer": "x" })).await.expect(201).json();
    let wanted = "account_sid code_length custom_code_enabled date_created date_updated default_template_sid \
                  do_not_share_warning_enabled dtmf_input_required friendly_name links lookup_enabled passkeys psd2_enabled push sid \
                  skip_sms_to_landlines totp tts_name url verify_event_subscription_enabled whatsapp";
    assert_eq!(members(&made), wanted.split_whitespace().collect());
    assert_eq!(made["totp"], json!({ "issuer": "x", "time_step": 30, "code_length": 6, "skew": 1 }));
    let service = format!("/v2/Services/{}", made["sid"].as_str().expect("a SID"));
    assert_eq!(made["url"], format!("{}{service}", client.base));
    let sent = post(&client, &format!("{service}/Verifications"), json!({ "To": "+41793026727", "Channel": "sms" })).await;
    let sent = sent.expect(201).json();
    let wanted = "account_sid amount channel date_created date_updated lookup payee send_code_attempts service_sid sid sna status to \
                  url valid";
    assert_eq!(members(&sent), wanted.split_whitespace().collect());
    assert_eq!((&sent["to"], &sent["status"], &sent["valid"]), (&json!("+41793026727"), &json!("pending"), &json!(false)));
    assert_eq!(members(&sent["send_code_attempts"][0]), BTreeSet::from(["attempt_sid", "channel", "time"]));
    assert!(sent["date_created"].as_str().is_some_and(|at| at.len() == 20 && at.ends_with('Z')), "{sent}");
    let text = app.wait_for_messages("41793026727", 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
    let code = text.rsplit(' ').next().unwrap_or_default().to_owned();
    assert_eq!(text, format!("Your Owl verification code is: {code}"));
    assert!(!sent.to_string().contains(&code));
    let checked = check(&client, &service, json!({ "To": "+41 79 302 67 27", "Code": code })).await.expect(200).json();
    let wanted =
        "account_sid amount channel date_created date_updated payee service_sid sid sna_attempts_error_codes status to valid";
    assert_eq!(members(&checked), wanted.split_whitespace().collect());
    assert_eq!((&checked["status"], &checked["valid"], &checked["sid"]), (&json!("approved"), &json!(true), &sent["sid"]));
    assert_eq!(refused(&check(&client, &service, json!({ "To": "+41793026727", "Code": code })).await), (404, 20404));

    let listed = client.get("/v2/Services?PageSize=1").await.expect(200);
    let page = listed.json();
    let wanted = "first_page_url key next_page_url page page_size previous_page_url url";
    assert_eq!(members(&page["meta"]), wanted.split_whitespace().collect());
    let next = page["meta"]["next_page_url"].as_str().expect("another page").strip_prefix(&client.base).expect("here");
    assert_eq!(client.get(next).await.expect(200).json()["meta"]["page"], 1);
    for text in [listed.text, sent.to_string(), made.to_string(), checked.to_string()] {
        assert!(!text.contains("twilio.com"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_has_the_vendors_number() {
    let app = App::start().await;
    let client = app.bearer();
    let service = service(&client, json!({})).await;
    let verifications = format!("{service}/Verifications");
    let send = async |to: &str| post(&client, &verifications, json!({ "To": to, "Channel": "sms" })).await;
    let first = send("+41793026701").await.expect(201).json();
    let code = app.pin_of("41793026701").await;
    let again = send("+41793026701").await.expect(201).json();
    assert_eq!((&again["sid"], again["send_code_attempts"].as_array().map(Vec::len)), (&first["sid"], Some(2)));
    let both = app.wait_for_messages("41793026701", 2).await;
    assert_eq!(both[0]["text"], both[1]["text"], "the same code");
    for _ in 0..3 {
        send("+41793026701").await.expect(201);
    }
    let limited = send("+41793026701").await;
    assert_eq!(refused(&limited), (429, 60203));
    assert!(limited.retry_after().is_some_and(|seconds| (1..=600).contains(&seconds)));
    let sid = first["sid"].as_str().expect("a SID");
    // What such a code cannot be is as wrong, and no check is spent.
    for foreign in ["12 34", "12a4", "１２３４"] {
        let wrong = check(&client, &service, json!({ "To": "+41793026701", "Code": foreign })).await.expect(200);
        assert_eq!((&wrong.json()["status"], &wrong.json()["valid"]), (&json!("pending"), &json!(false)), "{foreign}");
    }
    assert_eq!(refused(&check(&client, &service, json!({ "Code": code })).await), (400, 60221));
    for _ in 0..5 {
        let wrong = check(&client, &service, json!({ "VerificationSid": sid, "Code": App::wrong(&code) })).await.expect(200);
        assert_eq!((&wrong.json()["status"], &wrong.json()["valid"]), (&json!("pending"), &json!(false)));
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    let sixth = check(&client, &service, json!({ "VerificationSid": sid, "Code": code })).await;
    assert_eq!(refused(&sixth), (429, 60202));
    assert!(sixth.retry_after().is_some_and(|seconds| (1..=600).contains(&seconds)), "until it has expired");
    assert_eq!(client.get(&format!("{verifications}/{sid}")).await.expect(200).json()["status"], "max_attempts_reached");

    let sent = send("+41793026702").await.expect(201).json();
    let path = format!("{verifications}/{}", sent["sid"].as_str().expect("a SID"));
    let by_number = client.get(&format!("{verifications}/+41793026702")).await.expect(200).json();
    assert_eq!(by_number["sid"], sent["sid"], "an unescaped plus is a plus");
    assert_eq!(post(&client, &path, json!({ "Status": "canceled" })).await.expect(200).json()["status"], "canceled");
    assert_eq!(refused(&client.get(&path).await), (404, 20404));
    // A SID of one service is none of another.
    let other = self::service(&client, json!({})).await;
    let sent = send("+41793026703").await.expect(201).json();
    let code = app.pin_of("41793026703").await;
    let foreign = json!({ "VerificationSid": sent["sid"], "Code": code });
    assert_eq!(refused(&check(&client, &other, foreign.clone()).await), (404, 20404));
    assert_eq!(check(&client, &service, foreign).await.expect(200).json()["valid"], true, "no guess was spent");
    for (fields, code) in [
        (json!({ "To": "12", "Channel": "sms" }), (400, 60200)),
        (json!({ "To": "+41793026704" }), (400, 60200)),
        (json!({ "To": "+41793026704", "Channel": "whatsapp" }), (403, 60223)),
        (json!({ "To": "+41793026704", "Channel": "sms", "CustomCode": "1234" }), (400, 60204)),
        (json!({ "To": "+41793026704", "Channel": "sms", "CustomMessage": "x" }), (400, 60204)),
        (json!({ "To": "+41793026704", "Channel": "sms", "Tags": "x" }), (400, 60200)),
        (json!({ "To": "+41793026704", "Channel": "sms", "Amount": "1", "Payee": "x" }), (403, 60214)),
        (json!({ "To": "+41793026704", "Channel": "sms", "Locale": "!" }), (400, 60200)),
    ] {
        assert_eq!(refused(&post(&client, &verifications, fields.clone()).await), code, "{fields}");
    }
    // A service's own template is for the channels that it fits.
    let application = service.trim_start_matches("/v2/Services/VA");
    let template = json!({ "pinType": "NUMERIC", "messageText": "Ours: {{pin}}", "pinLength": 6 });
    let template = app.client.post(&format!("/2fa/2/applications/{application}/messages"), template).await.expect(200).json();
    let template = format!("HJ{}", template["messageId"].as_str().expect("an id").to_lowercase());
    post(&client, &service, json!({ "DefaultTemplateSid": template })).await.expect(200);
    let mut text = String::new();
    for to in 41_793_026_710_u64..41_793_026_740 {
        send(&format!("+{to}")).await.expect(201);
        text = app.wait_for_messages(&to.to_string(), 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
        if text.starts_with("Ours: ") {
            break;
        }
    }
    assert!(text.starts_with("Ours: "), "{text}");
    let mail = json!({ "To": "john.smith@example.com", "Channel": "email" });
    post(&client, &verifications, mail).await.expect(201);
    app.wait_for_messages("john.smith@example.com", 1).await;
    let named = json!({ "To": "john.smith@example.com", "Channel": "email", "TemplateSid": template });
    assert_eq!(refused(&post(&client, &verifications, named).await), (400, 60200));
    let deleted = client.delete(&service).await.expect(204);
    assert_eq!(deleted.text, "");
    assert_eq!(refused(&client.get(&service).await), (404, 20404));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_a_transaction_is_good_for_no_other() {
    let app = App::start().await;
    let client = app.bearer();
    let service = service(&client, json!({ "Psd2Enabled": true })).await;
    let verifications = format!("{service}/Verifications");
    for (number, changed) in [("41793026711", json!({ "Amount": "93.99" })), ("41793026712", json!({ "Payee": "Acne" }))] {
        let to = format!("+{number}");
        let right = json!({ "To": to, "Amount": "39.99", "Payee": "Acme" });
        let mut fields = right.clone();
        fields["Channel"] = json!("sms");
        let sent = post(&client, &verifications, fields).await.expect(201).json();
        assert_eq!((&sent["amount"], &sent["payee"]), (&json!("39.99"), &json!("Acme")));
        let text = app.wait_for_messages(number, 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
        assert!(text.contains("39.99") && text.contains("Acme"), "the message shows both: {text}");
        let code = text.rsplit(' ').next().unwrap_or_default().to_owned();
        let with = |fields: &Value| {
            let mut fields = fields.clone();
            fields["Code"] = json!(code);
            fields
        };
        // Neither this dialect nor another takes it without the transaction.
        assert_eq!(refused(&check(&client, &service, with(&json!({ "To": to }))).await), (404, 20404));
        let sid = json!({ "VerificationSid": sent["sid"] });
        assert_eq!(refused(&check(&client, &service, with(&sid)).await), (400, 60206));
        let mut other = right.clone();
        other.as_object_mut().expect("an object").extend(changed.as_object().expect("an object").clone());
        let answer = check(&client, &service, with(&other)).await.expect(200).json();
        assert_eq!((&answer["status"], &answer["valid"]), (&json!("canceled"), &json!(false)), "{answer}");
        assert_eq!(refused(&check(&client, &service, with(&right)).await), (404, 20404), "it is good for nothing any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_of_the_caller_holds_under_a_race_and_a_refusal_counts_nowhere() {
    let app = App::start().await;
    let client = app.bearer();
    let service = service(&client, json!({})).await;
    let limits = format!("{service}/RateLimits");
    let made = post(&client, &limits, json!({ "UniqueName": "ip" })).await.expect(201).json();
    let buckets = format!("{limits}/{}/Buckets", made["sid"].as_str().expect("a SID"));
    post(&client, &buckets, json!({ "Max": 4, "Interval": 60 })).await.expect(201);
    assert_eq!(refused(&post(&client, &buckets, json!({ "Max": 9, "Interval": 60 })).await), (400, 60211));
    let send = async |number: u32, address: &str| {
        let limits = json!({ "ip": address }).to_string();
        let fields = json!({ "To": format!("+4179302{number:04}"), "Channel": "sms", "RateLimits": limits });
        post(&client, &format!("{service}/Verifications"), fields).await
    };
    // The bucket is known everywhere soon.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let sent = join_all((6_000..6_020).map(|number| send(number, "192.0.2.1"))).await;
    let accepted = sent.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(accepted, 4, "of 20 at once");
    for answer in sent.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused(answer), (429, 20429));
        assert!(answer.retry_after().is_some_and(|seconds| (1..=60).contains(&seconds)));
    }
    send(6_100, "192.0.2.2").await.expect(201);
    // A join is a message like any other.
    for _ in 0..3 {
        send(6_100, "192.0.2.2").await.expect(201);
    }
    assert_eq!(refused(&send(6_100, "192.0.2.2").await), (429, 20429));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_code_is_good_once_however_many_try() {
    let app = App::start().await;
    let client = app.bearer();
    let service = service(&client, json!({})).await;
    let person = format!("{service}/Entities/ff483d1ff591898a9942916050d2ca3f");
    let enroll = json!({ "FriendlyName": "Ann", "FactorType": "totp" });
    let made = post(&client, &format!("{person}/Factors"), enroll).await.expect(201).json();
    let secret = made["binding"]["secret"].as_str().expect("the secret, once");
    let factor = format!("{person}/Factors/{}", made["sid"].as_str().expect("a SID"));
    let shown = client.get(&factor).await.expect(200);
    assert!(!shown.text.contains(secret) && shown.json().get("binding").is_none(), "{}", shown.text);
    let (totp, secret) = (Totp::default(), TotpSecret::from_base32(secret).expect("base32"));
    let step = totp.step_at(now_ms());
    let proof = json!({ "AuthPayload": *totp.code(&secret, step) });
    assert_eq!(post(&client, &factor, proof).await.expect(200).json()["status"], "verified");
    // The next step's code is within the skew; twenty tries at once are one success.
    let ask = json!({ "FactorSid": made["sid"], "AuthPayload": *totp.code(&secret, step + 1) });
    let challenges = format!("{person}/Challenges");
    let asked = join_all((0..20).map(|_| post(&client, &challenges, ask.clone()))).await;
    let approved = asked.iter().filter(|answer| answer.json()["status"] == "approved").count();
    assert_eq!(approved, 1);
    let locked = asked.iter().filter(|answer| answer.status == 429).count();
    assert!(locked > 0, "five that are used lock");
    let bytes: String = secret.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let plain = format!("SELECT count(*) FROM factors WHERE position(decode('{bytes}', 'hex') IN sealed) > 0");
    let count = app.database.query(Role::Superuser, &plain).expect("an answer");
    assert_eq!(count.trim(), "0", "sealed at rest");
    for kind in ["push", "passkeys"] {
        let refusal = post(&client, &format!("{person}/Factors"), json!({ "FriendlyName": "x", "FactorType": kind })).await;
        assert_eq!(refused(&refusal), (400, 60204));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_asked_for_at_once_are_all_told_of() {
    let app = App::start().await;
    let client = app.bearer();
    let service = service(&client, json!({})).await;
    let send =
        async |_| post(&client, &format!("{service}/Verifications"), json!({ "To": "+41793026500", "Channel": "sms" })).await;
    let first = send(0).await.expect(201).json();
    let sent = 1 + join_all((0..3).map(send)).await.iter().filter(|answer| answer.status == 201).count();
    assert!(sent > 1, "the number may have several messages");
    let sid = first["sid"].as_str().expect("a SID");
    let told = client.get(&format!("{service}/Verifications/{sid}")).await.expect(200).json();
    assert_eq!(told["send_code_attempts"].as_array().map(Vec::len), Some(sent), "{told}");
}
