//! More than can be answered at once: some are refused right away, those who verify last, and everything is as before when it is
//! over.

use std::process::Command;
use std::time::Duration;

use futures::future::join_all;
use pinfold_http::clock::stopwatch;
use serde_json::json;

use crate::support::{Answer, App, Load, Options, Process};

const ROOM: usize = 8;

fn count(answers: &[Answer], code: &str) -> usize {
    answers.iter().filter(|answer| answer.json()["error"]["code"] == code).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_give_way_to_verifying_and_nobody_waits_in_vain() {
    let settings = vec![("PINFOLD__HTTP__WORKERS", "1".to_owned()), ("PINFOLD__HTTP__REQUESTS_PER_WORKER", ROOM.to_string())];
    let app = App::start_with(Options { settings, ..Options::default() }).await;
    let client = app.bearer();
    let send = async |number: usize| client.post("/v1/otp", json!({ "to": format!("+4179302{number:04}") })).await;
    send(8_000).await.expect(200);
    // While Redis hangs, requests stay in hand.
    let redis = app.redis.process_id().expect("it runs").to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &redis]).status().is_ok_and(|status| status.success()));
    signal("-STOP");
    let (sends, checks) = tokio::join!(join_all((8_001..8_021).map(send)), async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let start = stopwatch();
        let late = send(8_030).await;
        assert!(start.elapsed() < Duration::from_millis(500), "a refusal took {:?}", start.elapsed());
        assert_eq!((late.status, late.retry_after()), (503, Some(1)), "{}", late.text);
        let check = async |_| client.post("/v1/otp/verify", json!({ "to": "+41793028000", "code": "000000" })).await;
        join_all((0..6).map(check)).await
    });
    signal("-CONT");
    assert_eq!(count(&sends, "overloaded"), sends.len() - ROOM * 3 / 4, "{sends:?}");
    let told = |process: &Process| process.log_text().contains(r#""code":"overloaded""#);
    assert!(!app.processes.iter().any(told), "a refusal is counted and not told, or it would cost more than an answer");
    // Two places were kept for them; the tenant takes none that is the last.
    assert_eq!((count(&checks, "unavailable"), count(&checks, "too_many_requests")), (1, 5), "{checks:?}");
    let start = stopwatch();
    while send(8_040).await.status != 200 {
        assert!(start.elapsed() < Duration::from_secs(10), "there is room again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_its_requests_of_a_second_and_another_does_not_notice() {
    let settings = vec![("PINFOLD__HTTP__TENANT_REQUESTS_PER_SECOND", "5".to_owned())];
    let app = App::start_with(Options { settings, ..Options::default() }).await;
    let (stranger, ..) = app.stranger("stranger").await;
    // A new second begins.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let answers = join_all((0..40).map(|_| app.client.get("/v1/connections"))).await;
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    assert!((5..=10).contains(&served), "{served} of 40 in a second or the border of two");
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((refused.status, refused.retry_after()), (429, Some(1)), "{}", refused.text);
        assert_eq!(refused.json()["code"], "too_many_requests");
        assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("5 requests per second")));
    }
    stranger.get("/v1/connections").await.expect(200);
    let load = Load::of(&app);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    app.client.post("/2fa/2/pin", load.body("41793028050")).await.expect(200);
}
