//! Test numbers: a fixed code, nothing that leaves, every guard on guesses, and a mark on all that they prove.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pinfold_testkit::Role;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, Provider};

const TO: &str = "41793026727";
const CODE: &str = "918273";
/// It is in every list, so that a test learns when the list holds everywhere.
const PROBE: &str = "41793099999";

/// Sets the test numbers of an application, and waits until whoever sends knows them.
async fn set(client: &Client, application: &str, given: &[(&str, &str)]) {
    let one = |(number, code): &(&str, &str)| json!({ "phoneNumber": number, "code": code });
    let numbers: Vec<Value> = given.iter().chain([&(PROBE, "0000")]).map(one).collect();
    let path = format!("/v1/applications/{application}/test-numbers");
    client.put(&path, json!({ "testNumbers": numbers })).await.expect(200);
    for _ in 0..100 {
        let probe = json!({ "to": PROBE, "applicationId": application });
        let sent = client.post("/v1/otp", probe).await.expect(200).json();
        let pin = sent["requestId"].as_str().expect("an id").to_owned();
        if client.get(&format!("/v1/verifications/{pin}")).await.expect(200).json()["test"] == true {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the list holds nowhere");
}

async fn story(client: &Client, pin: &str) -> Value {
    client.get(&format!("/v1/verifications/{pin}")).await.expect(200).json()
}

/// Waits until the record says how so many messages of a PIN ended.
async fn ended(client: &Client, pin: &str, count: usize) -> Value {
    let mut last = Value::Null;
    for _ in 0..1_200 {
        last = story(client, pin).await;
        let deliveries = last["deliveries"].as_array().map(Vec::as_slice).unwrap_or_default();
        if deliveries.len() >= count && deliveries.iter().all(|one| one["status"] == "sent") {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} messages: {last}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The claims of a token. Who signed it is asked elsewhere.
fn claims(token: &Value) -> Value {
    let body = token.as_str().and_then(|token| token.split('.').nth(1)).expect("a token");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64")).expect("claims")
}

/// What was used is one message of each PIN that is no test, once all of them are recorded.
async fn only_what_is_no_test_was_counted(app: &App) {
    let ask = |sql: &str| app.database.query(Role::Superuser, sql).expect("the record answers");
    let (mut used, mut real) = (String::new(), String::from("none"));
    for _ in 0..600 {
        used = ask("SELECT coalesce(sum(messages), 0) FROM usage_days WHERE currency = ''");
        real = ask("SELECT count(*) FROM verifications WHERE NOT is_test AND status = 'sent'");
        let open = ask("SELECT count(*) FROM verifications WHERE status = 'waiting'");
        if used == real && open == "0" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(used, real);
    assert_ne!(ask("SELECT count(*) FROM verifications WHERE is_test AND status IN ('sent', 'verified')"), "0");
}

async fn form(client: &Client, path: &str, fields: Value) -> Answer {
    client.send(crate::twilio::form(client.request("POST", path), &fields)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_number_has_its_fixed_code_in_every_dialect_and_nothing_leaves() {
    let app = App::start().await;
    let provider = Provider::of(&app).await;
    let client = app.bearer();
    let (application, message) = app.new_application(json!({})).await;
    set(&client, &application, &[(TO, CODE)]).await;
    let mut pins = Vec::new();

    let body = json!({ "applicationId": application, "messageId": message, "to": "+41 79 302 67 27" });
    for path in ["/2fa/2/pin", "/2fa/2/pin/voice"] {
        let sent = client.post(path, body.clone()).await.expect(200).json();
        let pin = text(&sent["pinId"]);
        let judged = client.post(&format!("/2fa/2/pin/{pin}/verify"), json!({ "pin": CODE })).await.expect(200).json();
        assert_eq!(judged["verified"], true, "{path}: {judged}");
        pins.push(pin);
    }

    // Whatever the request says of its code.
    for wish in [json!({}), json!({ "otpLength": 4 }), json!({ "code": "111111" }), json!({ "channel": "voice" })] {
        let mut asked = json!({ "to": TO, "applicationId": application });
        asked.as_object_mut().expect("an object").extend(wish.as_object().expect("an object").clone());
        let sent = client.post("/v1/otp", asked).await.expect(200).json();
        let guess = json!({ "to": TO, "code": CODE, "applicationId": application });
        let judged = client.post("/v1/otp/verify", guess).await.expect(200).json();
        assert_eq!((&judged["matched"], &judged["status"]), (&json!(true), &json!("valid")), "{wish}");
        pins.push(text(&sent["requestId"]));
    }

    let made =
        form(&client, "/v2/Services", json!({ "FriendlyName": "Owl", "CustomCodeEnabled": "true" })).await.expect(201).json();
    let sid = text(&made["sid"]);
    set(&client, &sid[2..].to_uppercase(), &[(TO, CODE)]).await;
    let service = format!("/v2/Services/{sid}");
    let asked = json!({ "To": format!("+{TO}"), "Channel": "sms", "CustomCode": "555555" });
    form(&client, &format!("{service}/Verifications"), asked).await.expect(201);
    let guess = json!({ "To": format!("+{TO}"), "Code": CODE });
    let judged = form(&client, &format!("{service}/VerificationCheck"), guess).await.expect(200).json();
    assert_eq!((&judged["status"], &judged["valid"]), (&json!("approved"), &json!(true)));

    // A line that takes no SMS is no obstacle.
    let unassigned = "15550001111";
    set(&client, app.application(), &[(unassigned, CODE)]).await;
    let camara = "/one-time-password-sms/v1";
    let asked = json!({ "phoneNumber": format!("+{unassigned}"), "message": "{{code}} is your code" });
    let sent = client.post(&format!("{camara}/send-code"), asked).await.expect(200).json();
    let guess = json!({ "authenticationId": sent["authenticationId"], "code": CODE });
    client.post(&format!("{camara}/validate-code"), guess).await.expect(204);

    // A PIN that was verified at once may be over before its message: then there is nothing to send at all.
    let waiting = app.send(&application, &message, TO).await;
    let told = ended(&client, &waiting, 1).await;
    assert_eq!((&told["deliveries"][0]["attempts"][0]["reason"], &told["test"]), (&json!("test_number"), &json!(true)));
    for pin in &pins {
        assert_eq!(story(&client, pin).await["test"], true);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(provider.given().iter().all(|given| given.to != TO), "{:?}", provider.given());
    assert!(app.messages(TO).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_application_and_another_tenant_know_nothing_of_it() {
    let app = App::start().await;
    let provider = Provider::of(&app).await;
    let (application, _) = app.new_application(json!({})).await;
    let (other, message) = app.new_application(json!({})).await;
    set(&app.bearer(), &application, &[(TO, CODE)]).await;
    let (stranger, strange_application, strange_message) = app.stranger("stranger").await;
    let live = app.send(&other, &message, TO).await;
    let codes = provider.pins_of(std::slice::from_ref(&live), Duration::from_secs(15)).await;
    assert_ne!(codes[&live], CODE);
    assert_eq!(app.verify(&live, CODE).await["verified"], false);
    assert_eq!(app.verify(&live, &codes[&live]).await["verified"], true);
    assert_eq!(story(&app.client, &live).await.get("test"), None);
    let body = json!({ "applicationId": strange_application, "messageId": strange_message, "to": TO });
    let sent = stranger.post("/2fa/2/pin", body).await.expect(200).json();
    let path = format!("/2fa/2/pin/{}/verify", text(&sent["pinId"]));
    assert_eq!(stranger.post(&path, json!({ "pin": CODE })).await.expect(200).json()["verified"], false);
    // What is not a test number any more is none.
    set(&app.bearer(), &application, &[]).await;
    let sent = app.client.post("/v1/otp", json!({ "to": TO, "applicationId": application })).await.expect(200).json();
    let pin = text(&sent["requestId"]);
    assert_ne!(provider.pins_of(std::slice::from_ref(&pin), Duration::from_secs(15)).await[&pin], CODE);
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_send_more_than_a_number_may_get_and_cost_nothing() {
    let app = App::start().await;
    // A premium number that no send would reach.
    let premium = "41900123456";
    let (application, message) = app.new_application(json!({ "sendPinPerPhoneNumberLimit": "3/1h" })).await;
    let client = app.bearer();
    set(&client, &application, &[(TO, CODE), (premium, "4321")]).await;
    client.put("/v1/caps", json!({ "dailyMessages": 0 })).await.expect(200);
    let body = |to: &str| json!({ "applicationId": application, "messageId": message, "to": to });
    // Another number each time, whose own limit says nothing, until the cap is known.
    for number in 0..600 {
        if client.post("/2fa/2/pin", body(&format!("41793027{number:03}"))).await.status == 429 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    client.post("/2fa/2/pin", body("41793026729")).await.expect(429);
    let mut last = String::new();
    for _ in 0..12 {
        last = text(&client.post("/2fa/2/pin", body(TO)).await.expect(200).json()["pinId"]);
    }
    client.post(&format!("/2fa/2/pin/{last}/resend"), json!({})).await.expect(200);
    ended(&client, &last, 2).await;
    assert_eq!(app.verify(&last, CODE).await["verified"], true);
    let sent = client.post("/2fa/2/pin", body(premium)).await.expect(200).json();
    assert_eq!(app.verify(&text(&sent["pinId"]), "4321").await["verified"], true);
    only_what_is_no_test_was_counted(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_still_costs_a_guess_and_locks_the_number() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({ "pinAttempts": 3, "lockAfterFailures": "4/1h" })).await;
    set(&app.bearer(), &application, &[(TO, CODE)]).await;
    let first = app.send(&application, &message, TO).await;
    for left in [2, 1, 0] {
        let judged = app.verify(&first, &App::wrong(CODE)).await;
        assert_eq!((&judged["verified"], &judged["attemptsRemaining"]), (&json!(false), &json!(left)));
    }
    assert_eq!(app.verify(&first, CODE).await["verified"], false, "no attempts are left");
    let second = app.send(&application, &message, TO).await;
    let path = format!("/2fa/2/pin/{second}/verify");
    assert_eq!(app.verify(&second, &App::wrong(CODE)).await["verified"], false);
    let locked = app.client.post(&path, json!({ "pin": CODE })).await.expect(429);
    assert!(locked.retry_after().is_some_and(|seconds| seconds > 60), "{}", locked.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_test_number_proves_is_marked_wherever_it_is_told() {
    let app = App::start().await;
    let client = app.bearer();
    let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["pin.sent", "pin.verified"] });
    client.post("/v1/webhook-endpoints", hook).await.expect(201);
    let (application, _) = app.new_application(json!({})).await;
    set(&client, &application, &[(TO, CODE)]).await;
    let sent = client.post("/v1/otp", json!({ "to": TO, "applicationId": application })).await.expect(200).json();
    let pin = text(&sent["requestId"]);
    ended(&client, &pin, 1).await;
    let guess = json!({ "to": TO, "code": CODE, "applicationId": application, "session": true });
    let judged = client.post("/v1/otp/verify", guess).await.expect(200).json();
    assert_eq!(claims(&judged["sessionToken"])["test"], true);
    let path = format!("/v1/verifications/{pin}/receipt");
    assert_eq!(claims(&client.post(&path, json!({})).await.expect(200).json()["receipt"])["test"], true);
    let list = client.get(&format!("/v1/verifications?recipient={TO}")).await.expect(200).json();
    assert_eq!((&list["verifications"][0]["pinId"], &list["verifications"][0]["test"]), (&json!(pin), &json!(true)));
    let marked = "SELECT string_agg(type || ' ' || (data ->> 'test'), ',' ORDER BY type) FROM webhook_messages \
        WHERE data ->> 'test' = 'true' AND pin_id::text = ";
    let marked = format!("{marked} '{}'", crate::doors::hyphenated(&pin).to_lowercase());
    let mut found = String::new();
    for _ in 0..100 {
        found = app.database.query(Role::Superuser, &marked).expect("the record answers");
        if found.contains("pin.verified") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(found, "pin.sent true,pin.verified true");
    // It outlives the PIN's record.
    crate::support::command(&app.redis.url(), &[b"FLUSHALL"]);
    assert_eq!(claims(&client.post(&path, json!({})).await.expect(200).json()["receipt"])["test"], true);
    assert_eq!(story(&client, &pin).await["test"], true);
    only_what_is_no_test_was_counted(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_and_the_steps_of_a_plan_stay_here_too() {
    let app = App::start().await;
    let provider = Provider::of(&app).await;
    let client = app.bearer();
    let (application, _) = app.new_application(json!({})).await;
    set(&client, &application, &[(TO, CODE)]).await;
    let plan = json!([{ "channel": "voice", "after": 5 }]);
    let asked = json!({ "to": TO, "applicationId": application, "fallback": plan });
    let sent = client.post("/v1/otp", asked).await.expect(200).json();
    let pin = text(&sent["requestId"]);
    client.post(&format!("/v1/otp/{pin}/resend"), json!({ "newCode": true })).await.expect(200);
    client.post(&format!("/v1/otp/{pin}/next"), json!({})).await.expect(200);
    let told = ended(&client, &pin, 3).await;
    assert_eq!(told["channels"], json!(["sms", "voice"]));
    assert_eq!(app.verify(&pin, CODE).await["verified"], true, "its code is the same");
    // Neither does a step of another PIN that leads to a test number.
    let plan = json!([{ "channel": "sms", "after": 5 }]);
    let asked = json!({ "to": "john@example.com", "phone": TO, "applicationId": application, "fallback": plan });
    let pin = text(&client.post("/v1/otp", asked).await.expect(200).json()["requestId"]);
    client.post(&format!("/v1/otp/{pin}/next"), json!({})).await.expect(200);
    let told = ended(&client, &pin, 2).await;
    assert_eq!(told["deliveries"][1]["attempts"][0]["reason"], "test_number");
    assert_eq!(told.get("test"), None, "its code is no fixed one");
    assert!(provider.given().iter().all(|given| given.to != TO), "{:?}", provider.given());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_code_is_read_nowhere_in_the_record() {
    let app = App::start().await;
    let (application, _) = app.new_application(json!({})).await;
    set(&app.bearer(), &application, &[(TO, CODE)]).await;
    let rows = "SELECT string_agg(t::text || encode(sealed, 'escape'), '') FROM test_numbers AS t";
    let rows = app.database.query(Role::Superuser, rows).expect("the record answers");
    assert!(rows.contains("…6727"), "{rows}");
    let log = "SELECT string_agg(payload, E'\\n') FROM audit_entries";
    let log = app.database.query(Role::Superuser, log).expect("the record answers");
    assert!(log.contains("test_number") && log.contains("…6727"), "{log}");
    for place in [&rows, &log] {
        assert!(!place.contains(TO) && !place.contains(CODE), "{place}");
    }
}
