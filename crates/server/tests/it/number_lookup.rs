//! Numbers are looked up before a message that asks for it: at once where something is known, and never in the way.

use std::time::Duration;

use pinfold_http::clock::stopwatch;
use pinfold_testkit::{Answer as Reply, HttpPeer, Role};
use serde_json::{Value, json};

use crate::support::App;

/// What Infobip says of a number.
fn says(group: u8) -> Reply {
    Reply::ok().json(
        json!({ "results": [{ "to": "41793026727", "mccMnc": "22801", "ported": false, "roaming": false,
            "status": { "groupId": group, "groupName": "?", "id": 5 }, "error": { "id": 0, "name": "NO_ERROR" } }] })
        .to_string(),
    )
}

/// A tenant whose numbers a vendor looks up.
struct Case {
    app: App,
    vendor: HttpPeer,
    application: String,
    message: String,
    connection: String,
}

impl Case {
    async fn start(lookup: Value) -> Self {
        let app = App::start().await;
        let vendor = HttpPeer::start();
        vendor.answer(says(3));
        let (application, message) = app.new_application(json!({})).await;
        let provider = json!({ "kind": "infobip", "base_url": vendor.url(), "api_key": "k" });
        let created = app.client.post("/v1/connections", json!({ "name": "x", "provider": provider })).await.expect(201).json();
        let connection = created["id"].as_str().expect("an id").to_owned();
        let mut body = json!({ "connectionId": connection });
        for (name, value) in lookup.as_object().expect("fields") {
            body[name] = value.clone();
        }
        app.client.put("/v1/number-lookup", body).await.expect(200);
        let case = Self { app, vendor, application, message, connection };
        // A change is everywhere within five seconds.
        for number in 0..80 {
            case.send(&format!("417800100{number:02}"), "").await;
            if !case.vendor.received().is_empty() {
                case.vendor.clear();
                return case;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("nobody looks numbers up");
    }

    async fn send(&self, to: &str, query: &str) -> Value {
        let body = json!({ "applicationId": self.application, "messageId": self.message, "to": to });
        self.app.client.post(&format!("/2fa/2/pin{query}"), body).await.expect(200).json()
    }
}

fn status(sent: &Value) -> (&str, &str) {
    (sent["ncStatus"].as_str().unwrap_or_default(), sent["smsStatus"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_looked_up_once_and_what_cannot_be_reached_gets_no_message() {
    let case = Case::start(json!({ "priceMicros": 5_000, "currency": "EUR" })).await;
    let before = case.app.client.get("/v1/usage").await.expect(200).json();
    for _ in 0..3 {
        assert_eq!(status(&case.send("41793026727", "").await), ("NC_DESTINATION_REACHABLE", "MESSAGE_SENT"));
    }
    assert_eq!(case.vendor.received().len(), 1, "what is known is not asked again");
    assert_eq!(case.vendor.received()[0].json(), json!({ "to": ["41793026727"] }));
    case.vendor.answer(says(2));
    for _ in 0..2 {
        let sent = case.send("41793026728", "").await;
        assert_eq!(status(&sent), ("NC_DESTINATION_NOT_REACHABLE", "MESSAGE_NOT_SENT"));
    }
    assert_eq!(case.vendor.received().len(), 2);
    // A fixed line is known without asking, and who does not want it looked at is not asked for.
    assert_eq!(status(&case.send("41446681800", "").await), ("NC_DESTINATION_NOT_REACHABLE", "MESSAGE_NOT_SENT"));
    assert_eq!(status(&case.send("41793026728", "?ncNeeded=false").await), ("NC_NOT_CONFIGURED", "MESSAGE_SENT"));
    assert_eq!(case.vendor.received().len(), 2);
    case.app.wait_for_messages("41793026728", 1).await;
    // The answers cost what they cost.
    let usage = case.app.client.get("/v1/usage").await.expect(200).json();
    let of = |usage: &Value| (usage["lookups"].as_u64().unwrap_or(0), usage["cost"][0]["micros"].as_u64().unwrap_or(0));
    assert_eq!((of(&usage).0 - of(&before).0, of(&usage).1 - of(&before).1), (2, 10_000), "{before} {usage}");
    // Nothing that is kept says whose number it is.
    let kept = "SELECT count(*) FROM usage_days WHERE usage_days::text LIKE '%3026727%'";
    assert_eq!(case.app.database.query(Role::Superuser, kept).as_deref(), Ok("0"));
    // What is used cannot be deleted.
    case.app.client.delete(&format!("/v1/connections/{}", case.connection)).await.expect(409);
    case.app.client.delete("/v1/number-lookup").await.expect(204);
    case.app.client.get("/v1/number-lookup").await.expect(404);
    case.app.client.delete(&format!("/v1/connections/{}", case.connection)).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_up_is_sent_and_a_silent_provider_costs_few_sends_its_deadline() {
    let case = Case::start(json!({ "deadlineMs": 400 })).await;
    case.vendor.answer(Reply::status(500));
    assert_eq!(status(&case.send("41793026731", "").await), ("NC_DESTINATION_UNKNOWN", "MESSAGE_SENT"));
    case.app.wait_for_messages("41793026731", 1).await;
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    case.vendor.answer(says(3).delayed(Duration::from_secs(3)));
    let started = stopwatch();
    assert_eq!(status(&case.send("41793026732", "").await), ("NC_DESTINATION_UNKNOWN", "MESSAGE_SENT"));
    let waited = started.elapsed();
    assert!((Duration::from_millis(390)..Duration::from_millis(2_500)).contains(&waited), "{waited:?}");
    for number in 0..10 {
        let sent = case.send(&format!("417930268{number:02}"), "").await;
        assert_eq!(status(&sent), ("NC_DESTINATION_UNKNOWN", "MESSAGE_SENT"));
    }
    assert_eq!(case.vendor.received().len(), 2, "it is left alone for a while");
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    case.vendor.answer(says(3));
    assert_eq!(status(&case.send("41793026733", "").await), ("NC_DESTINATION_REACHABLE", "MESSAGE_SENT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_not_reached_by_sms_rings_when_the_template_says_so() {
    let case = Case::start(json!({})).await;
    case.vendor.answer(says(2));
    let plan = json!({ "steps": [{ "channel": "voice", "after": 60, "on": "failure" }] });
    case.app.client.put(&format!("/v1/messages/{}/fallback", case.message), plan).await.expect(200);
    for number in 0..40 {
        let to = format!("417930270{number:02}");
        assert_eq!(case.send(&to, "").await["smsStatus"], "MESSAGE_NOT_SENT");
        tokio::time::sleep(Duration::from_millis(400)).await;
        let messages = case.app.messages(&to).await;
        if !messages.is_empty() {
            assert!(messages.iter().all(|message| message["channel"] == "voice"), "{messages:?}");
            return;
        }
    }
    panic!("no phone rings");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_connection_that_can_is_asked_and_the_fields_have_bounds() {
    let app = App::start().await;
    let phone = app.client.post("/v1/connections", json!({ "name": "x", "provider": { "kind": "simulator" } })).await.expect(201);
    let id = phone.json()["id"].clone();
    for (body, field) in [
        (json!({ "connectionId": id }), "connectionId"),
        (json!({ "connectionId": "x" }), "connectionId"),
        (json!({ "connectionId": "0933F3BC087D2A617AC6DCB2EF5B8A61" }), "connectionId"),
    ] {
        let refused = app.client.put("/v1/number-lookup", body).await.expect(400).json();
        assert_eq!(refused["fields"][0]["field"], field, "{refused}");
    }
    let provider = json!({ "kind": "infobip", "base_url": "http://127.0.0.1:9", "api_key": "k" });
    let created = app.client.post("/v1/connections", json!({ "name": "x", "provider": provider })).await.expect(201).json();
    for (name, value) in
        [("cacheSeconds", json!(59)), ("deadlineMs", json!(5_001)), ("currency", json!("EUR")), ("priceMicros", json!(1))]
    {
        let mut body = json!({ "connectionId": created["id"] });
        body[name] = value;
        app.client.put("/v1/number-lookup", body).await.expect(400);
    }
    let set = app.client.put("/v1/number-lookup", json!({ "connectionId": created["id"] })).await.expect(200).json();
    assert_eq!(set, json!({ "connectionId": created["id"], "cacheSeconds": 86_400, "deadlineMs": 2_000 }));
    assert_eq!(app.client.get("/v1/number-lookup").await.expect(200).json(), set);
}
