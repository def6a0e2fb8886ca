//! Webhook endpoints and what they were told: a secret is shown once, and nothing is queued that nobody will deliver.

use actix_web::http::header::LOCATION;
use pinfold_core::webhook::{SecretSlot, WebhookSecret};
use pinfold_http::Caller;
use pinfold_testkit::Role;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{World, world};

const PATH: &str = "/v1/webhook-endpoints";

async fn create(world: &World, caller: &Caller) -> Value {
    let request = json!({"url": "https://example.com/hook?token=1", "eventTypes": ["pin.verified", "pin.sent"]});
    world.post(caller, PATH, request).await.expect(201)
}

fn one(endpoint: &Value) -> String {
    format!("{PATH}/{}", endpoint["id"].as_str().unwrap())
}

fn sql(world: &World, sql: &str) -> String {
    world.sql.query(Role::Superuser, sql).unwrap()
}

/// The secret that the table holds for an endpoint.
async fn stored(world: &World, caller: &Caller, endpoint: &Value, column: &str, slot: SecretSlot) -> String {
    let id = endpoint["id"].as_str().unwrap();
    let sealed = sql(world, &format!("SELECT encode({column}, 'hex') FROM webhook_endpoints WHERE id = '{id}'"));
    let sealed: Vec<u8> = (0..sealed.len()).step_by(2).map(|at| u8::from_str_radix(&sealed[at..at + 2], 16).unwrap()).collect();
    let snapshot = world.state.snapshots.tenant(caller.tenant).await.unwrap().unwrap();
    let place = WebhookSecret::place(caller.tenant, id.parse().unwrap(), slot);
    let secret = WebhookSecret::from_bytes(&snapshot.keys.open_secret(&sealed, &place).unwrap()).unwrap();
    secret.text().expose_secret().to_owned()
}

#[actix_web::test]
async fn a_secret_is_shown_once_and_stands_sealed() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let request =
        json!({"url": "https://example.com/hook", "description": "x", "eventTypes": ["pin.sent"], "enabled": false, "id": "1"});
    let answer = world.post(&ann, PATH, request).await;
    assert_eq!(answer.headers.get("cache-control").unwrap(), "no-store");
    let location = answer.headers.get(LOCATION).unwrap().to_str().unwrap().to_owned();
    let mut created = answer.expect(201);
    assert_eq!(location, one(&created));
    let secret = created["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{secret}");
    assert_eq!(stored(&world, &ann, &created, "sealed", SecretSlot::Current).await, secret);
    created.as_object_mut().unwrap().remove("secret");
    assert_eq!(created["enabled"], true);
    assert_eq!(world.get(&ann, &location).await.expect(200), created);
    let all = world.get(&ann, PATH).await.expect(200);
    assert_eq!(all, json!({"endpoints": [created], "backlog": {"waiting": 0, "limit": 100_000, "dropped": 0}}));
    assert!(!world.dump().contains(&secret[6..]));
    assert_eq!(world.delete(&ann, &location).await.status, 204);
    world.get(&ann, &location).await.expect(404);
}

