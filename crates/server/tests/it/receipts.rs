//! What providers say of messages: taken at a connection's own address from whoever may say it, and from nobody else.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pinfold_testkit::{Answer as Reply, HttpPeer, Role, SmppPeer};
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, Options};

const TO: &str = "41793026727";

/// A connection of the demo tenant that its SMS take.
pub struct Vendor {
    pub peer: HttpPeer,
    id: String,
    /// The path of its address for receipts.
    pub path: String,
}

impl Vendor {
    /// Leads the demo tenant's SMS to an Infobip account.
    pub async fn of(app: &App) -> Self {
        let peer = HttpPeer::start();
        let answer = r#"{"messages":[{"messageId":"M-1","status":{"groupName":"PENDING","groupId":1,"id":26}}]}"#;
        peer.answer(Reply::ok().json(answer));
        let provider = json!({ "kind": "infobip", "base_url": peer.url(), "api_key": "k", "sender": "Test" });
        let (id, path) = connect(app, provider).await;
        app.client.put("/v1/routes/sms", json!({ "connectionId": id })).await.expect(200);
        Self { peer, id, path }
    }

    /// Sends until the message takes this way, and gives the PIN's id and the address that came with it.
    async fn send(&self, app: &App) -> (String, String) {
        for _ in 0..100 {
            let pin = app.send(app.application(), app.message(), TO).await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            if let Some(request) = self.peer.received().last() {
                let message = &request.json()["messages"][0];
                let url = message["webhooks"]["delivery"]["url"].as_str().expect("an address").to_owned();
                // What was sent before went another way, or is this one.
                return (pin, url);
            }
        }
        panic!("no message comes to the provider");
    }
}

/// Creates a connection; gives its id and the path of its address for receipts.
async fn connect(app: &App, provider: Value) -> (String, String) {
    let created = app.client.post("/v1/connections", json!({ "name": "Vendor", "provider": provider })).await.expect(201).json();
    let url = created["receiptUrl"].as_str().expect("an address for receipts");
    let path = url.strip_prefix(&app.client.base).expect("of the public address");
    (created["id"].as_str().expect("an id").to_owned(), path.to_owned())
}

pub fn report(id: &str, group: &str) -> Value {
    let (group_id, status_id) = match group {
        "PENDING" => (1, 7),
        "UNDELIVERABLE" => (2, 9),
        "DELIVERED" => (3, 5),
        _ => (4, 15),
    };
    json!({ "results": [{ "messageId": id, "to": TO, "doneAt": "2026-11-21T12:00:00.000+0000", "messageCount": 1,
        "status": { "groupId": group_id, "groupName": group, "id": status_id },
        "price": { "pricePerMessage": 0.0075, "currency": "EUR" } }] })
}

pub async fn push(client: &Client, path: &str, body: Value) -> Answer {
    client.anonymous().post(path, body).await
}

async fn story(app: &App, pin: &str) -> Value {
    app.client.get(&format!("/v1/verifications/{pin}")).await.expect(200).json()
}

