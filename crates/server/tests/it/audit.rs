//! The audit log from outside: every operation that changes something is told, with who and where from; so is everybody
//! who was denied; and whoever changes the log is found out.

use std::collections::BTreeSet;
use std::time::Duration;

use pinfold_core::access::Scopes;
use pinfold_testkit::Role;
use serde_json::{Value, json};

use crate::matrix::{client_with, documented};
use crate::support::person::Person;
use crate::support::{Answer, App, Client, Options};

/// A key of 2048 bits whose other half nobody has.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtPSiyYYrBTX3Uq42jXYE\n\
2MpGGxAcQLYidx9AJ06e4lcGbDAu3/NB/1nG/gGbH/dkwTLrERwpPxjCdOO9K9t2\n\
E7mU6ODyGyWi7qcVoJMsOSrBsGfrcrONynVWIK2P9Yt0XPp/an96oyZAdjr4cF95\n\
bfs20DSji29mYTx7AjGE1y2zZZSFYic7zIYOuAg/QhB+8FprCr5F8fUaqNlvDKmn\n\
7nVZluEdHO/+w0e/6XhTQT55Tl+O4z7OWwR1oiX80FN/NEN4GkmdBxQ1orwc+Zj3\n\
tZEfFbWqeS3WmoJFD9/tGQyNcmievNTLDAv5qXIlwCj6qKeYLHX5stzuYiqTtaU8\n\
SQIDAQAB\n\
-----END PUBLIC KEY-----\n";

/// Somebody who configures everything there is to configure.
struct Walk {
    client: Client,
}