#[actix_web::test]
async fn a_new_secret_overlaps_with_the_one_before() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let endpoint = create(&world, &ann).await;
    let rotate = format!("{}/secret", one(&endpoint));
    let rotated = world.post(&ann, &rotate, json!({})).await.expect(200);
    assert_ne!(rotated["secret"], endpoint["secret"]);
    assert!(rotated["previousSecretExpiresAt"].is_string());
    assert_eq!(stored(&world, &ann, &endpoint, "sealed", SecretSlot::Current).await, rotated["secret"].as_str().unwrap());
    let previous = stored(&world, &ann, &endpoint, "sealed_previous", SecretSlot::Previous).await;
    assert_eq!(previous, endpoint["secret"].as_str().unwrap());
    let hours = "SELECT round(extract(epoch FROM previous_expires_at - now()) / 3600) FROM webhook_endpoints";
    assert_eq!(sql(&world, hours), "24");
    world.post(&ann, &rotate, json!({"overlapHours": 0})).await.expect(200);
    assert_eq!(sql(&world, hours), "0");
    assert_eq!(world.post(&ann, &rotate, json!({"overlapHours": 169})).await.native_faults(), ["overlapHours"]);
    assert_eq!(world.post(&ann, &rotate, json!({"overlapHours": -1})).await.native_faults(), ["overlapHours"]);
    // Two at once: each answers with a secret of its own, and the last one signs.
    let rotation = || world.post(&ann, &rotate, json!({}));
    let (first, second) = futures::join!(rotation(), rotation());
    let secrets = [first.expect(200)["secret"].clone(), second.expect(200)["secret"].clone()];
    assert_ne!(secrets[0], secrets[1]);
    let current = stored(&world, &ann, &endpoint, "sealed", SecretSlot::Current).await;
    assert!(secrets.contains(&json!(current)));
}

#[actix_web::test]
async fn a_change_keeps_what_it_leaves_out() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let endpoint = create(&world, &ann).await;
    let path = one(&endpoint);
    let before = world.get(&ann, &path).await.expect(200);
    assert_eq!(world.put(&ann, &path, json!({})).await.expect(200), before);
    let changed = world.put(&ann, &path, json!({"description": "new", "eventTypes": ["alert.raised"]})).await.expect(200);
    assert_eq!((&changed["description"], &changed["eventTypes"]), (&json!("new"), &json!(["alert.raised"])));
    assert_eq!(changed["url"], before["url"]);
    for (request, field) in [
        (json!({"url": "http://example.com"}), "url"),
        (json!({"url": "https://169.254.169.254/"}), "url"),
        (json!({"eventTypes": []}), "eventTypes"),
        (json!({"eventTypes": ["pin.guessed"]}), "eventTypes"),
        (json!({"description": "\u{7}".repeat(256)}), "description"),
    ] {
        assert_eq!(world.put(&ann, &path, request.clone()).await.native_faults(), [field], "{request}");
    }
    assert_eq!(world.get(&ann, &path).await.expect(200), changed);
}

#[actix_web::test]
async fn what_is_switched_off_is_told_nothing_until_it_is_switched_on() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let endpoint = create(&world, &ann).await;
    let path = one(&endpoint);
    let test = world.post(&ann, &format!("{path}/test"), json!({})).await.expect(202);
    let message = format!("{path}/messages/{}", test["messageId"].as_str().unwrap());
    assert_eq!(world.get(&ann, &message).await.expect(200)["status"], "waiting");
    let off = world.put(&ann, &path, json!({"enabled": false})).await.expect(200);
    assert_eq!((&off["enabled"], &off["disabledReason"]), (&json!(false), &json!("manual")));
    let given_up = world.get(&ann, &message).await.expect(200);
    assert_eq!((&given_up["status"], &given_up["lastOutcome"]), (&json!("failed"), &json!("endpoint_disabled")));
    assert_eq!(world.get(&ann, PATH).await.expect(200)["backlog"]["waiting"], 0);
    for (path, body) in [
        (format!("{path}/test"), json!({})),
        (format!("{path}/replay"), json!({"since": "2026-01-01T00:00:00Z"})),
        (format!("{message}/replay"), json!({})),
    ] {
        assert_eq!(world.post(&ann, &path, body).await.expect(409)["code"], "endpoint_disabled", "{path}");
    }
    let on = world.put(&ann, &path, json!({"enabled": true})).await.expect(200);
    assert!(on["enabled"] == true && on.get("disabledReason").is_none() && on.get("disabledAt").is_none());
    assert_eq!(world.post(&ann, &format!("{message}/replay"), json!({})).await.status, 204);
    assert_eq!(world.get(&ann, &message).await.expect(200)["status"], "waiting");
}