/// Waits until the story of a PIN has this.
pub async fn until(app: &App, pin: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..300 {
        last = story(app, pin).await;
        if holds(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: {last}");
}

fn events(story: &Value) -> Vec<&str> {
    story["events"].as_array().expect("events").iter().filter_map(|event| event["event"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_changes_what_is_known_of_the_delivery_and_nothing_else() {
    let app = App::start().await;
    let vendor = Vendor::of(&app).await;
    let (pin, url) = vendor.send(&app).await;
    assert_eq!(url, format!("{}{}", app.client.base, vendor.path), "the message names the connection's address");
    let before = until(&app, &pin, "sent", |story| story["deliveries"][0]["status"] == "sent").await;
    assert_eq!((&before["status"], &before["recipient"]), (&json!("sent"), &json!("…6727")));
    assert_eq!(before["deliveries"][0]["attempts"][0]["connectionId"], json!(vendor.id));
    for group in ["PENDING", "DELIVERED", "UNDELIVERABLE", "PENDING", "DELIVERED"] {
        push(&app.client, &vendor.path, report("M-1", group)).await.expect(200);
    }
    let after = until(&app, &pin, "delivered", |story| events(story).contains(&"delivered")).await;
    let receipt = &after["deliveries"][0]["receipt"];
    assert_eq!((&receipt["state"], &receipt["price"]), (&json!("delivered"), &json!({ "micros": 7500, "currency": "EUR" })));
    assert_eq!(events(&after), ["sent", "delivered"], "one event for each end");
    for field in ["status", "verifiedAt", "wrongGuesses", "expiresAt"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    // The PIN is as good as it was.
    let given = vendor.peer.received();
    let text = given.last().expect("a message").json()["messages"][0]["content"]["text"].as_str().expect("a text").to_owned();
    assert_eq!(app.verify(&pin, &crate::support::pin_in(&text)).await["verified"], true);
    push(&app.client, &vendor.path, report("M-1", "EXPIRED")).await.expect(200);
    let last = story(&app, &pin).await;
    assert_eq!((&last["status"], &last["deliveries"][0]["receipt"]["state"]), (&json!("verified"), &json!("delivered")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_is_faster_than_the_record_is_not_lost() {
    let app = App::start().await;
    let vendor = Vendor::of(&app).await;
    push(&app.client, &vendor.path, report("M-1", "DELIVERED")).await.expect(200);
    let (pin, _) = vendor.send(&app).await;
    let known = until(&app, &pin, "joined", |story| story["deliveries"][0]["receipt"]["state"] == "delivered").await;
    assert_eq!(known["deliveries"][0]["status"], "sent");
    until(&app, &pin, "told", |story| events(story) == ["sent", "delivered"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_a_connections_own_is_nowhere() {
    let app = App::start().await;
    let vendor = Vendor::of(&app).await;
    let (stranger, ..) = app.stranger("stranger").await;
    let good = report("M-1", "DELIVERED");
    push(&app.client, &vendor.path, report("unknown", "DELIVERED")).await.expect(200);
    let mut nowhere = Vec::new();
    let segment = vendor.path.strip_prefix("/receipts/").expect("an address");
    // Every character matters, and none tells which.
    for place in [0, 20, 40, 44, 48, 60, 89] {
        let other = if &segment[place..=place] == "A" { "B" } else { "A" };
        nowhere.push(format!("/receipts/{}{other}{}", &segment[..place], &segment[place + 1..]));
    }
    nowhere.extend([format!("/receipts/{}", &segment[1..]), format!("{}A", vendor.path), "/receipts/x".to_owned()]);
    let expected = push(&app.client, "/receipts/x", good.clone()).await.expect(404).json()["detail"].clone();
    for path in &nowhere {
        let refused = push(&app.client, path, good.clone()).await.expect(404).json();
        assert_eq!((&refused["code"], &refused["detail"]), (&json!("not_found"), &expected), "{path}");
        app.client.anonymous().get(path).await.expect(404);
    }
    push(&app.client, &vendor.path, json!({ "hello": 1 })).await.expect(400);
    push(&app.client, &vendor.path, json!({ "results": "x".repeat(70_000) })).await.expect(413);
    assert_eq!(app.client.anonymous().request("PUT", &vendor.path).send().await.expect("an answer").status().as_u16(), 405);
    // A connection without receipts has no address, and one that is gone has none any more.
    let simulator = json!({ "name": "x", "provider": { "kind": "simulator" } });
    assert!(app.client.post("/v1/connections", simulator).await.expect(201).json().get("receiptUrl").is_none());
    let (id, path) = connect(&app, json!({ "kind": "infobip", "base_url": vendor.peer.url(), "api_key": "k" })).await;
    push(&app.client, &path, good.clone()).await.expect(200);
    app.client.delete(&format!("/v1/connections/{id}")).await.expect(204);
    until_status(&app, &path, 404).await;
    // Nobody else sees the address, and a new one ends the old one.
    stranger.post(&format!("/v1/connections/{}/receipt-url", vendor.id), json!({})).await.expect(404);
    stranger.get(&format!("/v1/connections/{}", vendor.id)).await.expect(404);
    let replaced = app.client.post(&format!("/v1/connections/{}/receipt-url", vendor.id), json!({})).await.expect(200).json();
    let shown = app.client.get(&format!("/v1/connections/{}", vendor.id)).await.expect(200).json();
    assert_eq!(shown["receiptUrl"], replaced["receiptUrl"]);
    let listed = app.client.get("/v1/connections").await.expect(200).json();
    assert!(listed.to_string().contains(replaced["receiptUrl"].as_str().expect("an address")), "{listed}");
    let path = replaced["receiptUrl"].as_str().expect("an address").strip_prefix(&app.client.base).expect("ours").to_owned();
    assert_ne!(path, vendor.path);
    push(&app.client, &path, good.clone()).await.expect(200);
    until_status(&app, &vendor.path, 404).await;
    let stored = "SELECT string_agg(DISTINCT provider_id, ',' ORDER BY provider_id) FROM receipts";
    assert_eq!(app.database.query(Role::Superuser, stored).as_deref(), Ok("M-1,unknown"));
    assert_eq!(
        app.database.query(Role::Superuser, "SELECT count(*) FROM events WHERE kind LIKE '%delivered'").as_deref(),
        Ok("0")
    );
}

async fn until_status(app: &App, path: &str, status: u16) {
    let mut last = 0;
    for _ in 0..60 {
        last = push(&app.client, path, report("M-1", "DELIVERED")).await.status;
        if last == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{last}, not {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_counts_for_the_address_that_was_given_out() {
    let app = App::start().await;
    let provider = json!({ "kind": "twilio", "account_sid": "AC1", "auth_token": "s3cret-token", "sender": "+16175550100" });
    let (_, path) = connect(&app, provider).await;
    let url = format!("{}{path}", app.client.base);
    let form = "MessageSid=SM1&MessageStatus=delivered";
    let signed = |text: &str, token: &str| {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
        STANDARD.encode(aws_lc_rs::hmac::sign(&key, text.as_bytes()))
    };
    let text = format!("{url}MessageSidSM1MessageStatusdelivered");
    let post = async |signature: Option<String>, path: &str, body: &'static str| {
        let request = app.client.anonymous().request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        let request = signature.into_iter().fold(request, |request, signature| request.header("x-twilio-signature", signature));
        app.client.send(request.header("host", "evil.example").body(body)).await
    };
    post(Some(signed(&text, "s3cret-token")), &path, form).await.expect(200);
    for signature in [
        None,
        Some(String::new()),
        Some(signed(&text, "another-token")),
        Some(signed("http://evil.example/MessageSidSM1MessageStatusdelivered", "s3cret-token")),
    ] {
        post(signature, &path, form).await.expect(401);
    }
    let signature = Some(signed(&text, "s3cret-token"));
    post(signature.clone(), &path, "MessageSid=SM2&MessageStatus=delivered").await.expect(401);
    post(signature, &format!("{path}?x=1"), form).await.expect(401);
    let stored = app.database.query(Role::Superuser, "SELECT string_agg(provider_id, ',') FROM receipts");
    assert_eq!(stored.as_deref(), Ok("SM1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_in_headers_of_vendors_reach_the_role_and_get_receipts_work() {
    let app = App::start().await;
    let provider = json!({ "kind": "smstools", "client_id": "C", "client_secret": "s", "webhook_secret": "s3cret-2" });
    let (_, path) = connect(&app, provider).await;
    let body = json!({ "webhook_type": "delivery_report", "message": { "messageid": "S-1", "delivery_code": "1" } }).to_string();
    let now_s = app.database.query(Role::Superuser, "SELECT extract(epoch FROM now())::bigint").expect("a time");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"s3cret-2");
    let sign = |time: &str| {
        let tag = aws_lc_rs::hmac::sign(&key, format!("{time}.{body}").as_bytes());
        let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("t={time},v1={tag}")
    };
    let post = async |signature: String| {
        let request = app.client.anonymous().request("POST", &path).header("content-type", "application/json");
        app.client.send(request.header("x-smstools-signature", signature).body(body.clone())).await
    };
    post(sign(&now_s)).await.expect(200);
    let old = (now_s.parse::<u64>().expect("a number") - 400).to_string();
    post(sign(&old)).await.expect(401);
    let (_, path) = connect(&app, json!({ "kind": "vonage", "api_key": "k", "api_secret": "s" })).await;
    app.client.anonymous().get(&format!("{path}?messageId=V-1&status=delivered&msisdn={TO}")).await.expect(200);
    let stored = app.database.query(Role::Superuser, "SELECT string_agg(provider_id, ',' ORDER BY provider_id) FROM receipts");
    assert_eq!(stored.as_deref(), Ok("S-1,V-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_does_not_tell_is_asked_for() {
    let app = App::start().await;
    let peer = HttpPeer::start();
    peer.answer(Reply::ok().json(r#"{"status":200,"message_id":"I-1","message_status":"delivered"}"#));
    let provider = json!({ "kind": "iprog", "base_url": peer.url(), "api_token": "t" });
    let created = app.client.post("/v1/connections", json!({ "name": "x", "provider": provider })).await.expect(201).json();
    app.client.put("/v1/routes/sms", json!({ "connectionId": created["id"] })).await.expect(200);
    let mut pin = String::new();
    for _ in 0..50 {
        pin = app.send(app.application(), app.message(), TO).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        if !peer.received().is_empty() {
            break;
        }
    }
    let told = until(&app, &pin, "delivered", |story| events(story).contains(&"delivered")).await;
    assert_eq!(events(&told), ["sent", "delivered"]);
    assert_eq!(told["deliveries"][0]["receipt"]["state"], "delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_cannot_be_stored_is_sent_again() {
    let app =
        App::start_with(Options { settings: vec![("PINFOLD__POSTGRES__POLL_INTERVAL_MS", "500".into())], ..Options::default() })
            .await;
    let vendor = Vendor::of(&app).await;
    push(&app.client, &vendor.path, report("M-1", "PENDING")).await.expect(200);
    app.database.refuse_connections();
    let refused = push(&app.client, &vendor.path, report("M-1", "DELIVERED")).await.expect(503);
    assert!(refused.retry_after().is_some());
    app.database.accept_connections();
    until_status(&app, &vendor.path, 200).await;
    let stored = app.database.query(Role::Superuser, "SELECT state FROM receipts WHERE provider_id = 'M-1'");
    assert_eq!(stored.as_deref(), Ok("delivered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_comes_over_a_link_to_an_smsc_is_kept_and_told() {
    let app = App::start().await;
    let mut smsc = SmppPeer::start();
    smsc.order(json!({ "receipts": "text", "state": "DELIVRD", "error": "000" })).await;
    let provider = json!({ "kind": "smpp", "host": "127.0.0.1", "port": smsc.port(), "security": "none", "system_id": "pinfold",
        "password": "secret08", "from": "Bank" });
    let created = app.client.post("/v1/connections", json!({ "name": "x", "provider": provider })).await.expect(201).json();
    app.client.put("/v1/routes/sms", json!({ "connectionId": created["id"] })).await.expect(200);
    let mut pin = String::new();
    for _ in 0..50 {
        pin = app.send(app.application(), app.message(), TO).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        if !smsc.submitted().is_empty() {
            break;
        }
    }
    let told = until(&app, &pin, "delivered", |story| events(story).contains(&"delivered")).await;
    assert_eq!(told["deliveries"][0]["receipt"]["state"], "delivered");
    assert_eq!(events(&told), ["sent", "delivered"]);
}
