//! API keys in our own words: shown once, never stronger than their maker, and gone everywhere when they are gone.

use std::time::Duration;

use pinfold_http::clock::stopwatch;
use serde_json::{Value, json};

use crate::support::{App, Client, Options};

async fn key(app: &App, body: Value) -> (String, Client) {
    let created = app.client.post("/v1/api-keys", body).await.expect(201).json();
    let secret = created["secret"].as_str().expect("a secret");
    (created["id"].as_str().expect("an id").to_owned(), app.client.with(&format!("Bearer {secret}")))
}

/// Waits until a request is answered with this status; it takes at most five seconds.
async fn becomes(client: &Client, path: &str, status: u16) {
    let started = stopwatch();
    loop {
        let answer = client.get(path).await;
        if answer.status == status {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{path} is still {}", answer.status);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_created_shown_once_changed_rotated_and_revoked() {
    let app = App::start().await;
    let wish = json!({ "name": "Checkout", "scopes": ["pin:send", "config:read"], "networks": ["127.0.0.1"],
        "defaultApplicationId": app.application() });
    let (id, client) = key(&app, wish).await;
    let one = format!("/v1/api-keys/{id}");
    client.get("/v1/connections").await.expect(200);
    let shown = app.client.get(&one).await.expect(200);
    let secret = client.authorization.as_deref().and_then(|header| header.strip_prefix("Bearer ")).expect("a key");
    assert!(!shown.text.contains(secret) && shown.json()["prefix"] == secret[..12]);
    assert_eq!(shown.json()["scopes"], json!(["pin:send", "config:read"]));
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let changed = app.client.put(&one, json!({ "name": "Till", "scopes": ["config:read"] })).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["scopes"]), (&json!("Till"), &json!(["config:read"])));
    // Both keys work while they overlap.
    let rotated = app.client.post(&format!("{one}/rotation"), json!({ "overlapSeconds": 3 })).await.expect(201).json();
    let new = app.client.with(&format!("Bearer {}", rotated["secret"].as_str().expect("a secret")));
    assert_eq!((&rotated["scopes"], &rotated["networks"]), (&json!(["config:read"]), &json!(["127.0.0.1"])));
    becomes(&new, "/v1/connections", 200).await;
    client.get("/v1/connections").await.expect(200);
    tokio::time::sleep(Duration::from_secs(3)).await;
    becomes(&client, "/v1/connections", 401).await;
    let new_id = rotated["id"].as_str().expect("an id");
    // Its use shows, to the minute, without anybody having waited for that.
    for _ in 0..60 {
        if app.client.get(&format!("/v1/api-keys/{new_id}")).await.expect(200).json()["lastUsedAt"].is_string() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let shown = app.client.get(&format!("/v1/api-keys/{new_id}")).await.expect(200).json();
    assert!(shown["lastUsedAt"].as_str().is_some_and(|at| at.contains(":00")), "{shown}");
    app.client.delete(&format!("/v1/api-keys/{new_id}")).await.expect(204);
    app.client.delete(&format!("/v1/api-keys/{new_id}")).await.expect(204);
    becomes(&new, "/v1/connections", 401).await;
    // Expired, revoked and unknown are one.
    let unknown = app.client.with("Bearer pf_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let plain = async |client: &Client| {
        let answer = client.get("/v1/connections").await;
        (answer.status, answer.text.replace(answer.header("x-request-id").unwrap_or_default(), ""))
    };
    let expected = plain(&unknown).await;
    assert_eq!((plain(&client).await, plain(&new).await), (expected.clone(), expected));
    app.client.put(&format!("/v1/api-keys/{new_id}"), json!({ "enabled": true })).await.expect(400);
    app.client.post(&format!("/v1/api-keys/{new_id}/rotation"), json!({})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_grants_more_than_they_hold() {
    let app = App::start().await;
    let (_, manager) = key(&app, json!({ "name": "manager", "scopes": ["keys:manage", "pin:send"] })).await;
    for scopes in [json!(["pin:verify"]), json!(["pin:send", "config:read"]), json!(["recipients:reveal"])] {
        manager.post("/v1/api-keys", json!({ "name": "x", "scopes": scopes })).await.expect(403);
    }
    let own = manager.post("/v1/api-keys", json!({ "name": "x", "scopes": ["pin:send"] })).await.expect(201).json();
    let own = format!("/v1/api-keys/{}", own["id"].as_str().expect("an id"));
    manager.put(&own, json!({ "scopes": ["config:write"] })).await.expect(403);
    let (strong, _) = key(&app, json!({ "name": "strong", "scopes": ["config:write"] })).await;
    manager.post(&format!("/v1/api-keys/{strong}/rotation"), json!({})).await.expect(403);
    let sandbox = app.client.with(&format!("Bearer {}", app.demo["SANDBOX_API_KEY"]));
    sandbox.post("/v1/api-keys", json!({ "name": "x", "scopes": [], "environment": "live" })).await.expect(403);
    for wrong in [
        json!({ "scopes": [] }),
        json!({ "name": "", "scopes": [] }),
        json!({ "name": "x" }),
        json!({ "name": "x", "scopes": ["root"] }),
        json!({ "name": "x", "scopes": [], "networks": ["localhost"] }),
        json!({ "name": "x", "scopes": [], "expiresAt": "2020-01-01T00:00:00Z" }),
        json!({ "name": "x", "scopes": [], "defaultApplicationId": "0".repeat(32) }),
    ] {
        app.client.post("/v1/api-keys", wrong.clone()).await.expect(400);
    }
    // What nobody may set is left alone.
    let body = json!({ "name": "x", "scopes": [], "id": "0".repeat(32), "tenantId": "x", "enabled": false, "createdAt": 0 });
    let made = app.client.post("/v1/api-keys", body).await.expect(201).json();
    assert!(made["id"] != "0".repeat(32) && made["enabled"] == true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_at_one_instance_ends_at_all_within_five_seconds() {
    let app = App::start_with(Options { has_second_gateway: true, ..Options::default() }).await;
    let at_second = |client: &Client| Client { base: app.second().base, ..client.clone() };
    let all = json!({ "name": "x", "scopes": ["config:read", "pin:send"] });
    let ((revoked, one), (moved, other)) = (key(&app, all.clone()).await, key(&app, all).await);
    for client in [&one, &other] {
        at_second(client).get("/v1/connections").await.expect(200);
        client.get("/v1/connections").await.expect(200);
    }
    app.client.delete(&format!("/v1/api-keys/{revoked}")).await.expect(204);
    app.client.put(&format!("/v1/api-keys/{moved}"), json!({ "networks": ["192.0.2.0/24", "2001:db8::/32"] })).await.expect(200);
    for (client, status) in [(&one, 401), (&other, 403)] {
        becomes(&at_second(client), "/v1/connections", status).await;
        becomes(client, "/v1/connections", status).await;
    }
    app.client.put(&format!("/v1/api-keys/{moved}"), json!({ "networks": ["127.0.0.0/8"] })).await.expect(200);
    becomes(&at_second(&other), "/v1/connections", 200).await;
    // An application that is switched off sends nothing, at either.
    let (application, message) = app.new_application(json!({})).await;
    let send = json!({ "applicationId": application, "messageId": message, "to": "41793026727" });
    let second = at_second(&app.bearer());
    second.post("/2fa/2/pin", send.clone()).await.expect(200);
    app.client.put(&format!("/2fa/2/applications/{application}"), json!({ "name": "x", "enabled": false })).await.expect(200);
    let started = stopwatch();
    while second.post("/2fa/2/pin", send.clone()).await.status == 200 {
        assert!(started.elapsed() < Duration::from_secs(5), "it still sends");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
