//! The fraud guard from outside: pumping is stopped and told of, others go on, premium ranges are refused always, replays say what would
//! have been; and alerts come within their minute.

use std::time::Duration;

use pinfold_testkit::Role;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client};

async fn send(client: &Client, to: &str) -> Answer {
    client.post("/v1/otp", json!({ "to": to })).await
}

/// Asks until the answer is as it should be; gives it.
async fn until(app: &App, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..600 {
        last = app.client.get(path).await.expect(200).json();
        if is_so(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path}: {last}");
}

/// Sets rules, and waits until a prefix that they come with is refused: a change is everywhere within five seconds.
async fn set_rules(app: &App, rules: Value) {
    app.client.put("/v1/fraud/rules", rules).await.expect(200);
    let mark = json!({ "list": "block", "kind": "prefix", "value": "4178999" });
    let mark = app.client.post("/v1/fraud/lists", mark).await.expect(201).json();
    for number in 0..600 {
        let answer = send(&app.bearer(), &format!("4178999{number:04}")).await;
        if answer.status == 403 {
            let path = format!("/v1/fraud/lists/{}", mark["id"].as_str().expect("an id"));
            app.client.delete(&path).await.expect(204);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the rules do not come");
}

#[tokio::test(flavor = "multi_thread")]
async fn pumping_is_stopped_told_of_and_ended_by_hand_while_others_go_on() {
    let app = App::start().await;
    let client = app.bearer();
    let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["fraud.blocked", "alert.raised"] });
    app.client.post("/v1/webhook-endpoints", hook).await.expect(201);
    set_rules(&app, json!({ "mode": "block" })).await;
    let mut gone = 0;
    for number in 0..300 {
        let answer = send(&client, &format!("63917{:07}", 1_230_000 + number)).await;
        gone += u32::from(answer.status == 200);
        if answer.status != 200 {
            assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &json!("fraud_blocked")));
            // Whoever sends does not learn where the threshold is.
            assert!(!answer.text.contains("63917") && !answer.text.contains("15") && answer.retry_after().is_none());
        }
        if number % 30 == 0 {
            let to = format!("4915{:02}{:07}", 11 + number / 30, 2_000_000 + number * 7_919);
            let sent = send(&client, &to).await.expect(200).json();
            let guess = json!({ "to": to, "code": app.pin_of(&to).await, "requestId": sent["requestId"] });
            client.post("/v1/otp/verify", guess).await.expect(200);
        }
    }
    assert!((1..=20).contains(&gone), "{gone} of 300 went");

    let decisions = until(&app, "/v1/fraud/decisions?action=blocked", |found| {
        found["decisions"].as_array().is_some_and(|all| all.iter().any(|one| one["rule"] == "sequence"))
    });
    let decisions = decisions.await;
    let one = decisions["decisions"].as_array().expect("a list").iter().find(|one| one["rule"] == "sequence").expect("it");
    assert_eq!((&one["about"], &one["country"], &one["number"]), (&json!("prefix 63917123"), &json!("PH"), &json!("6391…")));
    assert_eq!((&one["threshold"], &one["percent"], &one["verified"]), (&json!(15), &json!(20), &json!(0)));
    assert!(one["blockedUntil"].is_string() && one.get("pinId").is_none());
    let page = app.client.get("/v1/fraud/decisions?size=1").await.expect(200).json();
    let next = page["next"].as_str().expect("there is more");
    let second = app.client.get(&format!("/v1/fraud/decisions?size=1&after={next}")).await.expect(200).json();
    assert_ne!(page["decisions"][0]["id"], second["decisions"][0]["id"]);

    let alerts =
        until(&app, "/v1/alerts?kind=fraud_blocked", |found| found["alerts"].as_array().is_some_and(|all| all.len() >= 2));
    let alert = alerts.await["alerts"][0].clone();
    let path = format!("/v1/alerts/{}/acknowledgement", alert["id"].as_str().expect("an id"));
    let seen = app.client.put(&path, json!({})).await.expect(200).json();
    assert!(seen["acknowledgedBy"].as_str().is_some_and(|by| by.starts_with("key ")), "{seen}");
    let told = "SELECT string_agg(DISTINCT type, ',' ORDER BY type) FROM webhook_messages WHERE type <> 'webhook.test'";
    assert_eq!(app.database.query(Role::Superuser, told).expect("the record answers"), "alert.raised,fraud.blocked");

    let blocks = app.client.get("/v1/fraud/blocks").await.expect(200).json();
    assert_eq!((&blocks["blocks"][0]["about"], &blocks["blocks"][0]["strike"]), (&json!("prefix 63917123"), &json!(1)));
    let path = format!("/v1/fraud/blocks/{}", blocks["blocks"][0]["id"].as_str().expect("an id"));
    app.client.delete(&path).await.expect(204);
    app.client.delete(&path).await.expect(404);
    send(&client, "639171230000").await.expect(200);

    // What was sent before the guard was sure is in the record, and a stricter rule would have stopped more of it.
    let strict = json!({ "rules": { "mode": "block", "pumping": { "sends": 5, "percent": 20, "run": 3 } } });
    let found = app.client.post("/v1/fraud/replays", strict).await.expect(200).json();
    assert!(found["wouldBlock"].as_u64().is_some_and(|count| count >= 8), "{found}");
    assert_eq!(found["falsePositives"], 0, "{found}");
    let rules = app.directory.path().join("rules.json");
    std::fs::write(&rules, r#"{"mode":"block","pumping":{"sends":5,"percent":20,"run":3}}"#).expect("a file");
    let (is_good, text) =
        app.command(&["fraud", "replay", "--tenant", "demo", "--rules", rules.to_str().expect("a path is text")]);
    assert!(is_good && text.contains("sequence of prefix 63917123"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_down_is_refused_in_every_mode_and_a_new_tenant_only_records() {
    let app = App::start_with(crate::support::Options {
        settings: vec![("PINFOLD__FRAUD__COUNTRIES", "CH,GB,PH".to_owned())],
        ..Default::default()
    })
    .await;
    let client = app.bearer();
    // The operator's countries are a new tenant's.
    assert_eq!(send(&client, "4915123456789").await.status, 403);
    assert_eq!(send(&client, "449098790000").await.status, 403, "a premium range");
    for number in 0..60 {
        send(&client, &format!("63917{:07}", 1_230_000 + number)).await.expect(200);
    }
    let recorded = until(&app, "/v1/fraud/decisions?action=recorded", |found| !found["decisions"][0].is_null()).await;
    let first = recorded["decisions"].as_array().and_then(|all| all.last()).expect("a decision").clone();
    assert_eq!((&first["rule"], first["pinId"].is_string()), (&json!("sequence"), true));
    assert_eq!(app.client.get("/v1/fraud/blocks").await.expect(200).json(), json!({ "blocks": [] }));
    let premium = until(&app, "/v1/fraud/decisions?rule=premium_range", |found| !found["decisions"][0].is_null()).await;
    assert_eq!(premium["decisions"][0]["action"], "blocked");

    set_rules(&app, json!({ "mode": "off", "countries": { "sms": { "block": ["DE"] } } })).await;
    assert_eq!(send(&client, "449098790000").await.status, 403, "a premium range, always");
    assert_eq!(send(&client, "4915123456789").await.status, 403);
    send(&client, "33612345678").await.expect(200);
    let twilio = crate::twilio::form(
        client.request("POST", &format!("/v2/Services/{}/Verifications", app.demo["SERVICE_SID"])),
        &json!({ "To": "+4915123456789", "Channel": "sms" }),
    );
    let refused = client.send(twilio).await;
    assert_eq!((refused.status, &refused.json()["code"]), (403, &json!(60605)), "closed, not suspected");
    let camara = json!({ "phoneNumber": "+4915123456789", "message": "{{code}} it is" });
    let refused = client.post("/one-time-password-sms/v1/send-code", camara).await.expect(403).json();
    assert_eq!(refused["code"], "ONE_TIME_PASSWORD_SMS.PHONE_NUMBER_NOT_ALLOWED");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failures_of_a_number_raise_one_alert_of_its_own_that_can_be_muted() {
    let app = App::start().await;
    let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["alert.raised"] });
    app.client.post("/v1/webhook-endpoints", hook).await.expect(201);
    let (application, message) = app.new_application(json!({})).await;
    let fail = async |to: &str| {
        for _ in 0..3 {
            let pin = app.send(&application, &message, to).await;
            let right = app.wait_for_messages(to, 1).await;
            let right = crate::support::pin_in(right[0]["text"].as_str().unwrap_or_default());
            for _ in 0..4 {
                app.verify(&pin, &App::wrong(&right)).await;
            }
        }
    };
    fail("41793026727").await;
    let alerts = until(&app, "/v1/alerts?kind=number_failures", |found| !found["alerts"][0].is_null()).await;
    let alert = &alerts["alerts"][0];
    assert_eq!((&alert["about"], &alert["figures"]["threshold"]), (&json!("…6727"), &json!(10)));
    assert_eq!(alerts["alerts"].as_array().map(Vec::len), Some(1), "one episode");
    assert!(!alerts.to_string().contains("41793026727"));
    let told = "SELECT count(*) FROM webhook_messages WHERE type = 'alert.raised' AND data->>'alert' = 'number_failures'";
    assert_eq!(app.database.query(Role::Superuser, told).expect("the record answers"), "1");
    // Another number that looks the same, masked.
    fail("41783026727").await;
    let both =
        until(&app, "/v1/alerts?kind=number_failures", |found| found["alerts"].as_array().is_some_and(|all| all.len() == 2));
    assert_eq!(both.await["alerts"][0]["about"], "…6727");
    assert_eq!(app.database.query(Role::Superuser, told).expect("the record answers"), "2");

    let tomorrow = "2099-01-01T00:00:00Z";
    app.client.put("/v1/alert-mutes", json!({ "mutes": [{ "kind": "number_failures", "until": tomorrow }] })).await.expect(400);
    let soon = app
        .database
        .query(Role::Superuser, "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')");
    let mutes = json!({ "mutes": [{ "kind": "number_failures", "until": soon.expect("a time") }] });
    app.client.put("/v1/alert-mutes", mutes).await.expect(200);
    fail("41793026730").await;
    let muted =
        until(&app, "/v1/alerts?kind=number_failures", |found| found["alerts"].as_array().is_some_and(|all| all.len() == 3));
    assert_eq!(muted.await["alerts"][0]["muted"], true);
    assert_eq!(app.database.query(Role::Superuser, told).expect("the record answers"), "2", "nobody is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_guess_at_each_of_many_pins_is_told_of_and_stopped() {
    let app = App::start().await;
    let client = app.bearer();
    let wide = json!({ "sends": 1000, "percent": 0 });
    set_rules(&app, json!({ "mode": "block", "conversion": wide, "pumping": { "sends": 1000, "percent": 0, "run": 255 } })).await;
    let (mut judged, mut stopped) = (0, 0);
    for number in 0..60 {
        let to = format!("4915{:02}{:07}", 11 + number % 10, 2_000_000 + number * 7_919);
        let sent = send(&client, &to).await.expect(200).json();
        let guess = json!({ "to": to, "code": "000000", "requestId": sent["requestId"] });
        let answer = client.post("/v1/otp/verify", guess).await;
        if answer.status == 429 {
            assert!(answer.retry_after().is_some_and(|seconds| (1..=6).contains(&seconds)), "{}", answer.text);
            stopped += 1;
        } else {
            judged += 1;
        }
    }
    assert!(judged >= 50 && stopped > 0, "{judged} of 60 were judged");
    let alerts = until(&app, "/v1/alerts?kind=spraying", |found| found["alerts"].as_array().is_some_and(|all| all.len() == 1));
    assert_eq!(alerts.await["alerts"][0]["figures"]["threshold"], 50);
}
