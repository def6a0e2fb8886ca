//! Vonage Verify v2: workflows, checks, templates, tokens that applications sign. Shapes are the recorded ones.

use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, pin_in};

const UNKNOWN: &str = "c11236f4-00bf-4b89-84ba-88b25df97315";
const PAGES: &str = "https://developer.vonage.com/api-errors";

fn basic(app: &App) -> Client {
    app.client
        .with(&format!("Basic {}", STANDARD.encode(format!("{}:{}", app.demo["VONAGE_API_KEY"], app.demo["VONAGE_API_SECRET"]))))
}

fn sms(to: &str) -> Value {
    json!({ "brand": "ACME", "workflow": [{ "channel": "sms", "to": to }] })
}

async fn start(client: &Client, body: Value) -> String {
    let started = client.post("/v2/verify", body).await.expect(202).json();
    assert_eq!(started.as_object().map(serde_json::Map::len), Some(1), "{started}");
    started["request_id"].as_str().filter(|id| id.len() == 36).expect("an id").to_owned()
}

async fn check(client: &Client, request: &str, code: &str) -> Answer {
    client.post(&format!("/v2/verify/{request}"), json!({ "code": code })).await
}

/// The body of a refusal without its instance, which is the request's id.
#[track_caller]
fn refusal(answer: Answer, status: u16) -> Value {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let mut body = answer.json();
    let instance = body.as_object_mut().and_then(|body| body.remove("instance"));
    assert_eq!(instance.as_ref().and_then(Value::as_str), answer.header("x-request-id"), "{}", answer.text);
    body
}

fn gone(request: &str) -> Value {
    json!({ "type": format!("{PAGES}/verify-v2#not-found"), "title": "Not Found",
        "detail": format!("Request {request} was not found or it has been verified already.") })
}