impl Walk {
    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self.client.request(method, path);
        let answer = self.client.send(if body.is_null() { request } else { request.json(&body) }).await;
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text);
        answer.json()
    }

    /// Asks, and gives the text of one field of the answer.
    async fn make(&self, method: &str, path: &str, body: Value, name: &str) -> String {
        let made = self.ask(method, path, body).await;
        made[name].as_str().unwrap_or_else(|| panic!("{method} {path} has no {name}: {made}")).to_owned()
    }

    async fn post(&self, path: &str, body: Value) {
        self.ask("POST", path, body).await;
    }

    async fn put(&self, path: &str, body: Value) {
        self.ask("PUT", path, body).await;
    }

    async fn delete(&self, path: &str) {
        self.ask("DELETE", path, Value::Null).await;
    }

    /// The same as a form, for Twilio's operations.
    async fn form(&self, path: &str, fields: Value, name: &str) -> String {
        let answer = self.client.send(crate::twilio::form(self.client.request("POST", path), &fields)).await;
        assert!(answer.status < 300, "{path}: {}", answer.text);
        answer.json()[name].as_str().unwrap_or_default().to_owned()
    }

    async fn everything(&self) {
        let app = self.make("POST", "/2fa/2/applications", json!({ "name": "x" }), "applicationId").await;
        let under = |rest: &str| format!("/2fa/2/applications/{app}{rest}");
        self.put(&under(""), json!({ "name": "y" })).await;
        let text = json!({ "messageText": "Code {{pin}}", "pinType": "NUMERIC" });
        let message = self.make("POST", &under("/messages"), text.clone(), "messageId").await;
        self.put(&under(&format!("/messages/{message}")), text).await;
        let email = self.make("POST", &under("/email/messages"), json!({ "emailTemplateId": 1 }), "messageId").await;
        self.put(&under(&format!("/email/messages/{email}")), json!({ "emailTemplateId": 2 })).await;
        let fallback = format!("/v1/messages/{message}/fallback");
        self.put(&fallback, json!({ "steps": [{ "channel": "voice", "after": 30 }] })).await;
        self.delete(&fallback).await;
        self.put("/v1/caps", json!({ "dailyMessages": 1_000_000 })).await;
        self.put(&format!("/v1/applications/{app}/caps"), json!({ "dailyMessages": 1_000_000 })).await;
        self.put(&format!("/v1/applications/{app}/durability"), json!({ "durability": "standard" })).await;
        let fixed = json!({ "testNumbers": [{ "phoneNumber": "41793026727", "code": "7319284" }] });
        self.put(&format!("/v1/applications/{app}/test-numbers"), fixed).await;
        self.put(&format!("/v1/origins/test:{app}"), json!({ "applicationId": app })).await;
        self.delete(&format!("/v1/origins/test:{app}")).await;

        let phone = json!({ "name": "x", "provider": { "kind": "simulator" } });
        let connection = self.make("POST", "/v1/connections", phone, "id").await;
        let one = format!("/v1/connections/{connection}");
        self.put(&one, json!({ "name": "y" })).await;
        self.post(&format!("{one}/test"), json!({ "to": "41793026727" })).await;
        self.post(&format!("{one}/receipt-url"), Value::Null).await;
        let leg = json!({ "connectionId": connection });
        self.put("/v1/routes/voice", leg.clone()).await;
        self.put("/v1/routes/sms/41", leg).await;
        self.delete("/v1/routes/sms/41").await;
        self.delete("/v1/routes/voice").await;
        self.delete(&one).await;
        let vendor =
            json!({ "name": "v", "provider": { "kind": "infobip", "base_url": "https://example.com", "api_key": "hunter2" } });
        let vendor = self.make("POST", "/v1/connections", vendor, "id").await;
        self.put("/v1/number-lookup", json!({ "connectionId": vendor })).await;
        self.delete("/v1/number-lookup").await;

        let hook = json!({ "url": "https://example.com/hook?token=hunter3", "eventTypes": ["pin.sent"] });
        let endpoint = self.make("POST", "/v1/webhook-endpoints", hook, "id").await;
        let one = format!("/v1/webhook-endpoints/{endpoint}");
        self.put(&one, json!({ "description": "y" })).await;
        self.post(&format!("{one}/secret"), json!({})).await;
        let webhook = self.make("POST", &format!("{one}/test"), Value::Null, "messageId").await;
        self.post(&format!("{one}/messages/{webhook}/replay"), Value::Null).await;
        self.post(&format!("{one}/replay"), json!({ "since": "2026-01-01T00:00:00Z" })).await;
        self.delete(&one).await;

        self.put("/v1/fraud/rules", json!({})).await;
        let entry = json!({ "list": "block", "kind": "prefix", "value": "41900" });
        let entry = self.make("POST", "/v1/fraud/lists", entry, "id").await;
        self.delete(&format!("/v1/fraud/lists/{entry}")).await;
        self.put("/v1/retention", json!({ "recipientDays": 7 })).await;
        let somebody = json!({ "recipient": "41793026727" });
        self.post("/v1/recipients/export", somebody.clone()).await;
        self.post("/v1/recipients/redaction", somebody).await;

        self.keys(&app).await;
        self.texts().await;
        self.services().await;
    }

    async fn keys(&self, app: &str) {
        let key = self.make("POST", "/settings/2/api-keys", json!({ "name": "x" }), "id").await;
        self.put(&format!("/settings/2/api-keys/{key}"), json!({ "name": "y" })).await;
        self.post("/settings/1/accounts/_/api-keys", json!({ "name": "x" })).await;
        let key = self.make("POST", "/v1/api-keys", json!({ "name": "x", "scopes": ["pin:send"] }), "id").await;
        self.put(&format!("/v1/api-keys/{key}"), json!({ "name": "y" })).await;
        self.post(&format!("/v1/api-keys/{key}/rotation"), json!({})).await;
        self.delete(&format!("/v1/api-keys/{key}")).await;
        let public = format!("/v1/applications/{app}/public-key");
        self.put(&public, json!({ "publicKey": PUBLIC_KEY })).await;
        self.delete(&public).await;
    }

    async fn texts(&self) {
        let set = self.make("POST", "/v2/verify/templates", json!({ "name": "x" }), "template_id").await;
        let one = format!("/v2/verify/templates/{set}");
        self.ask("PATCH", &one, json!({ "name": "y" })).await;
        let words = json!({ "channel": "sms", "locale": "en-us", "text": "${code}" });
        let fragment = self.make("POST", &format!("{one}/template_fragments"), words, "template_fragment_id").await;
        let fragment = format!("{one}/template_fragments/{fragment}");
        self.ask("PATCH", &fragment, json!({ "text": "It is ${code}" })).await;
        self.delete(&fragment).await;
        self.delete(&one).await;
    }

    async fn services(&self) {
        let service = self.form("/v2/Services", json!({ "FriendlyName": "x" }), "sid").await;
        let service = format!("/v2/Services/{service}");
        let one = |kind: &str, sid: &str| format!("{service}/{kind}/{sid}");
        self.form(&service, json!({ "FriendlyName": "y" }), "sid").await;
        let limit = self.form(&format!("{service}/RateLimits"), json!({ "UniqueName": "ip" }), "sid").await;
        let limit = one("RateLimits", &limit);
        self.form(&limit, json!({ "Description": "y" }), "sid").await;
        let bucket = self.form(&format!("{limit}/Buckets"), json!({ "Max": "4", "Interval": "60" }), "sid").await;
        let bucket = format!("{limit}/Buckets/{bucket}");
        self.form(&bucket, json!({ "Max": "5" }), "sid").await;
        self.delete(&bucket).await;
        self.delete(&limit).await;
        let country = json!({ "Country": "CA", "MessagingServiceSid": format!("MG{}", "0".repeat(32)) });
        self.form(&format!("{service}/MessagingConfigurations"), country, "country").await;
        let country = one("MessagingConfigurations", "CA");
        self.form(&country, json!({ "MessagingServiceSid": format!("MG{}", "1".repeat(32)) }), "country").await;
        self.delete(&country).await;
        let hook = json!({ "FriendlyName": "h", "EventTypes": "*", "WebhookUrl": "https://example.com/hook" });
        let webhook = self.form(&format!("{service}/Webhooks"), hook, "sid").await;
        let webhook = one("Webhooks", &webhook);
        self.form(&webhook, json!({ "FriendlyName": "i" }), "sid").await;
        self.delete(&webhook).await;
        self.form("/v2/SafeList/Numbers", json!({ "PhoneNumber": "+15017122661" }), "phone_number").await;
        self.delete("/v2/SafeList/Numbers/+15017122661").await;
        self.delete(&service).await;
    }
}