#[actix_web::test]
async fn messages_are_listed_page_by_page_and_by_what_they_are() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let endpoint = create(&world, &ann).await;
    let path = one(&endpoint);
    for _ in 0..7 {
        world.post(&ann, &format!("{path}/test"), json!({})).await.expect(202);
    }
    // Three of them at the very same time.
    sql(
        &world,
        "UPDATE webhook_messages SET created_at = '2026-01-01' WHERE id IN (SELECT id FROM webhook_messages ORDER BY created_at LIMIT 3)",
    );
    sql(&world, "UPDATE webhook_messages SET status = 'failed', finished_at = now() WHERE created_at = '2026-01-01'");
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = world.get(&ann, &format!("{path}/messages?size=2{after}")).await.expect(200);
        let messages = page["messages"].as_array().unwrap();
        seen.extend(messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        assert_eq!(messages.len(), 2);
    }
    assert_eq!(seen.len(), 7);
    assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 7);
    let count = async |query: &str| {
        let page = world.get(&ann, &format!("{path}/messages?{query}")).await.expect(200);
        page["messages"].as_array().unwrap().len()
    };
    assert_eq!(count("status=failed").await, 3);
    assert_eq!(count("status=waiting&type=webhook.test").await, 4);
    assert_eq!(count("type=pin.sent").await, 0);
    assert_eq!(count("before=2026-01-02T00:00:00Z").await, 3);
    assert_eq!(count("since=2026-01-02T00:00:00Z").await, 4);
    assert_eq!(count(&format!("after={}", "0".repeat(32))).await, 0);
    for (query, field) in
        [("status=x", "status"), ("type=x", "type"), ("since=x", "since"), ("size=0", "size"), ("after=x", "after")]
    {
        assert_eq!(world.get(&ann, &format!("{path}/messages?{query}")).await.native_faults(), [field]);
    }
    let replayed = world.post(&ann, &format!("{path}/replay"), json!({"since": "2026-01-01T00:00:00Z"})).await.expect(202);
    assert_eq!(replayed, json!({"replayed": 3}));
    assert_eq!(count("status=waiting").await, 7);
    assert_eq!(world.post(&ann, &format!("{path}/replay"), json!({})).await.native_faults(), ["since"]);
    assert_eq!(world.post(&ann, &format!("{path}/replay"), json!({"since": "x"})).await.native_faults(), ["since"]);
}

#[actix_web::test]
async fn a_tenant_has_sixteen_endpoints_and_one_backlog() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    let request = || json!({"url": "https://example.com/hook", "eventTypes": ["pin.sent"]});
    for _ in 0..12 {
        world.post(&ann, PATH, request()).await.expect(201);
    }
    let many = (0..8).map(|_| world.post(&ann, PATH, request()));
    let answers = futures::future::join_all(many).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 4);
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.json["code"] == "too_many_endpoints"));
    let theirs = create(&world, &bob).await;

    sql(&world, "UPDATE webhook_backlogs SET most = 6");
    let endpoint = one(&answers.iter().find(|answer| answer.status == 201).unwrap().json);
    let test = format!("{endpoint}/test");
    let tests = (0..10).map(|_| world.post(&ann, &test, json!({})));
    let answers = futures::future::join_all(tests).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 202).count(), 6);
    let full = answers.into_iter().find(|answer| answer.status != 202).unwrap();
    assert!(full.headers.contains_key("retry-after"));
    assert_eq!(full.expect(429)["code"], "webhook_backlog_full");
    assert_eq!(world.get(&ann, PATH).await.expect(200)["backlog"], json!({"waiting": 6, "limit": 6, "dropped": 0}));
    world.post(&bob, &format!("{}/test", one(&theirs)), json!({})).await.expect(202);
    // An endpoint's end ends what waits for it.
    assert_eq!(world.delete(&ann, &endpoint).await.status, 204);
    assert_eq!(world.get(&ann, PATH).await.expect(200)["backlog"]["waiting"], 0);
}
