//! Limits and locks: what they stop, what they leave alone, and what they tell.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Answer, App, Options, pin_in};

async fn guess(app: &App, pin_id: &str, pin: &str) -> Answer {
    app.client.post(&format!("/2fa/2/pin/{pin_id}/verify"), json!({ "pin": pin })).await
}

async fn attempts_left(app: &App, pin_id: &str) -> Value {
    app.client.get(&format!("/v1/otp/{pin_id}")).await.expect(200).json()["attemptsRemaining"].clone()
}

/// How many messages came to anybody, once as many as `expected` did and any further ones had time to follow.
async fn everything(app: &App, expected: usize) -> usize {
    let count = async || {
        let answer = app.client.anonymous().get("/simulator/api/messages").await.expect(200).json();
        answer["messages"].as_array().map_or(0, Vec::len)
    };
    for _ in 0..400 {
        if count().await >= expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    count().await
}

fn short_locks() -> Options {
    Options { settings: vec![("PINFOLD__LIMITS__LOCKS", "2s,3s,4s".to_owned())], ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_failures_lock_the_number_for_a_while_and_nobody_else() {
    let app = App::start_with(short_locks()).await;
    let configuration = json!({ "lockAfterFailures": "3/1h", "pinAttempts": 5 });
    let (application, message) = app.new_application(configuration.clone()).await;
    let (other_application, other_message) = app.new_application(configuration).await;
    let (victim, other) = ("41793026727", "41793026728");
    let first = app.send(&application, &message, victim).await;
    let pin = app.pin_of(victim).await;
    let neighbour = app.send(&application, &message, other).await;
    let neighbours_pin = app.pin_of(other).await;
    let elsewhere = app.send(&other_application, &other_message, victim).await;
    let elsewhere_pin = pin_in(app.wait_for_messages(victim, 2).await[0]["text"].as_str().unwrap_or_default());

    // PINs that nobody knows count against nobody.
    for nibble in 0..12 {
        guess(&app, &format!("{nibble:032X}"), "123456").await.expect(404);
    }
    // Failures count over all PINs of the number.
    let second = app.send(&application, &message, victim).await;
    for pin_id in [&first, &first, &second] {
        assert_eq!(guess(&app, pin_id, "0000000000").await.expect(200).json()["verified"], false);
    }
    for pin_id in [&first, &second] {
        let locked = guess(&app, pin_id, &pin).await.expect(429);
        assert!(locked.retry_after().is_some_and(|seconds| (1..=2).contains(&seconds)), "{:?}", locked.retry_after());
        assert_eq!(locked.json()["requestError"]["serviceException"]["messageId"], "TOO_MANY_REQUESTS");
    }
    assert_eq!(attempts_left(&app, &first).await, 3, "a locked guess is not judged");
    assert_eq!(app.verify(&neighbour, &neighbours_pin).await["verified"], true, "another number");
    assert_eq!(app.verify(&elsewhere, &elsewhere_pin).await["verified"], true, "another application");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(app.verify(&first, &pin).await["verified"], true, "the lock ends by itself");

    // A success forgets the failures before it.
    let third = app.send(&application, &message, other).await;
    let pin = pin_in(app.wait_for_messages(other, 2).await[0]["text"].as_str().unwrap_or_default());
    for _ in 0..2 {
        app.verify(&third, "0000000000").await;
    }
    assert_eq!(app.verify(&third, &pin).await["verified"], true);
    let fourth = app.send(&application, &message, other).await;
    let pin = pin_in(app.wait_for_messages(other, 3).await[0]["text"].as_str().unwrap_or_default());
    for _ in 0..2 {
        app.verify(&fourth, "0000000000").await;
    }
    assert_eq!(app.verify(&fourth, &pin).await["verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_lock_comes_after_ten_failures_and_lasts_a_quarter_of_an_hour() {
    let app = App::start().await;
    let configuration = json!({ "verifyPinLimit": "1000/1s", "pinAttempts": 10, "sendPinPerPhoneNumberLimit": "10/1h" });
    let created = json!({ "name": "Defaults", "configuration": configuration });
    let created = app.client.post("/2fa/2/applications", created).await.expect(200).json();
    assert_eq!(created["configuration"]["lockAfterFailures"], "10/1h");
    let application = created["applicationId"].as_str().expect("an id");
    let send = json!({ "to": "41793026727", "applicationId": application });
    let request_id = app.client.post("/v1/otp", send.clone()).await.expect(200).json();
    let request_id = request_id["requestId"].as_str().expect("an id");
    let second = app.client.post("/v1/otp", send.clone()).await.expect(200).json();
    let second = second["requestId"].as_str().expect("an id");
    for left in (0..10).rev() {
        assert_eq!(app.verify(request_id, "0000000000").await["attemptsRemaining"], left);
    }
    let locked = guess(&app, second, "000000").await.expect(429);
    app.client.post("/v1/otp", send).await.expect(429);
    assert!(locked.retry_after().is_some_and(|seconds| (890..=900).contains(&seconds)), "{:?}", locked.retry_after());
    let metrics = app.client.anonymous().get("/metrics").await.expect(200);
    assert!(!metrics.text.contains("41793026727"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_guess_is_not_judged_and_costs_nothing() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({ "verifyPinLimit": "1/3s", "pinAttempts": 5 })).await;
    let to = "41793026727";
    let pin_id = app.send(&application, &message, to).await;
    let pin = app.pin_of(to).await;
    let started = Instant::now();
    assert_eq!(app.verify(&pin_id, &App::wrong(&pin)).await["attemptsRemaining"], 4);
    for guessed in [&pin, &App::wrong(&pin), &pin] {
        let throttled = guess(&app, &pin_id, guessed).await.expect(429);
        assert!(throttled.retry_after().is_some_and(|seconds| (1..=3).contains(&seconds)), "{:?}", throttled.retry_after());
    }
    assert!(started.elapsed() < Duration::from_secs(3), "the machine is too slow for this test");
    assert_eq!(attempts_left(&app, &pin_id).await, 4);
    tokio::time::sleep(Duration::from_millis(3_050).saturating_sub(started.elapsed())).await;
    assert_eq!(app.verify(&pin_id, &pin).await["verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_a_number_shares_one_budget() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({ "sendPinPerPhoneNumberLimit": "3/1h" })).await;
    let spellings = [
        "41793026727",
        "+41793026727",
        "0041793026727",
        "+41 79 302 67 27",
        "41-79-302-67-27",
        "+41.79.302.67.27",
        " 41793026727 ",
        "+41(79)3026727",
        "+41 (0)79 302 67 27",
        "+410793026727",
        "(+41)793026727",
        "00 41 79 302 67 27",
        "tel:+41793026727",
        "+41793026727;ext=1",
        "+41793026727x1",
        "++41793026727",
        "+0041793026727",
        "４１７９３０２６７２７",
        "٤١٧٩٣٠٢٦٧٢٧",
        "41\u{200b}793026727",
        "41793026727\u{0}",
        "41793026727\n",
        "\t41793026727",
        "41793026727,41793026728",
        "0793026727",
        "793026727",
        "+41793026727+41793026728",
        "4179302672",
        "417930267270000",
        "1e10",
        "41793O26727",
        "",
    ];
    let (mut sent, mut limited) = (0, 0);
    for to in spellings {
        let body = json!({ "applicationId": application, "messageId": message, "to": to });
        let answer = app.client.post("/2fa/2/pin", body).await;
        match answer.status {
            200 => {
                assert_eq!(answer.json()["to"], "41793026727", "{to:?} became another number");
                sent += 1;
            }
            400 => assert!(
                answer.json()["requestError"]["serviceException"]["validationErrors"].is_object() || to.contains('\0'),
                "{to:?}"
            ),
            429 => {
                assert!(answer.retry_after().is_some_and(|seconds| (3_500..=3_600).contains(&seconds)), "{to:?}");
                limited += 1;
            }
            status => panic!("{to:?}: {status} {}", answer.text),
        }
    }
    assert_eq!(sent, 3);
    assert!(limited >= 4, "{limited}");
    assert_eq!(everything(&app, 3).await, 3);
    // Resends, calls and the other dialect draw from the same budget.
    let pin_id = app.send(&application, &message, "41793026728").await;
    app.client.post(&format!("/2fa/2/pin/{pin_id}/resend"), json!({})).await.expect(200);
    app.client.post(&format!("/2fa/2/pin/{pin_id}/resend/voice"), json!({})).await.expect(200);
    app.client.post(&format!("/2fa/2/pin/{pin_id}/resend"), json!({})).await.expect(429);
    app.client.post("/v1/otp", json!({ "to": "+41 79 302 67 28", "applicationId": application })).await.expect(429);
    assert_eq!(everything(&app, 6).await, 6, "nothing leaves past the limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_an_address_shares_one_budget() {
    let app = App::start().await;
    let (application, _) = app.new_application(json!({ "sendPinPerPhoneNumberLimit": "2/1h" })).await;
    let (mut sent, mut limited) = (0, 0);
    let same = [
        "john.smith@example.com",
        "John.Smith@example.com",
        "john.smith@EXAMPLE.com",
        "john.smith+tag@example.com",
        "JOHN.SMITH+other@Example.Com",
        "john.smith@example。com",
    ];
    for to in same {
        let answer = app.client.post("/v1/otp", json!({ "to": to, "channel": "email", "applicationId": application })).await;
        match answer.status {
            200 => sent += 1,
            400 => {}
            429 => limited += 1,
            status => panic!("{to:?}: {status} {}", answer.text),
        }
    }
    assert_eq!(sent, 2);
    assert!(limited >= 3, "{limited}");
    let idn = async |to: &str| app.client.post("/v1/otp", json!({ "to": to, "applicationId": application })).await.status;
    assert_eq!(idn("a@münchen.example").await, 200);
    assert_eq!(idn("a@xn--mnchen-3ya.example").await, 200);
    assert_eq!(idn("A@MÜNCHEN.example").await, 429);
    for bad in [
        "\"john.smith\"@example.com",
        "john.smith(x)@example.com",
        "john.smith@example.com,other@example.com",
        "john.smith@example.com;other@example.com",
        "john.smith@example.com other@example.com",
        "john.smith@example.com\r\nBcc: x@example.com",
        "john.smith@example.com\n",
        "john.smith@[127.0.0.1]",
        "john.smith@127.0.0.1",
        "john.smith@localhost",
        "john..smith@example.com",
        ".john@example.com",
        "john@",
        "@example.com",
        "john@@example.com",
        "<john.smith@example.com>",
        "John <john.smith@example.com>",
        "john.smith@example.com\u{0}",
        "john%40evil.example@",
        "john.smith@exa mple.com",
        "john.smith@-example.com",
        "jöhn@example.com",
    ] {
        let refused = app.client.post("/v1/otp", json!({ "to": bad, "channel": "email", "applicationId": application })).await;
        assert_eq!(refused.status, 400, "{bad:?}: {}", refused.text);
    }
    assert_eq!(everything(&app, 4).await, 4, "one recipient per message, none past the limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applications_send_limit_counts_all_its_numbers() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({ "sendPinPerApplicationLimit": "4/1d" })).await;
    for number in 0..4 {
        app.send(&application, &message, &format!("4179302670{number}")).await;
    }
    let body = json!({ "applicationId": application, "messageId": message, "to": "41793026705" });
    let limited = app.client.post("/2fa/2/pin", body).await.expect(429);
    assert!(limited.retry_after().is_some_and(|seconds| seconds <= 86_400), "{:?}", limited.retry_after());
    let (other, message) = app.new_application(json!({})).await;
    app.send(&other, &message, "41793026705").await;
    assert_eq!(everything(&app, 5).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_dies_on_time_and_nothing_extends_it() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({ "pinTimeToLive": "2s" })).await;
    let mut pins = Vec::new();
    for number in 0..12 {
        let to = format!("417930267{number:02}");
        let before = Instant::now();
        let pin_id = app.send(&application, &message, &to).await;
        let after = Instant::now();
        pins.push((before, after, pin_id, app.pin_of(&to).await));
    }
    let (early, late) = pins.split_at(2);
    for (before, _, pin_id, pin) in early {
        // Still alive, however it is touched; 500 ms are the machine's.
        if before.elapsed() < Duration::from_millis(1_500) {
            assert_eq!(app.verify(pin_id, pin).await["verified"], true);
        }
    }
    for (before, _, pin_id, pin) in late {
        if before.elapsed() < Duration::from_millis(1_500) {
            assert_eq!(app.verify(pin_id, &App::wrong(pin)).await["pinError"], "WRONG_PIN");
            app.client.post(&format!("/2fa/2/pin/{pin_id}/resend"), json!({})).await.expect(200);
            attempts_left(&app, pin_id).await;
        }
    }
    for (_, after, pin_id, pin) in late {
        tokio::time::sleep(Duration::from_millis(2_005).saturating_sub(after.elapsed())).await;
        let judged = app.verify(pin_id, pin).await;
        assert_eq!(
            (&judged["verified"], &judged["pinError"], &judged["attemptsRemaining"]),
            (&json!(false), &json!("TTL_EXPIRED"), &json!(0))
        );
        let over = app.client.post(&format!("/2fa/2/pin/{pin_id}/resend"), json!({})).await;
        assert!((400..500).contains(&over.status), "{}", over.status);
    }
    // A life just short of its end still counts.
    let before = Instant::now();
    let pin_id = app.send(&application, &message, "41793026799").await;
    let pin = app.pin_of("41793026799").await;
    tokio::time::sleep(Duration::from_millis(1_500).saturating_sub(before.elapsed())).await;
    let judged = app.verify(&pin_id, &pin).await;
    if before.elapsed() < Duration::from_millis(1_990) {
        assert_eq!(judged["verified"], true, "{judged}");
    }
}
