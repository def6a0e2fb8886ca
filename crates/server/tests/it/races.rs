//! Two instances, one truth: whatever arrives at the same moment, a limit is a limit and a success happens once.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, Load, Options};

async fn two_instances() -> App {
    App::start_with(Options { has_second_gateway: true, ..Options::default() }).await
}

/// Asks both instances in turn, all at once.
async fn at_once(app: &App, count: usize, ask: impl AsyncFn(Client, usize) -> Answer) -> Vec<Answer> {
    let clients = [app.client.clone(), app.second()];
    join_all((0..count).map(|number| ask(clients[number % 2].clone(), number))).await
}

fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    answers.iter().fold(BTreeMap::new(), |mut counts, answer| {
        *counts.entry(answer.status).or_default() += 1;
        counts
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_wrong_guesses_never_exceed_the_attempts() {
    let app = two_instances().await;
    for to in ["41793020001", "41793020002", "41793020003"] {
        let (application, message) = app.new_application(json!({ "pinAttempts": 5 })).await;
        let pin_id = app.send(&application, &message, to).await;
        let pin = app.pin_of(to).await;
        let (path, wrong) = (format!("/2fa/2/pin/{pin_id}/verify"), json!({ "pin": App::wrong(&pin) }));
        let answers = at_once(&app, 60, async |client, _| client.post(&path, wrong.clone()).await).await;
        let mut judged = Vec::new();
        for answer in answers {
            let answer = answer.expect(200).json();
            assert_eq!(answer["verified"], false);
            if answer["pinError"] == "WRONG_PIN" {
                judged.push(answer["attemptsRemaining"].as_u64().expect("a number"));
            } else {
                assert_eq!(answer["pinError"], "NO_MORE_PIN_ATTEMPTS");
            }
        }
        judged.sort_unstable();
        // Some instances of the dialect report the last attempt as the end.
        judged.retain(|remaining| *remaining > 0);
        assert_eq!(judged, [1, 2, 3, 4], "each attempt is counted once");
        assert_eq!(app.verify(&pin_id, &pin).await["verified"], false, "the right PIN comes too late");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_guess_among_many_wrong_ones_counts_within_the_attempts_only() {
    let app = two_instances().await;
    let (application, message) = app.new_application(json!({ "pinAttempts": 3 })).await;
    for round in 0..5 {
        let to = Load::number(100 + round);
        let pin_id = app.send(&application, &message, &to).await;
        let pin = app.pin_of(&to).await;
        let path = format!("/2fa/2/pin/{pin_id}/verify");
        let (right, wrong) = (json!({ "pin": pin }), json!({ "pin": App::wrong(&pin) }));
        let ask =
            async |client: Client, number| client.post(&path, if number == 7 { right.clone() } else { wrong.clone() }).await;
        let answers = at_once(&app, 40, ask).await;
        let judged = |answer: &&Answer| answer.json()["pinError"] == "WRONG_PIN" || answer.json()["verified"] == true;
        assert!(answers.iter().filter(judged).count() <= 3, "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_parallel_right_guesses_succeed_once() {
    let app = two_instances().await;
    for round in 0..50 {
        let to = Load::number(200 + round);
        let pin_id = app.send(app.application(), app.message(), &to).await;
        let right = json!({ "pin": app.pin_of(&to).await });
        let path = format!("/2fa/2/pin/{pin_id}/verify");
        let answers = at_once(&app, 100, async |client, _| client.post(&path, right.clone()).await).await;
        let answers: Vec<Value> = answers.into_iter().map(|answer| answer.expect(200).json()).collect();
        assert_eq!(answers.iter().filter(|answer| answer["verified"] == true).count(), 1, "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_parallel_sends_leave_as_often_as_the_limit_allows() {
    const LIMIT: usize = 7;
    let app = two_instances().await;
    let (application, message) = app.new_application(json!({ "sendPinPerPhoneNumberLimit": format!("{LIMIT}/1h") })).await;
    for round in 0..20 {
        let to = Load::number(300 + round);
        // The same number in several spellings has one limit.
        let spelt = |number: usize| if number.is_multiple_of(3) { format!("+{to}") } else { to.clone() };
        let body = |number| json!({ "applicationId": application, "messageId": message, "to": spelt(number) });
        let answers = at_once(&app, 100, async |client, number| client.post("/2fa/2/pin", body(number)).await).await;
        assert_eq!(statuses(&answers), [(200, LIMIT), (429, 100 - LIMIT)].into());
        assert!(answers.iter().filter(|answer| answer.status == 429).all(|answer| answer.retry_after().is_some()));
        app.wait_for_messages(&to, LIMIT).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(app.messages(&to).await.len(), LIMIT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_sends_with_one_idempotency_key_deliver_once() {
    let app = two_instances().await;
    let load = Load::of(&app);
    let send = async |client: &Client, key: &str, body: Value| {
        client.send(client.request("POST", "/2fa/2/pin").header("idempotency-key", key).json(&body)).await
    };
    for round in 0..3 {
        let (to, key) = (Load::number(400 + round), format!("round-{round}"));
        // A send that was refused leaves its key free.
        send(&app.client, &key, load.body("12")).await.expect(400);
        let answers = at_once(&app, 50, async |client, _| send(&client, &key, load.body(&to)).await).await;
        let mut sent: Vec<Value> = Vec::new();
        for answer in answers {
            if answer.status != 409 {
                sent.push(answer.expect(200).json()["pinId"].clone());
            }
        }
        assert!(!sent.is_empty() && sent.iter().all(|pin_id| *pin_id == sent[0]), "{sent:?}");
        app.wait_for_messages(&to, 1).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(app.messages(&to).await.len(), 1);
        let other = send(&app.second(), &key, load.body(&Load::number(450))).await;
        other.expect(422);
    }
    // Keys are the tenant's own.
    let (client, application, message) = app.stranger("stranger").await;
    let stranger = Load { client, application, message };
    let answer = send(&stranger.client, "round-0", stranger.body(&Load::number(460))).await;
    assert_ne!(answer.status, 422, "{}", answer.text);
    send(&app.client, &"k".repeat(256), load.body(&Load::number(470))).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_one_thing_at_once_lose_nothing() {
    let app = two_instances().await;
    let (application, message) = app.new_application(json!({})).await;
    let path = format!("/2fa/2/applications/{application}");
    let template = format!("{path}/messages/{message}");
    let provider = json!({ "name": "Provider", "provider": { "kind": "simulator" } });
    let made = app.client.post("/v1/connections", provider).await.expect(201).json();
    let connection = format!("/v1/connections/{}", made["id"].as_str().unwrap());
    for round in 0..10 {
        let (name, slug, sender, text) =
            (format!("Name {round}"), format!("slug-{round}"), format!("Sender {round}"), format!("{round}: {{{{pin}}}}"));
        let changes = [
            (&path, json!({ "name": name })),
            (&path, json!({ "slug": slug })),
            (&template, json!({ "senderId": sender })),
            (&template, json!({ "messageText": text })),
            (&connection, json!({ "name": name })),
            (&connection, json!({ "traffic": { "maxPerSecond": round + 1 } })),
        ];
        at_once(&app, changes.len(), async |client, number| {
            let (path, body) = &changes[number];
            client.put(path, body.clone()).await.expect(200)
        })
        .await;
        let (changed, worded) =
            (app.client.get(&path).await.expect(200).json(), app.client.get(&template).await.expect(200).json());
        assert_eq!((&changed["name"], &changed["slug"]), (&json!(name), &json!(slug)));
        assert_eq!((&worded["senderId"], &worded["messageText"]), (&json!(sender), &json!(text)));
        let connected = app.client.get(&connection).await.expect(200).json();
        assert_eq!((&connected["name"], &connected["traffic"]["maxPerSecond"]), (&json!(name), &json!(round + 1)));
    }
}
