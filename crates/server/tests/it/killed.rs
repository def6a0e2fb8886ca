//! Whatever is killed while it works: what was accepted arrives or is reported, and nothing counts twice.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use futures::future::join_all;
use pinfold_http::clock::stopwatch;
use pinfold_testkit::Answer;
use serde_json::json;
use tokio::time::sleep;

use crate::support::{Accepted, App, Load, Options, Provider, insist};

const SLOW: Duration = Duration::from_millis(400);

fn ids(accepted: &[Accepted]) -> Vec<String> {
    accepted.iter().map(|one| one.pin_id.clone()).collect()
}

fn setting(name: &'static str, value: &str) -> (&'static str, String) {
    (name, value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_loses_nothing_and_repeats_at_most_what_it_had_on_its_way() {
    const CONCURRENCY: usize = 16;
    let settings = vec![setting("PINFOLD__DELIVERY__CONCURRENCY", &CONCURRENCY.to_string())];
    let mut app = App::start_with(Options { settings, ..Options::default() }).await;
    let (provider, load) = (Provider::of(&app).await, Load::of(&app));
    provider.answer(Answer::ok().delayed(SLOW));
    let worker = app.role("dispatch");
    let kill = async {
        sleep(Duration::from_millis(1_500)).await;
        worker.kill();
        worker.restart();
        let killed = stopwatch();
        worker.ready().await;
        sleep(Duration::from_millis(500)).await;
        killed
    };
    let (accepted, killed) = load.during(1_000, 4, kill).await;
    assert!(accepted.len() > 20, "only {} were accepted", accepted.len());
    provider.pins_of(&ids(&accepted), Duration::from_secs(20)).await;
    assert!(killed.elapsed() < Duration::from_secs(12), "taken over after {:?}", killed.elapsed());
    sleep(SLOW * 3).await;
    let repetitions = provider.repetitions();
    assert!(repetitions <= CONCURRENCY, "{repetitions} repetitions");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_or_verification_loses_nothing_and_a_repeated_send_is_one_pin() {
    let mut app = App::start().await;
    let (provider, load) = (Provider::of(&app).await, Load::of(&app));
    for (round, role) in ["gateway", "verification", "gateway"].into_iter().enumerate() {
        let process = app.role(role);
        let kill = async {
            sleep(Duration::from_millis(700)).await;
            process.kill();
            process.restart();
            process.ready().await;
            sleep(Duration::from_millis(300)).await;
        };
        let (accepted, ()) = load.during(2_000 + 1_000 * round as u32, 8, kill).await;
        assert!(accepted.len() > 20, "only {} were accepted", accepted.len());
        provider.pins_of(&ids(&accepted), Duration::from_secs(15)).await;
    }
    provider.repetitions();
    // A number had one key, so it has one PIN, and each is the one that the client was told.
    let mut references: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for given in provider.given() {
        references.entry(given.to).or_default().insert(given.reference);
    }
    assert!(references.values().all(|references| references.len() == 1), "{references:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_whose_answer_was_lost_is_given_again_to_its_key_and_to_no_other() {
    const COUNT: u32 = 40;
    let mut app = App::start().await;
    let (provider, load) = (Provider::of(&app).await, Load::of(&app));
    let accepted = load.burst(5_000, COUNT).await;
    let pins = provider.pins_of(&ids(&accepted), Duration::from_secs(10)).await;
    let client = app.client.clone();
    let path = |pin_id: &str| format!("/2fa/2/pin/{pin_id}/verify");
    let verifies = accepted.iter().zip(0..COUNT).map(async |(sent, number)| {
        sleep(Duration::from_millis(40) * number).await;
        insist(&client, &path(&sent.pin_id), &format!("verify-{number}"), json!({ "pin": pins[&sent.pin_id] })).await
    });
    let process = app.role("verification");
    let kill = async {
        sleep(Duration::from_millis(800)).await;
        process.kill();
        process.restart();
        process.ready().await;
    };
    let (answers, ()) = tokio::join!(join_all(verifies), kill);
    for (answer, sent) in answers.into_iter().zip(&accepted) {
        assert_eq!(answer.json()["verified"], true, "{}", answer.text);
        let pin = json!({ "pin": pins[&sent.pin_id] });
        let other = insist(&client, &path(&sent.pin_id), "another-key", pin).await;
        assert_eq!(other.json()["verified"], false, "{}", other.text);
    }
    // The client goes away before its answer comes.
    let lost = load.accepted(&Load::number(6_000)).await;
    let pin = provider.pins_of(std::slice::from_ref(&lost.pin_id), Duration::from_secs(10)).await[&lost.pin_id].clone();
    let (path, body) = (path(&lost.pin_id), json!({ "pin": pin }).to_string());
    let mut stream = TcpStream::connect(client.base.trim_start_matches("http://")).expect("it listens");
    let authorization = client.authorization.as_deref().unwrap_or_default();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nIdempotency-Key: lost\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    drop(stream);
    for _ in 0..2 {
        let again = insist(&client, &path, "lost", json!({ "pin": pin })).await;
        assert_eq!(again.json()["verified"], true, "{}", again.text);
    }
    let other = insist(&client, &path, "found", json!({ "pin": pin })).await;
    assert_eq!(other.json()["verified"], false, "{}", other.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_killed_at_once_comes_back_with_its_pins_and_their_counters() {
    const COUNT: u32 = 12;
    let mut app = App::start_with(Options { is_redis_durable: true, ..Options::default() }).await;
    let (provider, mut load) = (Provider::of(&app).await, Load::of(&app));
    (load.application, load.message) = app.new_application(json!({ "pinAttempts": 10, "pinTimeToLive": "10m" })).await;
    let accepted = load.burst(7_000, COUNT).await;
    let pins = provider.pins_of(&ids(&accepted), Duration::from_secs(10)).await;
    // What each client was told last about the attempts that are left.
    let told: RefCell<BTreeMap<&str, u64>> = RefCell::default();
    let client = app.client.clone();
    let guesses = accepted.iter().zip(1..).map(async |(sent, number)| {
        sleep(Duration::from_millis(30) * number).await;
        for _ in 0..8 {
            let wrong = json!({ "pin": App::wrong(&pins[&sent.pin_id]) });
            let request = client.request("POST", &format!("/2fa/2/pin/{}/verify", sent.pin_id)).json(&wrong);
            let Ok(answer) = client.try_send(request).await else { return };
            if answer.status == 200 {
                told.borrow_mut().insert(&sent.pin_id, answer.json()["attemptsRemaining"].as_u64().expect("a number"));
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    let crash = async {
        sleep(Duration::from_millis(500)).await;
        app.redis.kill();
        app.processes.iter_mut().for_each(crate::support::Process::kill);
        app.database.refuse_connections();
        sleep(Duration::from_millis(500)).await;
        let returned = stopwatch();
        app.redis.restart();
        app.database.accept_connections();
        for process in &mut app.processes {
            process.restart();
        }
        for process in &mut app.processes {
            process.ready().await;
        }
        assert!(returned.elapsed() < Duration::from_secs(30), "ready after {:?}", returned.elapsed());
        sleep(Duration::from_millis(200)).await;
    };
    let (more, _) = load.during(8_000, 2, async { tokio::join!(join_all(guesses), crash) }).await;
    let told = told.into_inner();
    assert!(!told.is_empty());
    for sent in &accepted {
        let pin = &pins[&sent.pin_id];
        let wrong = app.verify(&sent.pin_id, &App::wrong(pin)).await;
        let left = wrong["attemptsRemaining"].as_u64().expect("a number");
        let before = told.get(sent.pin_id.as_str()).copied().unwrap_or(10);
        assert!(left < before, "{before} attempts were left, and then {left}");
        assert_eq!(app.verify(&sent.pin_id, pin).await["verified"], true);
    }
    let pins = provider.pins_of(&ids(&more), Duration::from_secs(15)).await;
    for sent in more.iter().take(5) {
        assert_eq!(app.verify(&sent.pin_id, &pins[&sent.pin_id]).await["verified"], true);
    }
    provider.repetitions();
}