/// The whole log, newest first.
async fn log(client: &Client) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/audit?size=200{next}")).await.expect(200).json();
        all.extend(page["entries"].as_array().expect("entries").iter().cloned());
        match page["next"].as_u64() {
            Some(before) => next = format!("&before={before}"),
            None => return all,
        }
    }
}

/// What changes nothing, and what needs something that only an attack makes.
const NOT_WALKED: [&str; 2] = ["fraud.replay", "fraud.unblock"];

/// What programs change. People change the rest in the console, where other tests look for the entries.
const PROGRAMS: [&str; 3] = ["config:write", "keys:manage", "recipients:reveal"];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_that_changes_something_is_told() {
    let app = App::start().await;
    app.stranger("walker").await;
    let stranger = client_with(&app, "walker", Scopes::all());
    Walk { client: stranger.clone() }.everything().await;
    let log = log(&stranger).await;
    let told: BTreeSet<&str> = log.iter().filter_map(|entry| entry["operation"].as_str()).collect();
    let mut changing = BTreeSet::new();
    for one in documented(&app).await {
        let scope = one.scope.unwrap_or_default();
        let is_walked = one.method != "GET" && !NOT_WALKED.contains(&one.operation.as_str());
        if is_walked && (PROGRAMS.contains(&scope.as_str()) || one.operation == "retention.set") {
            changing.insert(one.operation);
        }
    }
    let silent: Vec<&String> = changing.iter().filter(|operation| !told.contains(operation.as_str())).collect();
    assert!(silent.is_empty(), "these leave no entry: {silent:?}");
    assert!(changing.len() > 50, "{changing:?}");
    // Each says who, when, where from and in which request, and nothing of the secrets that were given.
    for entry in log.iter().filter(|entry| entry["operation"].is_string()) {
        assert!(entry["actor"].as_str().is_some_and(|actor| actor.starts_with("key:")), "{entry}");
        assert_eq!(entry["address"], "127.0.0.1", "{entry}");
        assert!(entry["requestId"].as_str().is_some_and(|id| id.len() == 32), "{entry}");
        assert!(entry["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{entry}");
    }
    let text = serde_json::to_string(&log).expect("JSON");
    for secret in ["hunter2", "hunter3", "pf_live_", "whsec_", "7319284", "41793026727"] {
        // The beginning of a key is how people recognise it.
        let is_there = text.match_indices(secret).any(|(at, _)| secret != "pf_live_" || !text[at + 12..].starts_with('"'));
        assert!(!is_there, "{secret}");
    }
    // The tenant's own creation is an operator's doing.
    assert_eq!(log.last().map(|first| (&first["actor"], &first["object"])), Some((&json!("operator"), &json!("tenant"))));
    // Neither another tenant nor a key without the scope sees any of it.
    let own = app.client.get("/v1/audit?size=1000").await.expect(200);
    assert!(!own.text.contains(log[0]["requestId"].as_str().expect("an id")));
    let numbers: Vec<u64> = log.iter().filter_map(|entry| entry["sequence"].as_u64()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1] + 1) && numbers.last() == Some(&1), "{numbers:?}");
}

