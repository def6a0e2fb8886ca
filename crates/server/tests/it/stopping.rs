//! A stop under load costs nobody anything, and a door that is closed is closed everywhere within seconds.

use std::cell::Cell;
use std::time::Duration;

use futures::future::join_all;
use pinfold_http::clock::stopwatch;
use pinfold_testkit::Answer;
use serde_json::json;
use tokio::time::sleep;

use crate::support::{App, Client, Load, Options, Provider};

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_stop_under_load_fails_no_request_and_loses_no_message() {
    let settings = vec![("PINFOLD__HTTP__DRAIN_SECONDS", "2".to_owned())];
    let mut app = App::start_with(Options { settings, ..Options::default() }).await;
    let (provider, load) = (Provider::of(&app).await, Load::of(&app));
    provider.answer(Answer::ok().delayed(Duration::from_millis(700)));
    let gateway = Client::new(&app.role("gateway").url(), None);
    let (is_ready, next) = (Cell::new(true), Cell::new(40_000));
    // Clients as a load balancer lets them: they go on until it has seen that the process is not ready any more.
    let client = async || {
        let mut accepted = Vec::new();
        while is_ready.get() {
            let to = Load::number(next.replace(next.get() + 1));
            let answer = load.client.post("/2fa/2/pin", load.body(&to)).await.expect(200);
            accepted.push(answer.json()["pinId"].as_str().expect("an id").to_owned());
            sleep(Duration::from_millis(100)).await;
        }
        accepted
    };
    let stop = async {
        sleep(Duration::from_secs(1)).await;
        for process in &app.processes {
            process.signal("TERM");
        }
        let told = stopwatch();
        while gateway.get("/health/ready").await.status != 503 {
            assert!(told.elapsed() < Duration::from_secs(1), "it is still ready");
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_millis(300)).await;
        is_ready.set(false);
        told
    };
    let (accepted, told) = tokio::join!(join_all((0..6).map(|_| client())), stop);
    let accepted: Vec<String> = accepted.into_iter().flatten().collect();
    assert!(accepted.len() > 20, "only {} were accepted", accepted.len());
    for process in &mut app.processes {
        let status = process.ended().await;
        assert!(status.success() && told.elapsed() < Duration::from_secs(30), "{} ended with {status}", process.roles);
    }
    for process in &mut app.processes {
        process.restart();
    }
    for process in &mut app.processes {
        process.ready().await;
    }
    provider.pins_of(&accepted, Duration::from_secs(10)).await;
    assert_eq!(provider.repetitions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_does_not_wait_for_a_message_in_hand() {
    let mut app = App::start().await;
    let provider = Provider::of(&app).await;
    provider.answer(Answer::silence());
    let pin_id = app.send(app.application(), app.message(), "41793020060").await;
    provider.0.wait_for(1, Duration::from_secs(5)).await;
    let worker = app.role("dispatch");
    worker.signal("TERM");
    sleep(Duration::from_millis(500)).await;
    worker.signal("TERM");
    let told = stopwatch();
    let status = worker.ended().await;
    assert!(told.elapsed() < Duration::from_secs(2), "it ended after {:?}", told.elapsed());
    assert_eq!(status.code(), Some(143));
    provider.answer(Answer::ok());
    worker.restart();
    worker.ready().await;
    provider.0.wait_for(2, Duration::from_secs(12)).await;
    assert_eq!(provider.given_of(&pin_id).len(), 2);
    assert_eq!(provider.repetitions(), 1);
}

/// Waits until the second gateway refuses, and gives the status.
async fn refused_by_the_second(client: &Client, load: &Load, first: u32) -> u16 {
    let start = stopwatch();
    for number in first.. {
        let answer = client.post("/2fa/2/pin", load.body(&Load::number(number))).await;
        if answer.status != 200 {
            return answer.status;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "it still lets in");
        sleep(Duration::from_millis(50)).await;
    }
    unreachable!("numbers do not run out")
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_keys_and_disabled_applications_are_refused_everywhere_within_seconds() {
    let app = App::start_with(Options { has_second_gateway: true, ..Options::default() }).await;
    let load = Load::of(&app);
    let (created, text) = app.command(&["key", "create", "--tenant", "demo", "--name", "short-lived", "--json"]);
    assert!(created, "{text}");
    let key: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    let (id, secret) = (key["id"].as_str().expect("an id"), key["key"].as_str().expect("a key"));
    let doomed = app.second().with(&format!("App {secret}"));
    // The second gateway has it in its memory before it is revoked.
    doomed.post("/2fa/2/pin", load.body(&Load::number(50_000))).await.expect(200);
    let (revoked, text) = app.command(&["key", "revoke", "--tenant", "demo", "--id", id]);
    assert!(revoked, "{text}");
    assert_eq!(refused_by_the_second(&doomed, &load, 50_001).await, 401);

    let (application, message) = app.new_application(json!({})).await;
    let load = Load { client: app.client.clone(), application, message };
    let second = app.second();
    second.post("/2fa/2/pin", load.body(&Load::number(60_000))).await.expect(200);
    let path = format!("/2fa/2/applications/{}", load.application);
    let disabled = app.client.put(&path, json!({ "name": "Test", "enabled": false })).await.expect(200);
    assert_eq!(disabled.json()["enabled"], false);
    let status = refused_by_the_second(&second, &load, 60_001).await;
    assert!((400..500).contains(&status), "{status}");
}
