//! Keys turn while the service runs: a tenant's data key, the master key, and the end of both.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pinfold_testkit::Role;
use serde_json::json;
use tokio::time::sleep;

use crate::support::{App, Client, Options, Process, free_port, run};

const NEW_KEY: [u8; 32] = *b"another thirty-two bytes of test";

/// Runs a command beside the test; its text when it succeeds.
async fn command(environment: &BTreeMap<String, String>, arguments: &'static [&'static str]) -> String {
    let environment = environment.clone();
    let (status, text) = tokio::task::spawn_blocking(move || run(&environment, arguments)).await.expect("the command runs");
    assert!(status.success(), "{arguments:?}: {text}");
    text
}

/// Sends and verifies one PIN after another until `done`, each of which must succeed; gives how many.
async fn traffic<T>(app: &App, client: &Client, application: &str, message: &str, done: impl Future<Output = T>) -> (usize, T) {
    let mut done = std::pin::pin!(done);
    let mut count = 0;
    let first = usize::from(u16::from_le_bytes(pinfold_core::entropy::bytes()));
    loop {
        // Never twice the same, and none whose last digits make the simulator fail.
        let to = format!("41793{:05}0", (first + count) % 100_000);
        let body = json!({ "applicationId": application, "messageId": message, "to": to });
        let sent = client.post("/2fa/2/pin", body).await.expect(200).json();
        let pin = json!({ "pin": app.pin_of(&to).await });
        let path = format!("/2fa/2/pin/{}/verify", sent["pinId"].as_str().expect("an id"));
        assert_eq!(client.post(&path, pin).await.expect(200).json()["verified"], true, "PIN {count}");
        count += 1;
        tokio::select! {
            biased;
            ended = &mut done => return (count, ended),
            () = sleep(Duration::from_millis(10)) => {}
        }
    }
}

/// An installation whose stores may take their time: what is judged here is that nothing fails, not how fast the machine is.
async fn patient() -> App {
    let settings = vec![
        ("PINFOLD__POSTGRES__OPERATION_TIMEOUT_MS", "20000".into()),
        ("PINFOLD__POSTGRES__CONNECT_TIMEOUT_MS", "10000".into()),
        ("PINFOLD__POSTGRES__STATEMENT_TIMEOUT_MS", "10000".into()),
        ("PINFOLD__POSTGRES__ACQUIRE_TIMEOUT_MS", "10000".into()),
    ];
    App::start_with(Options { settings, ..Options::default() }).await
}

