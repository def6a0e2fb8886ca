//! The Infobip dialect: every operation, every habit of the vendor's clients, and what a guess is worth.

use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};

use crate::support::{App, Client, pin_in};

/// The digits of a spoken PIN.
fn spoken(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// What the platform says of a PIN, whichever dialect sent it.
async fn standing(app: &App, pin_id: &str) -> Value {
    app.client.get(&format!("/v1/otp/{pin_id}")).await.expect(200).json()
}

async fn email_template(app: &App, application: &str, template: Value) -> String {
    let path = format!("/2fa/2/applications/{application}/email/messages");
    let created = app.client.post(&path, template).await.expect(200).json();
    created["messageId"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_and_templates_are_kept_as_they_were_written() {
    let app = App::start().await;
    let configuration = json!({
        "pinAttempts": 10, "allowMultiplePinVerifications": true, "pinTimeToLive": "15m", "verifyPinLimit": "1/3s",
        "sendPinPerApplicationLimit": "10000/1d", "sendPinPerPhoneNumberLimit": "3/1d",
    });
    let tutorial = json!({ "name": "Test application BASIC", "configuration": configuration, "enabled": true });
    let created = app.client.post("/2fa/2/applications", tutorial).await.expect(200).json();
    let application = created["applicationId"].as_str().expect("an id").to_owned();
    assert!(application.len() == 32 && application.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));
    assert_eq!(created["name"], "Test application BASIC");
    assert_eq!(created["enabled"], true);
    for (name, value) in configuration.as_object().expect("an object") {
        assert_eq!(&created["configuration"][name], value, "{name}");
    }
    let path = format!("/2fa/2/applications/{application}");
    assert_eq!(app.client.get(&path).await.expect(200).json(), created);
    let renamed = app.client.put(&path, json!({ "name": "Renamed" })).await.expect(200).json();
    assert_eq!(renamed["name"], "Renamed");
    assert_eq!(renamed["configuration"], created["configuration"], "what is left out stays");
    let all = app.client.get("/2fa/2/applications").await.expect(200).json();
    assert!(all.as_array().is_some_and(|all| all.contains(&renamed)), "{all}");

    let tutorial = json!({
        "pinType": "NUMERIC", "pinPlaceholder": "<pin>", "messageText": "Your pin is <pin>", "pinLength": 4,
        "senderId": "Infobip 2FA", "language": "en", "repeatDTMF": "1#", "speechRate": 1,
    });
    let created = app.client.post(&format!("{path}/messages"), tutorial.clone()).await.expect(200).json();
    let message = created["messageId"].as_str().expect("an id").to_owned();
    for (name, value) in tutorial.as_object().expect("an object") {
        let is_same = if name == "speechRate" { created[name].as_f64() == Some(1.0) } else { created[name] == *value };
        assert!(is_same, "{name}: {}", created[name]);
    }
    assert_eq!(created["applicationId"], application);
    let one = format!("{path}/messages/{message}");
    assert_eq!(app.client.get(&one).await.expect(200).json(), created);
    let india =
        json!({ "indiaDlt": { "principalEntityId": "1201159", "contentTemplateId": "1107", "teleMarketerId": "1402,1302" } });
    let changed = json!({ "messageText": "Pin: {{pin}}", "pinPlaceholder": "{{pin}}", "regional": india, "language": "pt_br" });
    let changed = app.client.put(&one, changed).await.expect(200).json();
    assert_eq!(changed["messageText"], "Pin: {{pin}}");
    assert_eq!(changed["senderId"], "Infobip 2FA", "what is left out stays");
    assert_eq!(changed["language"], "pt_br");
    assert_eq!(changed["regional"], india);

    let email = json!({ "emailTemplateId": 1234, "from": "company@example.com", "landingPageId": "1_23456", "pinLength": 4, "pinType": "ALPHANUMERIC" });
    let created = app.client.post(&format!("{path}/email/messages"), email.clone()).await.expect(200).json();
    for (name, value) in email.as_object().expect("an object") {
        assert_eq!(&created[name], value, "{name}");
    }
    let email = created["messageId"].as_str().expect("an id").to_owned();
    let changed = app.client.put(&format!("{path}/email/messages/{email}"), json!({ "pinLength": 6 })).await.expect(200).json();
    assert_eq!((&changed["pinLength"], &changed["landingPageId"]), (&json!(6), &json!("1_23456")));
    let listed = app.client.get(&format!("{path}/messages")).await.expect(200).json();
    let ids: Vec<&str> = listed.as_array().expect("a bare array").iter().filter_map(|one| one["messageId"].as_str()).collect();
    assert!(ids.contains(&message.as_str()) && ids.contains(&email.as_str()) && ids.len() == 2, "{ids:?}");

    // A change is everywhere within five seconds.
    for number in 0.. {
        let to = format!("41793{number:06}");
        app.client.post("/2fa/2/pin", json!({ "applicationId": application, "messageId": message, "to": to })).await.expect(200);
        if app.wait_for_messages(&to, 1).await[0]["text"].as_str().is_some_and(|text| text.starts_with("Pin: ")) {
            break;
        }
        assert!(number < 100, "the changed text is never used");
    }

    // The tutorial's send, to the letter, with that application and template.
    let send = json!({ "applicationId": application, "messageId": message, "from": "InfoSMS", "to": "41793026727" });
    let sent = app.client.post("/2fa/2/pin", send).await.expect(200).json();
    assert_eq!((&sent["to"], &sent["smsStatus"]), (&json!("41793026727"), &json!("MESSAGE_SENT")));
    assert_eq!(sent["ncStatus"], "NC_NOT_CONFIGURED");
    assert!(sent.get("externalMessageId").is_none(), "{sent}");
    let arrived = app.wait_for_messages("41793026727", 1).await.remove(0);
    assert_eq!((&arrived["from"], &arrived["channel"]), (&json!("InfoSMS"), &json!("sms")));
    let pin = pin_in(arrived["text"].as_str().expect("a text"));
    assert_eq!((pin.len(), arrived["text"].as_str()), (4, Some(format!("Pin: {pin}").as_str())));
    let pin_id = sent["pinId"].as_str().expect("an id");
    let judged = app.verify(pin_id, &pin).await;
    assert_eq!((&judged["verified"], &judged["msisdn"]), (&json!(true), &json!("41793026727")), "{judged}");
    assert!(judged["attemptsRemaining"].is_u64() && judged.get("pinError").is_none(), "{judged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_habits_of_the_vendors_clients_are_understood() {
    let app = App::start().await;
    let (application, message) = (app.application(), app.message());
    let body = |to: &str| json!({ "applicationId": application, "messageId": message, "to": to, "trackDelivery": true });
    for (path, to) in [
        ("/2fa/2/pin/?ncNeeded=undefined", "41793026701"),
        ("/2fa/2/pin?ncNeeded=true", "41793026702"),
        ("/2fa/2/pin?ncNeeded=false", "41793026703"),
        ("/2fa/1/pin", "41793026704"),
        ("/2fa/1/pin/?ncNeeded=", "41793026705"),
        // A base address that ends with a slash.
        ("//2fa/2/pin", "41793026707"),
        ("//2fa/1/pin/", "41793026708"),
    ] {
        let sent = app.client.post(path, body(to)).await.expect(200).json();
        assert_eq!(sent["smsStatus"], "MESSAGE_SENT", "{path}");
        assert!(sent["externalMessageId"].as_str().is_some_and(|id| !id.is_empty()), "{sent}");
        let pin = app.pin_of(to).await;
        let version = if path.contains("/1/") { 1 } else { 2 };
        let verify = format!("/2fa/{version}/pin/{}/verify/", sent["pinId"].as_str().expect("an id"));
        assert_eq!(app.client.post(&verify, json!({ "pin": pin })).await.expect(200).json()["verified"], true, "{verify}");
    }
    for path in [
        "/2fa/1/applications".to_owned(),
        "/2fa/2/applications/".to_owned(),
        format!("/2fa/1/applications/{application}"),
        format!("/2fa/1/applications/{application}/messages"),
        format!("/2fa/1/applications/{application}/messages/{message}/"),
        format!("/2fa/2/applications/{application}/verifications/?msisdn=41793026701"),
        format!("/2fa/1/applications/{application}/verifications?msisdn=41793026701"),
        format!("/2fa/2/applications/{application}/verifications?msisdn=41793026701&verified=undefined&sent="),
        format!("/2fa/2/applications/{application}/verifications?msisdn=nobody%40example.com"),
    ] {
        app.client.get(&path).await.expect(200);
    }
    // Unknown fields and nulls are not errors.
    let loose = json!({ "applicationId": application, "messageId": message, "to": "41793026706", "from": null, "placeholders": null, "processId": "x" });
    app.client.post("/2fa/2/pin", loose).await.expect(200);
    // An unknown id has the vendor's envelope.
    let unknown = app.client.post(&format!("/2fa/2/pin/{}/verify", "0".repeat(32)), json!({ "pin": "1234" })).await.expect(404);
    let expected = json!({ "requestError": { "serviceException": { "messageId": "NOT_FOUND", "text": "Not found" } } });
    assert_eq!(unknown.json(), expected);
    let bad = app.client.post("/2fa/2/applications", json!({ "name": "" })).await.expect(400).json();
    let exception = &bad["requestError"]["serviceException"];
    assert_eq!((&exception["messageId"], &exception["text"]), (&json!("BAD_REQUEST"), &json!("Bad request")));
    assert!(exception["validationErrors"]["name"][0].is_string(), "{bad}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scheme_of_credentials_opens_the_same_door() {
    let app = App::start().await;
    let key = app.demo["API_KEY"].clone();
    let basic = |user: &str, password: &str| {
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
    };
    let is_open = async |authorization: &str| app.client.with(authorization).get("/2fa/2/applications").await.status;

    // What the Node client sends: a literal `undefined`, which the calls under /auth/1 do not look at.
    let undefined = app.client.with("undefined");
    let login = json!({ "username": "somebody", "password": key });
    let session = undefined.post("/auth/1/session", login).await.expect(200).json();
    let session = session["token"].as_str().expect("a token").to_owned();
    let query = format!("/auth/1/oauth2/token?client_id=me&client_secret={key}&grant_type=client_credentials");
    let form = undefined.request("POST", &query).header("content-type", "application/x-www-form-urlencoded").body("");
    let in_query = undefined.send(form).await.expect(200).json();
    let form = format!("client_id=me&client_secret={key}&grant_type=client_credentials");
    let in_body = app.client.anonymous().request("POST", "/auth/1/oauth2/token");
    let in_body = in_body.header("content-type", "application/x-www-form-urlencoded").body(form);
    let in_body = app.client.send(in_body).await.expect(200).json();
    let with_header = app.client.with(&basic("me", &key));
    let in_header = with_header.request("POST", "/auth/1/oauth2/token").form(&[("grant_type", "client_credentials")]);
    let in_header = with_header.send(in_header).await.expect(200).json();
    for answer in [&in_query, &in_body, &in_header] {
        assert_eq!(answer["token_type"].as_str().map(str::to_lowercase).as_deref(), Some("bearer"));
        assert!(answer["expires_in"].as_u64().is_some_and(|seconds| seconds > 0 && seconds <= 3_600), "{answer}");
    }
    let token = in_query["access_token"].as_str().expect("a token").to_owned();
    for authorization in [
        format!("App {key}"),
        format!("app {key}"),
        basic("somebody", &key),
        basic(&key, ""),
        format!("IBSSO {session}"),
        format!("Bearer {token}"),
        format!("Bearer {}", in_body["access_token"].as_str().expect("a token")),
        format!("Bearer {key}"),
    ] {
        assert_eq!(is_open(&authorization).await, 200, "{}", authorization.split(' ').next().unwrap_or_default());
    }
    let other = format!("{}x", &key[..key.len() - 1]);
    for wrong in [
        "undefined".to_owned(),
        "App".to_owned(),
        "App x".to_owned(),
        format!("App {other}"),
        format!("Basic {key}"),
        basic("somebody", "wrong"),
        format!("IBSSO {key}"),
        format!("App {token}"),
        key.clone(),
    ] {
        assert_eq!(is_open(&wrong).await, 401);
    }
    let in_address = format!("/2fa/2/applications?apiKey={key}&Authorization=App%20{key}");
    app.client.anonymous().get(&in_address).await.expect(401);

    for (path, body) in [
        ("/auth/1/session", json!({ "username": "somebody", "password": other })),
        ("/auth/1/session", json!({ "username": "a", "password": "b" })),
    ] {
        undefined.post(path, body).await.expect(401);
    }
    for query in ["", "grant_type=client_credentials", "client_id=a&client_secret=b&grant_type=authorization_code&code=1"] {
        let asked = undefined.request("POST", &format!("/auth/1/oauth2/token?{query}"));
        undefined.send(asked.header("content-type", "application/x-www-form-urlencoded").body("")).await.expect(400);
    }
    let closed = app.client.with(&format!("IBSSO {session}")).delete("/auth/1/session").await.expect(200);
    assert!(closed.text.is_empty() || closed.json().is_object(), "{}", closed.text);
    assert_eq!(is_open(&format!("IBSSO {session}")).await, 401, "a closed session opens nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn api_keys_are_made_shown_once_and_switched_off() {
    let app = App::start().await;
    let wanted = json!({ "name": "Checkout", "permissions": ["PUBLIC_API"], "allowedIPs": ["127.0.0.1"] });
    let created = app.client.post("/settings/2/api-keys", wanted).await.expect(200).json();
    let (id, secret) = (created["id"].as_str().expect("an id"), created["apiKeySecret"].as_str().expect("the secret"));
    assert!(secret.starts_with("pf_live_") && secret.len() >= 8 + 43, "256 bits and a prefix");
    let theirs = app.client.with(&format!("App {secret}"));
    theirs.get("/2fa/2/applications").await.expect(200);
    let one = format!("/settings/2/api-keys/{id}");
    let shown = app.client.get(&one).await.expect(200);
    assert!(!shown.text.contains(secret) && shown.json()["name"] == "Checkout", "{}", shown.text);
    let list = app.client.get("/settings/2/api-keys?name=Checkout&page=0&size=10").await.expect(200);
    assert!(!list.text.contains(secret));
    assert_eq!(list.json()["apiKeys"][0]["id"], id, "{}", list.text);
    assert_eq!(list.json()["paging"]["totalCount"], 1, "{}", list.text);
    let disabled = json!({ "name": "Checkout", "enabled": false });
    assert_eq!(app.client.put(&one, disabled).await.expect(200).json()["enabled"], false);
    let mut refused = theirs.get("/2fa/2/applications").await;
    for _ in 0..100 {
        if refused.status == 401 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        refused = theirs.get("/2fa/2/applications").await;
    }
    let unknown = app.client.with("App nothing").get("/2fa/2/applications").await.expect(401);
    assert_eq!(refused.expect(401).text, unknown.text, "disabled and unknown look alike");
    let foreign =
        app.client.post("/settings/2/api-keys", json!({ "name": "x", "allowedIPs": ["192.0.2.7"] })).await.expect(200).json();
    let foreign = app.client.with(&format!("App {}", foreign["apiKeySecret"].as_str().expect("the secret")));
    foreign.get("/2fa/2/applications").await.expect(403);
    foreign.send(foreign.request("GET", "/2fa/2/applications").header("x-forwarded-for", "192.0.2.7")).await.expect(403);
    let older = app
        .client
        .post("/settings/1/accounts/_/api-keys", json!({ "name": "Old", "permissions": ["TFA"] }))
        .await
        .expect(201)
        .json();
    let older = app.client.with(&format!("App {}", older["publicApiKey"].as_str().expect("the secret")));
    older.get("/2fa/2/applications").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_costs_one_try_and_the_last_one_ends_the_pin() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({ "pinAttempts": 3 })).await;
    let pin_id = app.send(&application, &message, "41793026727").await;
    let pin = app.pin_of("41793026727").await;
    let wrong = App::wrong(&pin);
    // What a PIN of digits cannot be is as wrong to the vendor's clients, and costs no try.
    for foreign in ["12a4", "12 34", "１２３４"] {
        let judged = app.verify(&pin_id, foreign).await;
        assert_eq!(
            (&judged["verified"], &judged["pinError"], &judged["attemptsRemaining"]),
            (&json!(false), &json!("WRONG_PIN"), &json!(3)),
            "{foreign}"
        );
    }
    for left in [2, 1] {
        let judged = app.verify(&pin_id, &wrong).await;
        let expected = json!({ "pinId": pin_id, "msisdn": "41793026727", "verified": false, "attemptsRemaining": left, "pinError": "WRONG_PIN" });
        assert_eq!(judged, expected);
    }
    let last = app.verify(&pin_id, &wrong).await;
    assert_eq!((&last["verified"], &last["attemptsRemaining"]), (&json!(false), &json!(0)), "{last}");
    let right = app.verify(&pin_id, &pin).await;
    assert_eq!((&right["verified"], &right["pinError"]), (&json!(false), &json!("NO_MORE_PIN_ATTEMPTS")), "{right}");

    // One use, unless the application allows more.
    let pin_id = app.send(&application, &message, "41793026728").await;
    let pin = app.pin_of("41793026728").await;
    assert_eq!(app.verify(&pin_id, &pin).await["verified"], true);
    assert_eq!(app.verify(&pin_id, &pin).await["verified"], false);
    let (many, message) = app.new_application(json!({ "allowMultiplePinVerifications": true })).await;
    let pin_id = app.send(&many, &message, "41793026728").await;
    let pin = pin_in(app.wait_for_messages("41793026728", 2).await[0]["text"].as_str().unwrap_or_default());
    assert_eq!(app.verify(&pin_id, &pin).await["verified"], true);
    assert_eq!(app.verify(&pin_id, &pin).await["verified"], true);
    // An application that is switched off sends and verifies nothing.
    app.client.put(&format!("/2fa/2/applications/{many}"), json!({ "name": "Off", "enabled": false })).await.expect(200);
    let mut status = 200;
    for _ in 0..100 {
        let body = json!({ "applicationId": many, "messageId": message, "to": "41793026728" });
        status = app.client.post("/2fa/2/pin", body).await.status;
        if status == 403 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status, 403);
    app.client.post(&format!("/2fa/2/pin/{pin_id}/verify"), json!({ "pin": pin })).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_repeats_the_pin_and_adds_neither_time_nor_tries() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({ "pinAttempts": 3 })).await;
    let to = "41793026727";
    let pin_id = app.send(&application, &message, to).await;
    let pin = app.pin_of(to).await;
    let expires = standing(&app, &pin_id).await["expiresAt"].clone();
    assert_eq!(app.verify(&pin_id, &App::wrong(&pin)).await["attemptsRemaining"], 2);

    let sms = app.client.post(&format!("/2fa/2/pin/{pin_id}/resend"), json!({})).await.expect(200).json();
    assert_eq!((&sms["pinId"], &sms["to"], &sms["smsStatus"]), (&json!(pin_id), &json!(to), &json!("MESSAGE_SENT")));
    let messages = app.wait_for_messages(to, 2).await;
    assert_eq!(pin_in(messages[0]["text"].as_str().unwrap_or_default()), pin);
    // The body of a resend may be missing altogether.
    let voice =
        app.client.send(app.client.request("POST", &format!("/2fa/2/pin/{pin_id}/resend/voice/"))).await.expect(200).json();
    assert_eq!((&voice["pinId"], &voice["callStatus"]), (&json!(pin_id), &json!("PENDING_ACCEPTED")));
    let call = app.wait_for_messages(to, 3).await.remove(0);
    assert_eq!(call["channel"], "voice");
    assert_eq!(spoken(call["text"].as_str().unwrap_or_default()), pin, "the call speaks the same PIN");
    let text = call["text"].as_str().unwrap_or_default();
    assert!(!text.contains(&pin) && text.contains(&format!("{}, {}", &pin[..1], &pin[1..2])), "digit by digit");

    let now = standing(&app, &pin_id).await;
    assert_eq!((&now["expiresAt"], &now["attemptsRemaining"], &now["deliveries"]), (&expires, &json!(2), &json!(3)), "{now}");
    assert_eq!(app.verify(&pin_id, &App::wrong(&pin)).await["attemptsRemaining"], 1);
    app.client.post(&format!("/2fa/2/pin/{pin_id}/resend/email"), json!({})).await.expect(400);
    assert_eq!(standing(&app, &pin_id).await["attemptsRemaining"], 1);
    assert_eq!(app.verify(&pin_id, &App::wrong(&pin)).await["attemptsRemaining"], 0);
    assert_eq!(app.verify(&pin_id, &pin).await["verified"], false);
    // Nothing leaves for a PIN that is over.
    for path in ["resend", "resend/voice"] {
        let over = app.client.post(&format!("/2fa/2/pin/{pin_id}/{path}"), json!({})).await;
        assert!((400..500).contains(&over.status), "{}", over.status);
        assert!(over.json()["requestError"]["serviceException"]["messageId"].is_string(), "{}", over.text);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.messages(to).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_may_begin_as_a_call_or_a_mail() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({})).await;
    let to = "41793026727";
    let body = json!({ "applicationId": application, "messageId": message, "to": to });
    let called = app.client.post("/2fa/2/pin/voice", body.clone()).await.expect(200).json();
    assert_eq!((&called["to"], &called["callStatus"]), (&json!(to), &json!("PENDING_ACCEPTED")));
    let call = app.wait_for_messages(to, 1).await.remove(0);
    let pin = spoken(call["text"].as_str().unwrap_or_default());
    assert_eq!(pin.len(), 6);
    assert_eq!(app.verify(called["pinId"].as_str().expect("an id"), &pin).await["verified"], true);

    let template =
        json!({ "emailTemplateId": 1, "from": "company@example.com", "subject": "For {{name}}", "text": "{{name}}: {{pin}}" });
    let template = email_template(&app, &application, template).await;
    let address = "john.smith@example.com";
    let mut body =
        json!({ "applicationId": application, "messageId": template, "to": address, "placeholders": { "name": "John" } });
    let sent = app.client.post("/2fa/2/pin/email", body.clone()).await.expect(200).json();
    assert_eq!(sent["to"], address);
    let status = json!({ "name": "PENDING_ACCEPTED", "description": "Message accepted, pending for delivery." });
    assert_eq!(sent["emailStatus"], status);
    let pin_id = sent["pinId"].as_str().expect("an id");
    let mail = app.wait_for_messages(address, 1).await.remove(0);
    assert_eq!((&mail["channel"], &mail["subject"]), (&json!("email"), &json!("For John")));
    let pin = pin_in(mail["text"].as_str().unwrap_or_default());
    let expires = standing(&app, pin_id).await["expiresAt"].clone();
    app.client
        .post(&format!("/2fa/2/pin/{pin_id}/resend/email"), json!({ "placeholders": { "name": "Jane" } }))
        .await
        .expect(200);
    let again = app.wait_for_messages(address, 2).await.remove(0);
    assert_eq!((&again["subject"], pin_in(again["text"].as_str().unwrap_or_default())), (&json!("For Jane"), pin.clone()));
    assert_eq!(standing(&app, pin_id).await["expiresAt"], expires);
    app.client.post(&format!("/2fa/2/pin/{pin_id}/resend"), json!({})).await.expect(400);
    let judged = app.verify(pin_id, &pin).await;
    assert_eq!((&judged["verified"], &judged["msisdn"]), (&json!(true), &json!(address)), "{judged}");

    // A sender may have a name, as a template's may.
    let from = "Dr. J. Smith <jane.smith@example.com>";
    let named = json!({ "applicationId": application, "messageId": template, "to": "named@example.com", "from": from,
        "placeholders": { "name": "John" } });
    app.client.post("/2fa/2/pin/email", named).await.expect(200);
    assert_eq!(app.wait_for_messages("named@example.com", 1).await[0]["from"], from);

    // A text may repeat its PIN, as a line for autofill does.
    let twice = json!({ "messageText": "{{pin}} is your code\r\n@site.com #{{pin}}", "pinType": "NUMERIC", "pinLength": 6 });
    let twice = app.client.post(&format!("/2fa/2/applications/{application}/messages"), twice).await.expect(200).json();
    app.send(&application, twice["messageId"].as_str().expect("an id"), "41793026728").await;
    let text = app.wait_for_messages("41793026728", 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
    assert_eq!(text, format!("{0} is your code\n@site.com #{0}", &text[..6]));

    // A template of the other kind, or a missing placeholder, is refused before anything leaves.
    body["messageId"] = json!(message);
    app.client.post("/2fa/2/pin/email", body.clone()).await.expect(400);
    app.client.post("/2fa/2/pin", json!({ "applicationId": application, "messageId": template, "to": to })).await.expect(400);
    let missing = json!({ "applicationId": application, "messageId": template, "to": address });
    app.client.post("/2fa/2/pin/email", missing).await.expect(400);
    // Placeholders of the landing page count too, and a value is rendered once, also in the subject.
    let template = json!({ "emailTemplateId": 2, "subject": "{{a}}/{{b}}", "text": "{{a}} {{b}} {{pin}}" });
    let template = email_template(&app, &application, template).await;
    let body = json!({
        "applicationId": application, "messageId": template, "to": "once@example.com",
        "placeholders": { "a": "{{b}}" }, "landingPagePlaceholders": { "b": "{{pin}}" },
    });
    app.client.post("/2fa/2/pin/email", body).await.expect(200);
    let mail = app.wait_for_messages("once@example.com", 1).await.remove(0);
    assert_eq!(mail["subject"], "{{b}}/{{pin}}");
    assert!(mail["text"].as_str().is_some_and(|text| text.starts_with("{{b}} {{pin}} ")), "{mail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_line_gets_no_sms_but_a_call() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({})).await;
    let to = "41446681800";
    let body = json!({ "applicationId": application, "messageId": message, "to": to });
    let sent = app.client.post("/2fa/2/pin", body.clone()).await.expect(200).json();
    assert_eq!(sent["ncStatus"], "NC_DESTINATION_NOT_REACHABLE");
    assert_eq!(sent["smsStatus"], "MESSAGE_NOT_SENT");
    let pin_id = sent["pinId"].as_str().expect("an id").to_owned();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(app.messages(to).await.len(), 0, "nothing arrives");
    let report = format!("/2fa/2/applications/{application}/verifications?msisdn={to}");
    let listed = app.client.get(&report).await.expect(200).json();
    assert_eq!(listed["verifications"].as_array().map(Vec::len), Some(1), "what was kept back is reported: {listed}");
    app.client.post(&format!("/2fa/2/pin/{pin_id}/resend/voice"), json!({})).await.expect(200);
    let call = app.wait_for_messages(to, 1).await.remove(0);
    assert_eq!(call["channel"], "voice");
    let pin = spoken(call["text"].as_str().unwrap_or_default());
    assert_eq!(app.verify(&pin_id, &pin).await["verified"], true);
    // Who does not want the number looked at gets the message sent.
    let sent = app.client.post("/2fa/2/pin?ncNeeded=False", body).await.expect(200).json();
    assert_eq!(sent["smsStatus"], "MESSAGE_SENT");
    app.wait_for_messages(to, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_tells_what_became_of_a_number() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({})).await;
    let to = "41793026727";
    let list = async |client: &Client, query: &str| {
        let path = format!("/2fa/2/applications/{application}/verifications?msisdn={query}");
        client.get(&path).await.expect(200).json()["verifications"].as_array().cloned().expect("a list")
    };
    assert!(list(&app.client, to).await.is_empty());
    let first = app.send(&application, &message, to).await;
    let pin = app.pin_of(to).await;
    app.send(&application, &message, to).await;
    app.wait_for_messages(to, 2).await;
    assert_eq!(app.verify(&first, &pin).await["verified"], true);
    // What a provider refuses for good was not sent.
    let refused = "41793029001";
    app.send(&application, &message, refused).await;

    for spelling in [to, "%2B41793026727", "0041%2079%20302%2067%2027"] {
        let all = list(&app.client, spelling).await;
        assert_eq!(all.len(), 2, "{spelling}: {all:?}");
        assert!(
            all.iter().all(|one| one["msisdn"] == to && one["sentAt"].as_u64().is_some_and(|at| at > 1_600_000_000_000)),
            "{all:?}"
        );
    }
    let verified = list(&app.client, &format!("{to}&verified=True")).await;
    assert_eq!(verified.len(), 1);
    assert!(verified[0]["verifiedAt"].as_u64() >= verified[0]["sentAt"].as_u64(), "{verified:?}");
    let open = list(&app.client, &format!("{to}&verified=false&sent=true")).await;
    assert_eq!(open.len(), 1);
    assert!(open[0]["verified"] == false && open[0].get("verifiedAt").is_none(), "{open:?}");
    assert!(list(&app.client, &format!("{to}&sent=false")).await.is_empty());
    let mut unsent = Vec::new();
    for _ in 0..100 {
        unsent = list(&app.client, &format!("{refused}&sent=false")).await;
        if !unsent.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(unsent.len() == 1 && unsent[0].get("sentAt").is_none(), "{unsent:?}");
    let path = format!("/2fa/2/applications/{}/verifications?msisdn={to}", "0".repeat(32));
    app.client.get(&path).await.expect(404);
    for bad in ["", "?msisdn=", "?msisdn=abc", "?msisdn=41793026727&msisdn=41793026728"] {
        app.client.get(&format!("/2fa/2/applications/{application}/verifications{bad}")).await.expect(400);
    }
}
