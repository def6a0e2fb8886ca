//! What was answered for a strict application is not lost with Redis' server, and a failover needs nobody's hand.

use std::time::Duration;

use pinfold_http::clock::stopwatch;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{App, Client, Options};

/// A failover is over after so long, by promise.
const FAILOVER: Duration = Duration::from_secs(5);

async fn with_replica() -> App {
    App::start_with(Options { has_replica: true, ..Options::default() }).await
}

fn path(application: &str) -> String {
    format!("/v1/applications/{application}/durability")
}

async fn make_strict(client: &Client, application: &str) {
    let strict = json!({ "durability": "strict" });
    // The replica of a new server needs a moment.
    for _ in 0..100 {
        if client.put(&path(application), strict.clone()).await.status == 200 {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("no replica follows");
}

fn body(application: &str, message: &str, to: &str) -> Value {
    json!({ "applicationId": application, "messageId": message, "to": to })
}

async fn is_refused(client: &Client, path: &str, body: Value) {
    let start = stopwatch();
    let answer = client.post(path, body).await.expect(503);
    assert!(start.elapsed() < Duration::from_secs(2), "{path} took {:?}", start.elapsed());
    assert_eq!(answer.retry_after(), Some(1), "{path}");
}

#[tokio::test]
async fn strict_needs_a_replica() {
    let app = App::start().await;
    let client = app.bearer();
    let path = path(app.application());
    assert_eq!(client.get(&path).await.expect(200).json(), json!({ "durability": "standard" }));
    let problem = client.put(&path, json!({ "durability": "strict" })).await.expect(400).json();
    assert_eq!(problem["code"], "invalid_field");
    assert_eq!(problem["fields"][0]["field"], "durability");
    assert_eq!(problem["fields"][0]["must"], "can be strict only while a replica of Redis follows");
    for wrong in [json!({}), json!({ "durability": "certain" }), json!({ "durability": null }), json!({ "durability": 1 })] {
        client.put(&path, wrong).await.expect(400);
    }
    client.put(&path, json!({ "durability": "standard" })).await.expect(200);
}

#[tokio::test]
async fn without_a_replica_a_strict_application_answers_nothing_that_could_be_lost() {
    let app = with_replica().await;
    let client = app.bearer();
    let (strict, of_strict) = app.new_application(json!({})).await;
    let (standard, of_standard) = app.new_application(json!({})).await;
    make_strict(&client, &strict).await;
    assert_eq!(client.get(&path(&strict)).await.expect(200).json(), json!({ "durability": "strict" }));

    let pins = [app.send(&strict, &of_strict, "41793020001").await, app.send(&standard, &of_standard, "41793020002").await];
    let codes = [app.pin_of("41793020001").await, app.pin_of("41793020002").await];
    app.replica.as_ref().expect("a replica").freeze();

    let verify = |pin: &str| format!("/2fa/2/pin/{pin}/verify");
    is_refused(&app.client, "/2fa/2/pin", body(&strict, &of_strict, "41793020003")).await;
    is_refused(&app.client, &format!("/2fa/2/pin/{}/resend", pins[0]), json!({})).await;
    is_refused(&app.client, &verify(&pins[0]), json!({ "pin": codes[0] })).await;
    assert_eq!(app.verify(&pins[1], &codes[1]).await["verified"], true, "the other application waits for nobody");
    app.send(&standard, &of_standard, "41793020004").await;

    app.replica.as_ref().expect("a replica").thaw();
    let again = app.client.post(&verify(&pins[0]), json!({ "pin": codes[0] })).await.expect(200).json();
    assert_eq!(again["verified"], false, "the code was spent, whatever became of the answer: {again}");
    app.send(&strict, &of_strict, "41793020005").await;
    let canceled = client.post("/v1/otp", json!({ "applicationId": strict, "to": "41793020006" })).await;
    let canceled = canceled.json()["requestId"].as_str().expect("an id").to_owned();
    app.replica.as_ref().expect("a replica").freeze();
    let start = stopwatch();
    client.delete(&format!("/v1/otp/{canceled}")).await.expect(503);
    assert!(start.elapsed() < Duration::from_secs(2));
    app.replica.as_ref().expect("a replica").thaw();
}

#[tokio::test]
async fn a_failover_is_followed_by_every_part() {
    let mut app = with_replica().await;
    let (strict, message) = app.new_application(json!({})).await;
    make_strict(&app.bearer(), &strict).await;
    let sent = app.send(&strict, &message, "41793020001").await;
    let code = app.pin_of("41793020001").await;
    // Three Sentinels find each other and the replica by asking the server every other second.
    sleep(Duration::from_secs(4)).await;

    app.redis.kill();
    let start = stopwatch();
    while app.client.post("/2fa/2/pin", body(app.application(), app.message(), "41793020002")).await.status != 200 {
        assert!(start.elapsed() < FAILOVER, "no server took over");
        sleep(Duration::from_millis(20)).await;
    }
    // The worker reads the new server's queue, and a strict application has no replica to wait for.
    assert_eq!(app.wait_for_messages("41793020002", 1).await.len(), 1);
    is_refused(&app.client, "/2fa/2/pin", body(&strict, &message, "41793020003")).await;
    app.bearer().put(&path(&strict), json!({ "durability": "standard" })).await.expect(200);
    let start = stopwatch();
    loop {
        let answer = app.client.post(&format!("/2fa/2/pin/{sent}/verify"), json!({ "pin": code })).await;
        if answer.status == 200 {
            break;
        }
        assert!(start.elapsed() < FAILOVER, "the change is not known: {}", answer.text);
        sleep(Duration::from_millis(50)).await;
    }
}