fn count(app: &App, query: &str) -> String {
    app.database.query(Role::Superuser, query).expect("an answer").trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_key_rotates_under_load_and_secrets_follow() {
    let app = patient().await;
    let (application, message) = app.new_application(json!({})).await;
    let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["pin.sent"] });
    app.client.post("/v1/webhook-endpoints", hook).await.expect(201);
    let fixed = json!({ "testNumbers": [{ "phoneNumber": "41793029999", "code": "918273" }] });
    let test_numbers = format!("/v1/applications/{application}/test-numbers");
    app.client.put(&test_numbers, fixed.clone()).await.expect(200);
    let early = app.send(&application, &message, "41793024001").await;
    let early_pin = app.pin_of("41793024001").await;

    let rotate = async {
        let text = command(&app.environment, &["key", "rotate", "--tenant", "demo"]).await;
        assert!(text.contains("version 2 seals"), "{text}");
        command(&app.environment, &["key", "rewrap"]).await
    };
    let (served, text) = traffic(&app, &app.client, &application, &message, rotate).await;
    assert!(served > 10, "{served}");
    assert!(!text.contains(" 0 secrets"), "{text}");
    // Another pass finds nothing to do.
    let text = command(&app.environment, &["key", "rewrap"]).await;
    assert!(text.contains(" 0 data keys and 0 secrets"), "{text}");
    for table in ["connections", "webhook_endpoints", "test_numbers"] {
        let old = format!("SELECT count(*) FROM {table} WHERE get_byte(sealed, 0) <> 245 OR get_byte(sealed, 2) <> 2");
        assert_eq!(count(&app, &old), "0", "{table}");
    }
    sleep(Duration::from_secs(6)).await;
    assert_eq!(app.verify(&early, &early_pin).await["verified"], true, "a PIN of the old key lives on");
    assert_eq!(app.client.get(&test_numbers).await.expect(200).json(), fixed);
    let (served, ()) = traffic(&app, &app.client, &application, &message, sleep(Duration::from_secs(1))).await;
    assert!(served > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_key_is_replaced_and_the_old_one_retired() {
    let app = patient().await;
    let (application, message) = app.new_application(json!({})).await;
    let (stranger, ..) = app.stranger("stranger").await;
    let old = app.environment["PINFOLD__SECURITY__MASTER_KEY"].clone();
    let new = format!("2:{}", STANDARD.encode(NEW_KEY));
    let ring = |value: String| {
        let mut environment = app.environment.clone();
        environment.insert("PINFOLD__SECURITY__MASTER_KEY".into(), value);
        environment
    };
    let both = ring(format!("{new},1:{old}"));
    let credentials = command(&both, &["key", "credentials"]).await.trim().to_owned();
    let alone = ring(format!("{new},{credentials}"));
    // Too early: what the old one sealed does not open.
    let (status, text) = run(&alone, &["doctor"]);
    assert!(!status.success() && text.contains("master_key"), "{text}");

    // Interrupted at random, it goes on the next time.
    for patience in [30, 60, 120, 240] {
        let mut cut = Command::new(env!("CARGO_BIN_EXE_pinfold"));
        let cut = cut.args(["key", "rewrap"]).env_clear().envs(&both).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut cut = cut.expect("the executable starts");
        sleep(Duration::from_millis(patience)).await;
        cut.kill().expect("it is ours");
        cut.wait().expect("it is ours");
    }
    let rewrap = async {
        let text = command(&both, &["key", "rewrap"]).await;
        assert!(text.contains("0 keys are left") && text.contains("may go"), "{text}");
    };
    // Processes that know both versions serve before, while and after it is done.
    let mut with_both = Process::start("all", free_port(), app.directory.path(), &both);
    with_both.ready().await;
    let served = Client { base: with_both.url(), ..app.client.clone() };
    let (count_served, ()) = traffic(&app, &served, &application, &message, rewrap).await;
    assert!(count_served > 0);
    assert_eq!(count(&app, "SELECT count(*) FROM tenant_keys WHERE master_version <> 2"), "0");

    let mut with_new = Process::start("all", free_port(), app.directory.path(), &alone);
    with_new.ready().await;
    let client = Client { base: with_new.url(), ..app.client.clone() };
    client.get("/2fa/2/applications").await.expect(200);
    Client { base: with_new.url(), ..stranger }.get("/2fa/2/applications").await.expect(200);
    let (count_served, ()) = traffic(&app, &client, &application, &message, sleep(Duration::from_millis(500))).await;
    assert!(count_served > 0, "API keys, PINs and secrets of before work without version 1");
    client.get("/.well-known/jwks.json").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn destroying_one_tenants_keys_ends_that_tenant_alone() {
    let app = patient().await;
    let (application, message) = app.new_application(json!({})).await;
    let (stranger, ..) = app.stranger("stranger").await;
    let (done, text) = app.command(&["key", "destroy", "--tenant", "stranger", "--confirm", "demo"]);
    assert!(!done && text.contains("nothing was destroyed"), "{text}");
    stranger.get("/2fa/2/applications").await.expect(200);

    let destroy = command(&app.environment, &["key", "destroy", "--tenant", "stranger", "--confirm", "stranger"]);
    let (served, text) = traffic(&app, &app.client, &application, &message, destroy).await;
    assert!(served > 0 && text.contains("1 keys of stranger"), "{text}");
    for _ in 0..50 {
        if stranger.get("/2fa/2/applications").await.status == 401 {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    stranger.get("/2fa/2/applications").await.expect(401);
    assert_eq!(
        count(&app, "SELECT count(*) FROM tenant_keys AS k JOIN tenants AS t ON t.id = k.tenant_id WHERE t.slug = 'stranger'"),
        "0"
    );
    let (served, ()) = traffic(&app, &app.client, &application, &message, sleep(Duration::from_secs(1))).await;
    assert!(served > 0, "the other tenant does not notice");
    // A pass over all tenants passes by what is destroyed.
    command(&app.environment, &["key", "rewrap"]).await;
}