/// Waits for an entry of a kind; it is to be there within a second.
async fn denied(client: &Client, cookie: Option<&str>, reason: &str) -> Value {
    for _ in 0..30 {
        let request = client.request("GET", "/v1/audit?action=denied");
        let page = client.send(cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie))).await;
        let page = page.expect(200).json();
        let entries = page["entries"].as_array().cloned().unwrap_or_default();
        if let Some(found) = entries.into_iter().find(|entry| entry["detail"]["reason"] == reason) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody was told of {reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_denied_is_told_within_a_second_and_an_attack_fills_nothing() {
    let app = App::start().await;
    let keys = || async |body: Value| app.client.post("/v1/api-keys", body).await.expect(201).json();
    let sender = keys()(json!({ "name": "sender", "scopes": ["pin:send"] })).await;
    let elsewhere = json!({ "name": "elsewhere", "scopes": ["config:read"], "networks": ["192.0.2.0/24"] });
    let elsewhere = keys()(elsewhere).await;
    let with = |key: &Value| app.client.with(&format!("Bearer {}", key["secret"].as_str().expect("a secret")));
    with(&sender).get("/v1/connections").await.expect(403);
    let entry = denied(&app.client, None, "not_permitted").await;
    assert_eq!(entry["actor"], format!("key:{}", sender["id"].as_str().expect("an id")));
    assert_eq!((&entry["objectId"], &entry["address"]), (&json!("GET /v1/connections"), &json!("127.0.0.1")));
    with(&elsewhere).get("/v1/connections").await.expect(403);
    let entry = denied(&app.client, None, "address_not_allowed").await;
    assert_eq!(entry["actor"], format!("key:{}", elsewhere["id"].as_str().expect("an id")));
    // What a proxy would say changes nothing where none is trusted.
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip"] {
        let client = with(&elsewhere);
        let value = if header == "forwarded" { "for=192.0.2.7" } else { "192.0.2.7" };
        client.send(client.request("GET", "/v1/connections").header(header, value)).await.expect(403);
    }
    // Strangers are nobody's: the platform is told, once for many.
    let nobody = app.client.with("Bearer pf_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for _ in 0..300 {
        nobody.get("/v1/connections").await.expect(401);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (done, text) = app.command(&["audit", "export", "--tenant", "_platform"]);
    assert!(done, "{text}");
    let told: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let strangers: Vec<&Value> = told.iter().filter(|entry| entry["actor"] == "anonymous").collect();
    let count: u64 = strangers.iter().filter_map(|entry| entry["detail"]["count"].as_u64()).sum();
    assert!(count == 300 && strangers.len() < 100, "{count} in {}", strangers.len());
    let metrics = app.client.get("/metrics").await.expect(200).text;
    assert!(metrics.contains("pinfold_denied_requests_total{reason=\"address_not_allowed\"} 6"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_another_page_makes_is_told_as_its_persons() {
    let app = App::start().await;
    let ann = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let forged = Person { csrf: String::new(), ..ann.clone() };
    forged.clone().post("/v1/api-keys", json!({ "name": "x" })).await.expect(403);
    let cookie = format!("__Host-pinfold-session={}", ann.cookie);
    let entry = denied(&app.client.anonymous(), Some(&cookie), "foreign_page").await;
    assert!(entry["actor"].as_str().is_some_and(|actor| actor.starts_with("person:")), "{entry}");
    assert_eq!(entry["objectId"], "POST /v1/api-keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_write_so_many_entries_in_a_minute_and_one_for_the_rest() {
    let settings = vec![("PINFOLD__HTTP__TRUSTED_PROXIES", "127.0.0.1/32".to_owned())];
    let mut app = App::start_with(Options { settings, ..Options::default() }).await;
    let nobody = app.client.with("Bearer pf_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for round in 0..4 {
        for address in 0..60 {
            let request = nobody.request("GET", "/v1/connections");
            nobody.send(request.header("x-forwarded-for", format!("198.51.{round}.{address}"))).await.expect(401);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    // What is not told yet is told at the end.
    let gateway = app.role("gateway");
    gateway.signal("TERM");
    gateway.ended().await;
    let (done, text) = app.command(&["audit", "export", "--tenant", "_platform"]);
    assert!(done, "{text}");
    let told = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told: Vec<Value> = told.filter(|entry| entry["action"] == "denied").collect();
    let count: u64 = told.iter().filter_map(|entry| entry["detail"]["count"].as_u64()).sum();
    assert_eq!((count, told.len()), (240, 61), "{text}");
    assert_eq!(told.iter().filter(|entry| entry["detail"]["reason"] == "more_than_told").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_verifies_and_whoever_writes_it_anew_is_found_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let kept = directory.path().join("checkpoints");
    let kept = kept.to_str().expect("a path is text");
    let settings =
        vec![("PINFOLD__AUDIT__CHECKPOINT", format!("file:{kept}")), ("PINFOLD__AUDIT__CHECKPOINT_SECONDS", "1".to_owned())];
    let app = App::start_with(Options { settings, ..Options::default() }).await;
    for name in ["a", "b", "c"] {
        app.client.post("/2fa/2/applications", json!({ "name": name })).await.expect(200);
    }
    // The schedule has taken one since.
    let whole = app.client.get("/v1/audit?size=1").await.expect(200).json()["entries"][0]["sequence"].as_u64();
    let whole = format!("sequence\\\":{},", whole.expect("a number"));
    for _ in 0..50 {
        if std::fs::read_to_string(kept).is_ok_and(|text| text.contains(&whole)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let verify = || app.command(&["audit", "verify", "--checkpoint", kept]);
    let (is_fine, text) = verify();
    assert!(is_fine && text.contains("demo: ") && text.contains("all as they were written"), "{text}");
    let anew = "DO $$ DECLARE e record; h bytea := decode(repeat('00', 32), 'hex'); t uuid := (SELECT id FROM tenants WHERE slug = 'demo'); \
        BEGIN UPDATE audit_entries SET payload = replace(payload, 'created', 'updated') WHERE tenant_id = t AND sequence = 2; \
        FOR e IN SELECT * FROM audit_entries WHERE tenant_id = t ORDER BY sequence LOOP h := sha256(h || convert_to(e.payload, 'UTF8')); \
        UPDATE audit_entries SET hash = h WHERE tenant_id = t AND sequence = e.sequence; END LOOP; \
        UPDATE audit_heads SET hash = h WHERE tenant_id = t; END $$";
    app.database.query(Role::Superuser, anew).expect("a superuser may");
    let (is_fine, text) = app.command(&["audit", "verify"]);
    assert!(is_fine, "in itself it is right: {text}");
    let (is_fine, text) = verify();
    assert!(!is_fine && text.contains("is not the one of the checkpoint"), "{text}");
    app.database.query(Role::Superuser, "DELETE FROM audit_entries WHERE sequence = 3").expect("a superuser may");
    let (is_fine, text) = app.command(&["audit", "verify", "--tenant", "demo"]);
    assert!(!is_fine && text.contains("demo: entry 3 is missing"), "{text}");
    // Who cannot sign cannot make a checkpoint of his own.
    let forged = std::fs::read_to_string(kept).expect("kept").replacen("sequence\\\":2", "sequence\\\":9", 1);
    let forged = forged.replacen("\"mac\":\"", "\"mac\":\"00", 1);
    let other = directory.path().join("forged");
    std::fs::write(&other, forged).expect("written");
    let (is_fine, text) = app.command(&["audit", "verify", "--checkpoint", other.to_str().expect("a path is text")]);
    assert!(!is_fine && text.contains("signature is not this platform's"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_filtered_paged_and_exported_without_formulas() {
    let app = App::start().await;
    let made = app.client.post("/2fa/2/applications", json!({ "name": "=cmd|' /C calc'!A0" })).await.expect(200).json();
    let id = made["applicationId"].as_str().expect("an id");
    let get = async |query: &str| -> Answer { app.client.get(&format!("/v1/audit?{query}")).await };
    let of_it = get(&format!("object=application&objectId={id}")).await.expect(200).json();
    assert_eq!(of_it["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!(of_it["entries"][0]["after"]["name"], "=cmd|' /C calc'!A0");
    assert_eq!(get("to=2020-01-01T00:00:00Z").await.expect(200).json()["entries"], json!([]));
    let csv = get(&format!("format=csv&objectId={id}")).await.expect(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(csv.header("cache-control").is_some_and(|control| control.contains("no-store")));
    let records = pinfold_core::csv::read(&csv.text).expect("it is read again");
    assert_eq!((records.len(), records[1][8].as_str()), (2, id));
    for wrong in ["size=0", "size=1001", "from=x", "before=x", "format=xml"] {
        get(wrong).await.expect(400);
    }
}
