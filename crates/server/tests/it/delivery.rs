//! What leaves and what does not: nothing late, nothing twice, nothing for ever, and nobody held up by anybody's poison.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pinfold_testkit::{Answer, Role};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{App, Client, Load, Options, Process, Provider, command, free_port};

const PATIENCE: Duration = Duration::from_secs(15);

fn settings(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

async fn with_own_worker(pairs: &[(&'static str, &str)]) -> App {
    App::start_with(Options { has_own_worker: true, settings: settings(pairs), ..Options::default() }).await
}

async fn status(client: &Client, pin_id: &str) -> Value {
    client.get(&format!("/v1/otp/{pin_id}")).await.expect(200).json()["status"].clone()
}

fn native(app: &App) -> Client {
    app.client.with(&format!("Bearer {}", app.demo["API_KEY"]))
}

/// Waits until the record says this.
async fn until_recorded(app: &App, sql: &str, expected: &str) {
    let mut found = String::new();
    for _ in 0..PATIENCE.as_millis() / 100 {
        found = app.database.query(Role::Superuser, sql).expect("the record answers");
        if found == expected {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("{sql}: {found}, not {expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_before_it_leaves_is_never_sent() {
    let mut app = with_own_worker(&[]).await;
    let (provider, client) = (Provider::of(&app).await, native(&app));
    app.role("dispatch").signal("TERM");
    app.role("dispatch").ended().await;
    let otp = async |to: &str, seconds: u64, code: &str| {
        let body = json!({ "to": to, "ttlSeconds": seconds, "code": code });
        client.post("/v1/otp", body).await.expect(200).json()["requestId"].as_str().expect("an id").to_owned()
    };
    let mut expired = Vec::new();
    for number in 0..20 {
        expired.push(otp(&format!("+41793030{number:02}0"), 2, "246813").await);
    }
    let canceled = otp("+41793040010", 300, "246813").await;
    client.delete(&format!("/v1/otp/{canceled}")).await;
    let verified = otp("+41793040020", 300, "246813").await;
    let guess = json!({ "to": "+41793040020", "code": "246813", "requestId": verified });
    let judged = client.post("/v1/otp/verify", guess).await.expect(200).json();
    assert_eq!(judged["matched"], true, "{judged}");
    let alive = otp("+41793040030", 300, "135792").await;
    sleep(Duration::from_millis(2_500)).await;
    app.role("dispatch").restart();
    app.role("dispatch").ready().await;
    provider.pins_of(std::slice::from_ref(&alive), PATIENCE).await;
    let skipped = "SELECT reason, count(*) FROM deliveries WHERE skipped_at IS NOT NULL GROUP BY reason ORDER BY reason";
    until_recorded(&app, skipped, "canceled|1\nexpired|20\nverified|1").await;
    assert!(provider.given().iter().all(|given| given.reference.starts_with(&alive)), "{:?}", provider.given());
    for pin_id in &expired {
        assert_eq!(status(&client, pin_id).await, "expired");
    }
    assert_eq!(status(&client, &canceled).await, "canceled");
    assert_eq!(status(&client, &verified).await, "verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_provider_gets_every_message_once() {
    const COUNT: u32 = 200;
    let short = [("PINFOLD__DELIVERY__LEASE_SECONDS", "2"), ("PINFOLD__DELIVERY__HEARTBEAT_SECONDS", "1")];
    let mut app = with_own_worker(&short).await;
    let mut other = Process::start("dispatch", free_port(), app.directory.path(), &app.environment);
    other.ready().await;
    app.processes.push(other);
    let (provider, load) = (Provider::of(&app).await, Load::of(&app));
    for number in 0..COUNT {
        provider.0.answer_once(Answer::ok().delayed(Duration::from_millis(1_000 + u64::from(number % 5) * 500)));
    }
    let accepted = load.burst(10_000, COUNT).await;
    let ids: Vec<String> = accepted.into_iter().map(|one| one.pin_id).collect();
    provider.pins_of(&ids, Duration::from_secs(20)).await;
    until_recorded(&app, "SELECT count(*) >= 200 FROM deliveries WHERE sent_at IS NOT NULL", "t").await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(provider.repetitions(), 0);
}

/// The ids and bytes of a stream's entries.
fn entries(app: &App, stream: &str) -> Vec<Vec<u8>> {
    let listed = command(&app.redis.url(), &[b"XRANGE", stream.as_bytes(), b"-", b"+"]).list();
    let first = |entry: crate::support::Reply| entry.list().remove(1).list().remove(1).bytes();
    listed.into_iter().map(first).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_buried_shown_replayed_and_purged_and_holds_up_nobody() {
    let quick = [
        ("PINFOLD__DELIVERY__LEASE_SECONDS", "2"),
        ("PINFOLD__DELIVERY__HEARTBEAT_SECONDS", "1"),
        ("PINFOLD__DELIVERY__MAX_HAND_OUTS", "2"),
    ];
    let mut app = with_own_worker(&quick).await;
    let (provider, load) = (Provider::of(&app).await, Load::of(&app));
    app.role("dispatch").signal("TERM");
    app.role("dispatch").ended().await;
    let victim = load.accepted(&Load::number(20_000)).await;
    let streams: Vec<String> = (0..16).map(|partition| format!("pf:{{{partition:02}}}:jobs")).collect();
    let stream = streams.iter().find(|stream| !entries(&app, stream).is_empty()).expect("the message waits");
    let job = entries(&app, stream).remove(0);
    let redis = app.redis.url();
    let inject = |stream: &str, bytes: &[u8]| {
        command(&redis, &[b"XADD", stream.as_bytes(), b"*", b"j", bytes]).bytes();
    };
    // Malformed, too long, and of a version to come, in every partition.
    for stream in &streams {
        inject(stream, b"PIN 123456 of nobody");
        inject(stream, &vec![b'x'; 200_000]);
        let mut foreign = job.clone();
        foreign[0] = 31;
        inject(stream, &foreign);
    }
    // The record of one PIN under the name of another: its seal does not open.
    let tag = stream.trim_end_matches("jobs");
    let key = |job: &[u8]| format!("{tag}pin:{}:{}", URL_SAFE_NO_PAD.encode(&job[1..17]), URL_SAFE_NO_PAD.encode(&job[17..33]));
    for number in 0..5 {
        let mut moved = job.clone();
        moved[17..33].fill(number);
        let copied = command(&redis, &[b"COPY", key(&job).as_bytes(), key(&moved).as_bytes()]);
        assert_eq!(copied, crate::support::Reply::Line(":1".into()));
        inject(stream, &moved);
    }
    app.role("dispatch").restart();
    app.role("dispatch").ready().await;
    let sent = load.burst(20_001, 50).await;
    let mut ids: Vec<String> = sent.into_iter().map(|one| one.pin_id).collect();
    ids.push(victim.pin_id.clone());
    let pins = provider.pins_of(&ids, Duration::from_secs(5)).await;
    let expected: BTreeMap<String, usize> =
        [("foreign_version", 16), ("malformed", 32), ("undecryptable", 5)].map(|(name, count)| (name.to_owned(), count)).into();
    let list = || {
        let (listed, text) = app.command(&["dead-letters", "list", "--json", "--most", "1000"]);
        assert!(listed, "{text}");
        text
    };
    let reasons = |text: &str| {
        let letters: Vec<Value> = serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"));
        letters.iter().fold(BTreeMap::<String, usize>::new(), |mut counts, letter| {
            *counts.entry(letter["reason"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            counts
        })
    };
    let mut text = list();
    for _ in 0..20 {
        if reasons(&text) == expected {
            break;
        }
        sleep(Duration::from_millis(500)).await;
        text = list();
    }
    assert_eq!(reasons(&text), expected);
    let (listed, table) = app.command(&["dead-letters", "list"]);
    assert!(listed && table.contains("undecryptable"), "{table}");
    for shown in [&text, &table] {
        assert!(!shown.contains(&pins[&victim.pin_id]) && !shown.contains("123456") && !shown.contains(&victim.to), "{shown}");
    }
    let (replayed, text) = app.command(&["dead-letters", "replay"]);
    assert!(replayed && text.contains("Queued 5 again."), "{text}");
    let (purged, text) = app.command(&["dead-letters", "purge"]);
    assert!(purged && text.contains("Removed"), "{text}");
    assert_eq!(provider.repetitions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_in_trouble_is_tried_three_times_at_most_and_the_end_is_recorded() {
    let quick = [("PINFOLD__DELIVERY__DEADLINE_MS", "500"), ("PINFOLD__DELIVERY__FIRST_RETRY_MS", "50")];
    let app = App::start_with(Options { settings: settings(&quick), ..Options::default() }).await;
    // The simulated phone refuses this number twice.
    app.send(app.application(), app.message(), "41793029002").await;
    app.wait_for_messages("41793029002", 1).await;
    let (provider, load) = (Provider::of(&app).await, Load::of(&app));
    let troubles = [
        (Answer::status(500), 3),
        (Answer::status(429).retry_after(1), 3),
        // Whether the message was taken is unknown: it is repeated once.
        (Answer::silence(), 2),
        (Answer::reset(), 2),
    ];
    for (number, (trouble, most)) in (0..).zip(troubles) {
        provider.answer(trouble);
        let sent = load.accepted(&Load::number(30_000 + number)).await;
        let failed = "SELECT count(*) FROM deliveries WHERE failed_at IS NOT NULL";
        until_recorded(&app, failed, &(number + 1).to_string()).await;
        let tries = provider.given_of(&sent.pin_id).len();
        assert!((1..=most).contains(&tries), "{tries} tries in case {number}");
    }
    provider.repetitions();
    let (_, text) = app.command(&["dead-letters", "list"]);
    assert!(text.contains("http_500") && text.contains("http_429") && text.contains("timeout"), "{text}");
    // What was given up can be sent once the provider is well.
    provider.answer(Answer::ok());
    provider.0.clear();
    let (replayed, text) = app.command(&["dead-letters", "replay"]);
    assert!(replayed && text.contains("Queued 4 again."), "{text}");
    until_recorded(&app, "SELECT count(*) FROM deliveries WHERE sent_at IS NOT NULL AND failed_at IS NOT NULL", "4").await;
    assert_eq!(provider.given().len(), 4);
}
