//! Caps: nothing passes them, whoever sends how fast, and their tenant is told.

use std::time::Duration;

use futures::future::join_all;
use pinfold_testkit::Role;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, Options, Provider};

async fn send(client: &Client, to: &str) -> Answer {
    client.post("/v1/otp", json!({ "to": to })).await
}

fn bearer(app: &App) -> Client {
    app.client.with(&format!("Bearer {}", app.demo["API_KEY"]))
}

/// Sends until the answer has this status, and says how many were accepted: a change is everywhere within five seconds.
async fn until(status: u16, send: impl AsyncFn(usize) -> Answer) -> (Answer, u64) {
    let (mut last, mut accepted) = (None, 0);
    for number in 0..80 {
        let answer = send(number).await;
        accepted += u64::from(answer.status == 200);
        if answer.status == status {
            return (answer, accepted);
        }
        last = Some(answer);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{last:?}");
}

/// Waits until so many messages are recorded.
async fn until_recorded(app: &App, count: u64) {
    let mut last = Value::Null;
    for _ in 0..100 {
        last = app.client.get("/v1/usage").await.expect(200).json();
        if last["messages"] == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{count} messages: {last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_sends_at_once_over_two_gateways_never_pass_a_cap_and_the_tenant_is_told() {
    let app = App::start_with(Options { has_second_gateway: true, ..Options::default() }).await;
    let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["alert.raised"] });
    app.client.post("/v1/webhook-endpoints", hook).await.expect(201);
    let (one, two) = (bearer(&app), Client { base: app.second().base, ..bearer(&app) });
    app.client.put("/v1/caps", json!({ "dailyMessages": 0 })).await.expect(200);
    let mut used = 0;
    for (client, series) in [(&one, 1), (&two, 2)] {
        let (refused, accepted) = until(429, async |number| send(client, &format!("4179301{series}{number:03}")).await).await;
        assert_eq!(refused.json()["error"]["code"], "daily_cap");
        assert!(refused.retry_after().is_some_and(|seconds| (1..=86_400).contains(&seconds)));
        used += accepted;
    }
    // What was sent before the cap was known counts, once it is recorded.
    until_recorded(&app, used).await;
    app.client.put("/v1/caps", json!({ "dailyMessages": used + 22 })).await.expect(200);
    for (client, series) in [(&one, 3), (&two, 4)] {
        until(200, async |number| send(client, &format!("4179301{series}{number:03}")).await).await;
    }
    let sends = (0..50).map(|number| {
        let client = if number % 2 == 0 { &one } else { &two };
        async move { send(client, &format!("4179305{number:04}")).await }
    });
    let answers = join_all(sends).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 20);
    assert_eq!(answers.iter().filter(|answer| answer.json()["error"]["code"] == "daily_cap").count(), 30);
    let told = "SELECT string_agg(data->>'alert' || ' ' || (data->>'percent'), ',' ORDER BY happened_at, data->>'percent' DESC) \
        FROM webhook_messages WHERE type = 'alert.raised'";
    let mut last = String::new();
    for _ in 0..100 {
        last = app.database.query(Role::Superuser, told).expect("the record answers");
        if last.contains("80") && last.contains("100") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(last.split(',').count(), 2, "{last}");
    until_recorded(&app, used + 22).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_of_one_application_is_no_other_ones_and_holds_for_resends() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({})).await;
    let path = format!("/v1/applications/{application}/caps");
    app.client.put(&path, json!({ "monthlyMessages": 0 })).await.expect(200);
    let pin = async |to: &str| {
        let body = json!({ "applicationId": application, "messageId": message, "to": to });
        app.client.post("/2fa/2/pin", body).await
    };
    let (refused, used) = until(429, async |_| pin("41793026727").await).await;
    assert_eq!(refused.json()["requestError"]["serviceException"]["messageId"], "TOO_MANY_REQUESTS", "{}", refused.text);
    assert!(refused.retry_after().is_some_and(|seconds| (1..=31 * 86_400).contains(&seconds)));
    send(&bearer(&app), "41793026728").await.expect(200);
    until_recorded(&app, used + 1).await;
    let usage = app.client.get("/v1/usage").await.expect(200).json();
    let days = usage["days"].as_array().expect("days");
    assert!(days.iter().any(|day| day["applicationId"] == app.application() && day["messages"] == 1), "{usage}");
    app.client.put(&path, json!({ "monthlyMessages": used + 2 })).await.expect(200);
    let (sent, _) = until(200, async |_| pin("41793026729").await).await;
    let id = sent.json()["pinId"].as_str().expect("an id").to_owned();
    app.client.post(&format!("/2fa/2/pin/{id}/resend"), json!({})).await.expect(200);
    app.client.post(&format!("/2fa/2/pin/{id}/resend"), json!({})).await.expect(429);
    // What was sent can be verified.
    let code = app.pin_of("41793026729").await;
    assert_eq!(app.verify(&id, &code).await["verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_messages_at_once_spend_no_more_money_than_they_may() {
    let app = App::start_with(Options { has_second_gateway: true, ..Options::default() }).await;
    let (one, two) = (bearer(&app), Client { base: app.second().base, ..bearer(&app) });
    let provider = Provider::of(&app).await;
    let routes = app.client.get("/v1/connections").await.expect(200).json();
    let named = |it: &&Value| it["name"] == "Provider";
    let connection =
        routes["connections"].as_array().expect("connections").iter().find(named).expect("it is there")["id"].clone();
    let legs = json!([{ "connectionId": connection, "priceMicros": 10_000, "currency": "EUR" }]);
    app.client.put("/v1/routes/sms", json!({ "strategy": "ordered", "legs": legs })).await.expect(200);
    app.client.put("/v1/caps", json!({ "dailyMicros": 45_000, "currency": "EUR" })).await.expect(200);
    // The route and the cap are known everywhere soon.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let sends = (0..50).map(|number| {
        let client = if number % 2 == 0 { &one } else { &two };
        async move { send(client, &format!("41793060{number:03}")).await }
    });
    let accepted = join_all(sends).await.iter().filter(|answer| answer.status == 200).count();
    assert!(accepted >= 5, "{accepted}");
    for client in [&one, &two] {
        let (refused, _) = until(429, async |number| send(client, &format!("41793061{number:03}")).await).await;
        assert_eq!(refused.json()["error"]["code"], "daily_cap");
    }
    // Every message came to its end: four were paid for, and no others reached the provider.
    let ended = "SELECT count(*) FILTER (WHERE kind = 'sent') || ' sent, ' || count(*) || ' of ' || (SELECT count(*) FROM verifications) \
        FROM events WHERE kind IN ('sent', 'failed')";
    let mut last = String::new();
    for _ in 0..100 {
        last = app.database.query(Role::Superuser, ended).expect("the record answers");
        let counts: Vec<u64> = last.split(|c: char| !c.is_ascii_digit()).filter_map(|text| text.parse().ok()).collect();
        if counts[1] == counts[2] && counts[1] > accepted as u64 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let usage = app.client.get("/v1/usage").await.expect(200).json();
    let cost = (&usage["cost"][0]["micros"], &usage["cost"][0]["currency"]);
    assert_eq!(cost, (&json!(40_000), &json!("EUR")), "{last}: {usage}");
    assert_eq!(provider.given().len(), 4, "40 000 of 45 000: {last}");
    // What was kept back says why.
    let failed = "SELECT count(*) > 0 FROM events WHERE kind = 'failed' AND reason = 'daily_cap'";
    assert_eq!(app.database.query(Role::Superuser, failed).expect("the record answers"), "t");
}