/// An application of its own, whose checks are not throttled, and a client for it.
async fn fresh(app: &App, limits: Value) -> (String, Client) {
    let mut configuration = json!({ "verifyPinLimit": "1000/1s", "sendPinPerPhoneNumberLimit": "100/1h" });
    configuration.as_object_mut().expect("an object").extend(limits.as_object().cloned().unwrap_or_default());
    let (application, _) = app.new_application(configuration).await;
    let key = json!({ "name": "vonage", "defaultApplicationId": application });
    let key = app.client.post("/settings/2/api-keys", key).await.expect(200).json();
    let client = app.client.with(&format!("Bearer {}", key["apiKeySecret"].as_str().expect("a key")));
    (application, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_requests_work_and_a_code_is_good_once() {
    let app = App::start().await;
    let client = basic(&app);
    let recorded = json!({"brand": "ACME", "workflow": [{"to": "447700900000", "from": "Acme", "channel": "sms"},
        {"to": "a@b.com", "channel": "email"}, {"to": "447700900000", "channel": "voice"}], "locale": "en-us",
        "channel_timeout": 120, "client_ref": "ref1", "code_length": 6});
    let request = start(&client, recorded).await;
    let text = app.wait_for_messages("447700900000", 1).await.remove(0);
    let code = pin_in(text["text"].as_str().unwrap_or_default());
    assert_eq!(text["text"], format!("Your ACME code is: {code}"));
    assert_eq!(text["from"], "Acme");
    let wrong = refusal(check(&client, &request, &App::wrong(&code)).await, 400);
    let words = json!({"type": format!("{PAGES}/verify-v2#invalid-code"), "title": "Invalid Code",
        "detail": "The code you provided does not match the expected value."});
    assert_eq!(wrong, words);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let right = check(&client, &request, &code).await.expect(200);
    assert_eq!(right.json(), json!({ "request_id": request, "status": "completed" }));
    assert!(!right.text.contains(&code));
    assert_eq!(refusal(check(&client, &request, &code).await, 404), gone(&request));
    let (_, client) = fresh(&app, json!({ "allowMultiplePinVerifications": true })).await;
    let again = start(&client, sms("447700900001")).await;
    let code = app.pin_of("447700900001").await;
    check(&client, &again, &code).await.expect(200);
    refusal(check(&client, &again, &code).await, 404);
    // The code of another dialect's request has the same life.
    let pin = request.replace('-', "").to_uppercase();
    assert_eq!(app.client.get(&format!("/v1/otp/{pin}")).await.expect(200).json()["status"], "verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_wrong_codes_end_it_and_a_canceled_one_is_gone() {
    let app = App::start().await;
    let (_, client) = fresh(&app, json!({})).await;
    let request = start(&client, sms("41793026701")).await;
    let code = app.pin_of("41793026701").await;
    let too_many = json!({"type": format!("{PAGES}/verify-v2#expired"), "title": "Invalid Code",
        "detail": "An incorrect code has been provided too many times. Workflow terminated."});
    for status in [400, 400, 410, 410] {
        let body = refusal(check(&client, &request, &App::wrong(&code)).await, status);
        assert!(status == 400 || body == too_many, "{body}");
    }
    assert_eq!(refusal(check(&client, &request, &code).await, 410), too_many, "also with the right one");

    let request = start(&client, sms("41793026702")).await;
    let code = app.pin_of("41793026702").await;
    client.delete(&format!("/v2/verify/{request}")).await.expect(204);
    assert_eq!(refusal(client.delete(&format!("/v2/verify/{request}")).await, 404), gone(&request));
    assert_eq!(refusal(check(&client, &request, &code).await, 404), gone(&request));
    assert_eq!(refusal(client.post(&format!("/v2/verify/{request}/next_workflow"), json!({})).await, 404), gone(&request));
    assert_ne!(start(&client, sms("41793026702")).await, request, "and the number is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_verification_of_a_number_runs_at_a_time() {
    let app = App::start().await;
    let (_, client) = fresh(&app, json!({})).await;
    let starts = (0..10).map(|_| client.post("/v2/verify", sms("41793026703")));
    let answers = join_all(starts).await;
    let started: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 202).collect();
    assert_eq!(started.len(), 1, "{answers:?}");
    let request = started[0].json()["request_id"].clone();
    for answer in answers.into_iter().filter(|answer| answer.status != 202) {
        let expected = json!({"type": format!("{PAGES}/verify-v2#concurrent"), "title": "Conflict",
            "detail": "Concurrent verifications to the same number are not allowed", "request_id": request});
        assert_eq!(refusal(answer, 409), expected);
    }
    app.wait_for_messages("41793026703", 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.messages("41793026703").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_channels_follow_each_other_with_one_code_until_none_is_left() {
    let app = App::start().await;
    let (_, client) = fresh(&app, json!({})).await;
    let to = "41793026704";
    let body = json!({ "brand": "ACME", "channel_timeout": 60, "workflow": [{ "channel": "sms", "to": to },
        { "channel": "voice", "to": to }, { "channel": "email", "to": "anna@example.com" }] });
    let request = start(&client, body).await;
    let code = app.pin_of(to).await;
    let next = format!("/v2/verify/{request}/next_workflow");
    let empty = || client.request("POST", &next).header("content-length", "0");
    client.send(empty()).await.expect(200);
    assert_eq!(app.wait_for_messages(to, 2).await[0]["channel"], "voice");
    client.send(empty()).await.expect(200);
    assert_eq!(app.pin_of("anna@example.com").await, code);
    let expected = json!({"type": format!("{PAGES}/verify-v2#no-events"), "title": "Conflict",
        "detail": "There are no more events left to trigger."});
    assert_eq!(refusal(client.send(empty()).await, 409), expected);
    check(&client, &request, &code).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_bound_is_named_and_nothing_is_sent() {
    let app = App::start().await;
    let (_, client) = fresh(&app, json!({})).await;
    let to = "41793026705";
    let with = |change: Value| {
        let mut body = sms(to);
        body.as_object_mut().expect("an object").extend(change.as_object().cloned().expect("an object"));
        body
    };
    let body = refusal(client.post("/v2/verify", with(json!({ "brand": "x".repeat(17), "locale": "xx" }))).await, 422);
    assert_eq!((&body["type"], &body["title"]), (&json!(format!("{PAGES}#invalid-params")), &json!("Invalid params")));
    let names = |body: &Value| -> Vec<String> {
        let all = body["invalid_parameters"].as_array().cloned().unwrap_or_default();
        all.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&body), ["brand", "locale"]);
    for (change, name) in [
        (json!({ "brand": "" }), "brand"),
        (json!({ "channel_timeout": 14 }), "channel_timeout"),
        (json!({ "channel_timeout": 901 }), "channel_timeout"),
        (json!({ "client_ref": "x".repeat(17) }), "client_ref"),
        (json!({ "code_length": 3 }), "code_length"),
        (json!({ "code_length": 11 }), "code_length"),
        (json!({ "code": "12 4" }), "code"),
        (json!({ "template_id": "x" }), "template_id"),
        (json!({ "workflow": [] }), "workflow"),
        (json!({ "workflow": [{ "channel": "silent_auth", "to": to }] }), "workflow[0].channel"),
        (json!({ "workflow": [{ "channel": "whatsapp", "to": to, "from": to }] }), "workflow[0].channel"),
        (json!({ "workflow": [{ "channel": "sms", "to": "99900000000" }] }), "workflow[0].to"),
        (json!({ "workflow": [{ "channel": "sms", "to": to, "from": "\n" }] }), "workflow[0].from"),
        (
            json!({ "channel_timeout": 900, "workflow": [{ "channel": "sms", "to": to }, { "channel": "voice", "to": to }] }),
            "channel_timeout",
        ),
        (json!({ "brand": "a\n@evil.example #1" }), "brand"),
    ] {
        let body = refusal(client.post("/v2/verify", with(change.clone())).await, 422);
        assert_eq!(names(&body), [name], "{change}");
    }
    let missing = refusal(client.post("/v2/verify", json!({ "workflow": [] })).await, 422);
    assert_eq!(names(&missing), ["brand"]);
    assert!(app.messages(to).await.is_empty());
    for path in [UNKNOWN, "x", "%2e%2e%2fx"] {
        refusal(check(&client, path, "123456").await, 404);
    }
    let request = start(&client, sms(to)).await;
    // Three wrong ones would end it.
    for foreign in ["12 34", "12a4", "１２３４", "12a4"] {
        assert_eq!(refusal(check(&client, &request, foreign).await, 400)["title"], "Invalid Code", "{foreign}");
    }
    refusal(check(&client, &request, "").await, 422);
    // A code of the caller's own has its own length.
    let chosen = "41793026716";
    let body = json!({ "code": "e4dR1Qz", "code_length": 4, "workflow": [{ "channel": "sms", "to": chosen }] });
    let request = start(&client, with(body)).await;
    check(&client, &request, "e4dR1Qz").await.expect(200);
    // What a request leaves out fits whatever the workflow is.
    let many = json!([{ "channel": "sms", "to": "41793026706" }, { "channel": "voice", "to": "41793026706" },
        { "channel": "sms", "to": "41793026706" }, { "channel": "voice", "to": "41793026706" }]);
    start(&client, with(json!({ "workflow": many }))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_bad_credentials_are_the_vendors_words() {
    let app = App::start().await;
    let (_, client) = fresh(&app, json!({ "sendPinPerPhoneNumberLimit": "1/1h", "verifyPinLimit": "1/3s" })).await;
    let request = start(&client, sms("41793026707")).await;
    let code = app.pin_of("41793026707").await;
    refusal(check(&client, &request, &App::wrong(&code)).await, 400);
    let throttled = check(&client, &request, &code).await;
    assert!(throttled.retry_after().is_some());
    assert_eq!(refusal(throttled, 429)["title"], "Rate Limit Hit");
    client.delete(&format!("/v2/verify/{request}")).await.expect(204);
    let limited = client.post("/v2/verify", sms("41793026707")).await;
    assert!(limited.retry_after().is_some());
    assert_eq!(refusal(limited, 429)["title"], "Rate Limit Hit");
    for client in [app.client.anonymous(), app.client.with("Basic bm9ib2R5Om5vYm9keQ=="), app.client.with("Bearer a.b.c")] {
        assert_eq!(refusal(client.post("/v2/verify", sms("41793026708")).await, 401)["title"], "Unauthorized");
    }
    assert!(app.messages("41793026708").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_dies_with_its_workflow_and_the_text_says_when() {
    let app = App::start().await;
    let (_, client) = fresh(&app, json!({})).await;
    let made = client.post("/v2/verify/templates", json!({ "name": "my-template" })).await.expect(201).json();
    let id = made["template_id"].as_str().expect("an id").to_owned();
    let href = |path: &str| json!({ "href": format!("{}/v2/verify/templates/{id}{path}", app.client.base) });
    let expected = json!({ "template_id": id, "name": "my-template", "is_default": false,
        "_links": { "self": href(""), "fragments": href("/template_fragments") } });
    assert_eq!(made, expected);
    let fragments = format!("/v2/verify/templates/{id}/template_fragments");
    let fragment = |channel: &str, text: &str| json!({ "channel": channel, "locale": "de-de", "text": text });
    let text = "${code} für ${brand}, ${time-limit} ${time-limit-unit} lang";
    let made = client.post(&fragments, fragment("sms", text)).await.expect(201).json();
    assert!(["template_fragment_id", "date_created", "date_updated"].iter().all(|name| made[*name].is_string()), "{made}");
    client.post(&fragments, fragment("voice", "Ihr Code: ${code}")).await.expect(201);
    let again = refusal(client.post(&fragments, fragment("sms", text)).await, 409);
    assert_eq!(again["type"], format!("{PAGES}/verify-v2#fragment-exists"));
    let again = refusal(client.post("/v2/verify/templates", json!({ "name": "my-template" })).await, 409);
    assert_eq!(again["type"], format!("{PAGES}/verify-v2#template-exists"));
    let full = refusal(client.delete(&format!("/v2/verify/templates/{id}")).await, 409);
    assert_eq!(full["type"], format!("{PAGES}/verify-v2#not-empty-template"));
    let page = client.get("/v2/verify/templates?page=1").await.expect(200).json();
    assert_eq!((&page["total_items"], &page["_embedded"]["templates"]), (&json!(1), &json!([expected])));
    refusal(client.post(&fragments, fragment("sms", "${pin}")).await, 422);

    // A change is known everywhere within five seconds.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let to = "41793026709";
    let body = json!({ "brand": "ACME", "template_id": id, "locale": "de-de", "channel_timeout": 15,
        "workflow": [{ "channel": "sms", "to": to, "app_hash": "ABC123def45" }] });
    let request = start(&client, body).await;
    let shown = app.wait_for_messages(to, 1).await.remove(0);
    let shown = shown["text"].as_str().unwrap_or_default();
    let code = shown.split(' ').next().unwrap_or_default();
    assert_eq!(shown, format!("{code} für ACME, 15 Sekunden lang\nABC123def45"));
    tokio::time::sleep(Duration::from_secs(16)).await;
    assert_eq!(refusal(check(&client, &request, code).await, 404), gone(&request));
    // A default template is taken where a request names none; one that is gone is not.
    client
        .send(client.request("PATCH", &format!("/v2/verify/templates/{id}")).json(&json!({ "is_default": true })))
        .await
        .expect(200);
    let unknown = json!({ "brand": "A", "template_id": UNKNOWN, "workflow": [{ "channel": "sms", "to": to }] });
    assert_eq!(refusal(client.post("/v2/verify", unknown).await, 404)["type"], format!("{PAGES}/verify-v2#template-not-found"));
    for _ in 0..50 {
        let to = "41793026710";
        let request =
            start(&client, json!({ "brand": "A", "locale": "de-de", "workflow": [{ "channel": "voice", "to": to }] })).await;
        let call = app.wait_for_messages(to, 1).await.remove(0);
        if call["text"].as_str().is_some_and(|text| text.starts_with("Ihr Code: ")) {
            return;
        }
        client.delete(&format!("/v2/verify/{request}")).await.expect(204);
        app.client.anonymous().delete(&format!("/simulator/api/messages?to={to}")).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the default template is not taken");
}

/// An application that signs its own tokens.
struct Signer {
    pair: KeyPair,
    application: String,
}

impl Signer {
    async fn of(app: &App, application: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der = pair.public_key().as_der().expect("DER");
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der.as_ref()));
        let path = format!("/v1/applications/{application}/public-key");
        let stored = app.client.put(&path, json!({ "publicKey": pem })).await.expect(200).json();
        Self { pair, application: stored["tokenApplicationId"].as_str().expect("an id").to_owned() }
    }

    fn claims(&self) -> Value {
        let now = pinfold_http::clock::now_ms() / 1_000;
        let jti: String = std::iter::repeat_with(|| format!("{:x}", rand_bits())).take(2).collect();
        json!({ "application_id": self.application, "iat": now, "exp": now + 900, "jti": jti })
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("signs");
        format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn good(&self) -> String {
        self.token(&json!({ "alg": "RS256", "typ": "JWT" }), &self.claims())
    }
}

fn rand_bits() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_signs_its_own_tokens_for_itself_alone() {
    let app = App::start().await;
    let (application, _) = fresh(&app, json!({})).await;
    let (other, others) = fresh(&app, json!({})).await;
    let (signer, rival) = (Signer::of(&app, &application).await, Signer::of(&app, &other).await);
    let as_signer = || app.client.with(&signer.good());
    let request = start(&as_signer(), sms("41793026711")).await;
    let code = app.pin_of("41793026711").await;
    // Another application's credentials, and another tenant's, find nothing, and spend nothing.
    let (stranger, ..) = app.stranger("stranger").await;
    let stranger = stranger.with(&stranger.authorization.clone().expect("a key").replace("App", "Bearer"));
    // A token is good once.
    let rivals = || app.client.with(&rival.good());
    for clients in
        [[rivals(), rivals(), rivals()], [others.clone(), others.clone(), others], [stranger.clone(), stranger.clone(), stranger]]
    {
        assert_eq!(refusal(check(&clients[0], &request, &code).await, 404), gone(&request));
        refusal(clients[1].delete(&format!("/v2/verify/{request}")).await, 404);
        refusal(clients[2].post(&format!("/v2/verify/{request}/next_workflow"), json!({})).await, 404);
    }
    check(&as_signer(), &request, &code).await.expect(200);

    // A token is good once, for this dialect, for sending and verifying.
    let token = app.client.with(&signer.good());
    start(&token, sms("41793026712")).await;
    refusal(token.post("/v2/verify", sms("41793026713")).await, 401);
    refusal(as_signer().post("/v2/verify/templates", json!({ "name": "x" })).await, 403);
    for path in ["/v1/otp", "/2fa/2/applications", "/v1/origins", "/settings/2/api-keys"] {
        as_signer().get(path).await.expect(401);
    }
    let at = |seconds: i64| signer.claims()["iat"].as_i64().expect("a number") + seconds;
    let with = |change: Value| {
        let mut claims = signer.claims();
        claims.as_object_mut().expect("an object").extend(change.as_object().cloned().expect("an object"));
        claims
    };
    let good = json!({ "alg": "RS256", "typ": "JWT" });
    let mut bad = vec![
        signer.token(&json!({ "alg": "none" }), &signer.claims()),
        signer.token(&json!({ "alg": "HS256" }), &signer.claims()),
        signer.token(&json!({ "alg": "RS256", "kid": "x", "jku": "https://evil.example/keys" }), &signer.claims()),
        signer.token(&good, &with(json!({ "exp": at(-60), "iat": at(-900) }))),
        signer.token(&good, &with(json!({ "iat": at(300) }))),
        signer.token(&good, &with(json!({ "exp": at(86_500) }))),
        signer.token(&good, &with(json!({ "exp": "9999999999" }))),
        signer.token(&good, &with(json!({ "jti": null }))),
        signer.token(&good, &with(json!({ "application_id": rival.application }))),
        signer.token(&good, &with(json!({ "application_id": UNKNOWN }))),
    ];
    bad.push(signer.good().trim_end_matches(|c| c != '.').to_owned());
    bad.push(format!("{}AAAA", signer.good()));
    for token in bad {
        refusal(app.client.with(&token).post("/v2/verify", sms("41793026714")).await, 401);
    }
    assert!(app.messages("41793026714").await.is_empty());

    // What is taken away is refused within seconds, everywhere.
    app.client.delete(&format!("/v1/applications/{application}/public-key")).await.expect(204);
    tokio::time::sleep(Duration::from_secs(5)).await;
    refusal(as_signer().post("/v2/verify", sms("41793026714")).await, 401);
    start(&app.client.with(&rival.good()), sms("41793026714")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_are_signed_and_shaped_as_the_vendors_are() {
    use std::io::{Read, Write};
    let settings = vec![("PINFOLD__DELIVERY__ALLOW_LOOPBACK", "true".to_owned())];
    let app = App::start_with(crate::support::Options { settings, ..Default::default() }).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/status", listener.local_addr().expect("an address"));
    let (told, heard) = std::sync::mpsc::channel::<(String, Vec<u8>)>();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut bytes = Vec::new();
            let mut buffer = [0; 4_096];
            while let Ok(count) = stream.read(&mut buffer) {
                bytes.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let length = text
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.split("\r\n").next()?.parse::<usize>().ok());
                if let (Some((head, body)), Some(length)) = (text.split_once("\r\n\r\n"), length)
                    && body.len() >= length
                {
                    let token = head
                        .lines()
                        .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("authorization")));
                    let token = token.map(|(_, value)| value.trim_start_matches("Bearer ").to_owned()).unwrap_or_default();
                    let _ = told.send((token, body.as_bytes().to_vec()));
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    break;
                }
                if count == 0 {
                    break;
                }
            }
        }
    });
    let endpoint =
        json!({ "url": url, "format": "vonage", "eventTypes": ["pin.verified", "pin.exhausted", "pin.canceled", "pin.sent"] });
    let endpoint = app.client.post("/v1/webhook-endpoints", endpoint).await.expect(201).json();
    assert_eq!(endpoint["format"], "vonage");
    let secret = endpoint["secret"].as_str().expect("the secret").to_owned();
    let (application, client) = fresh(&app, json!({})).await;
    // What was not started as a verification of this dialect is told nobody here.
    app.client.post("/v1/otp", json!({ "to": "41793026720", "applicationId": application })).await.expect(200);
    let to = "41793026721";
    let body = json!({ "brand": "ACME", "channel_timeout": 60, "client_ref": "my-ref",
        "workflow": [{ "channel": "sms", "to": to }, { "channel": "voice", "to": to }] });
    let request = start(&client, body).await;
    let code = app.pin_of(to).await;
    check(&client, &request, &code).await.expect(200);
    let next = || heard.recv_timeout(Duration::from_secs(20)).expect("a callback");
    let (event, summary) = tokio::task::block_in_place(|| (next(), next()));
    for (token, bytes) in [&event, &summary] {
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
        validation.set_required_spec_claims(&["exp"]);
        let key = jsonwebtoken::DecodingKey::from_secret(secret.as_bytes());
        let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).expect("signed with the endpoint's secret").claims;
        let hash: String = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!((&claims["iss"], &claims["payload_hash"]), (&json!("Vonage"), &json!(hash)));
        assert_eq!(claims["application_id"].as_str().map(|id| id.replace('-', "").to_uppercase()), Some(application.clone()));
        assert!(!String::from_utf8_lossy(bytes).contains(&code));
    }
    let shape = |bytes: &[u8]| {
        let mut body: Value = serde_json::from_slice(bytes).expect("JSON");
        for name in ["triggered_at", "finalized_at", "submitted_at"] {
            body.as_object_mut()
                .expect("an object")
                .entry(name)
                .and_modify(|time| assert!(time.is_string()))
                .or_insert(Value::Null);
            body.as_object_mut().expect("an object").remove(name);
        }
        if let Some(first) = body.pointer_mut("/workflow/0").and_then(Value::as_object_mut) {
            assert!(first.remove("initiated_at").is_some_and(|time| time.is_string()));
        }
        body
    };
    let expected =
        json!({ "request_id": request, "type": "event", "channel": "sms", "status": "completed", "client_ref": "my-ref" });
    assert_eq!(shape(&event.1), expected);
    let expected = json!({ "request_id": request, "type": "summary", "status": "completed", "channel_timeout": 60, "client_ref": "my-ref",
        "workflow": [{ "channel": "sms", "status": "completed" }, { "channel": "voice", "status": "unused" }] });
    assert_eq!(shape(&summary.1), expected);
}
