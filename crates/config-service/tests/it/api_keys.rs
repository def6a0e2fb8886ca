//! API keys: shown once, stored hashed, never stronger than their maker.

use actix_web::http::header::RETRY_AFTER;
use pinfold_core::access::{Environment, Scope};
use pinfold_http::Caller;
use pinfold_testkit::Role;
use serde_json::{Value, json};

use crate::world::{only, world};

const PATH: &str = "/settings/2/api-keys";

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap()
}

#[actix_web::test]
async fn a_secret_is_shown_once_and_stored_nowhere() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let request = json!({"name": "Checkout", "allowedIPs": ["127.0.0.1", "192.0.2.0/24"], "permissions": ["2FA_CLIENT"],
        "validFrom": "2023-09-01T10:00:00", "validTo": "2099-09-01T10:00:00", "scopeGuids": ["2fa:manage"],
        "platform": [{"applicationId": "test-application", "entityId": "test-entity", "action": "FILL", "key": "ignored"}]});
    let created = world.post(&ann, PATH, request).await.expect(200);
    let secret = text(&created, "apiKeySecret").to_owned();
    assert!(secret.starts_with("pf_live_") && secret.len() >= "pf_live_".len() + 43, "{secret}");
    let expected = json!({
        "id": created["id"], "apiKeySecret": secret, "apiKeyPrefix": &secret[..12], "accountId": ann.tenant.to_string(),
        "name": "Checkout", "allowedIPs": ["127.0.0.1", "192.0.2.0/24"], "validFrom": "2023-09-01T10:00:00Z",
        "validTo": "2099-09-01T10:00:00Z", "enabled": true, "permissions": ["2FA_CLIENT"],
        "platform": [{"applicationId": "test-application", "entityId": "test-entity", "action": "FILL"}],
        "scopeGuids": ["2fa:manage"], "scopes": ["pin:send", "pin:verify", "reports:read"], "environment": "live",
    });
    assert_eq!(created, expected);

    let mut shown = expected;
    shown.as_object_mut().unwrap().remove("apiKeySecret");
    let one = format!("{PATH}/{}", text(&created, "id"));
    assert_eq!(world.get(&ann, &one).await.expect(200), shown);
    let answers =
        [world.get(&ann, PATH).await, world.put(&ann, &one, json!({"name": "Checkout"})).await, world.get(&ann, &one).await];
    for answer in answers {
        assert!(!String::from_utf8_lossy(&answer.bytes).contains(&secret));
    }
    let dump = world.dump();
    assert!(!dump.contains(&secret) && !dump.contains(&secret[12..]), "the secret is stored");
    let hash: String = world.state.master.credential_hash(&secret).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(world.sql.query(Role::Superuser, "SELECT encode(hash, 'hex') FROM api_keys").as_deref(), Ok(hash.as_str()));
}

#[actix_web::test]
async fn a_new_key_lives_for_a_year() {
    let world = world().await;
    let ann = world.customer("ann").await;
    world.post(&ann, PATH, json!({"name": "x"})).await.expect(200);
    let year = "SELECT valid_to - created_at BETWEEN interval '364 days 23 hours' AND interval '365 days 1 hour' FROM api_keys";
    assert_eq!(world.sql.query(Role::Superuser, year).as_deref(), Ok("t"));
}

#[actix_web::test]
async fn keys_are_listed_page_by_page() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    for name in ["b", "a", "c"] {
        world.post(&ann, PATH, json!({"name": name})).await.expect(200);
    }
    let created = world.post(&bob, PATH, json!({"name": "bobs"})).await.expect(200);
    let names = |answer: Value| -> Vec<String> {
        answer["apiKeys"].as_array().unwrap().iter().map(|key| text(key, "name").to_owned()).collect()
    };
    let first = world.get(&ann, &format!("{PATH}?size=2&orderBy=name&orderDirection=desc&page=0")).await.expect(200);
    let paging = json!({"page": 0, "pageSize": 2, "orderDirection": "desc", "orderBy": "name", "totalCount": 3, "totalPages": 2});
    assert_eq!(first["paging"], paging);
    assert_eq!(names(first), ["c", "b"]);
    assert_eq!(
        names(world.get(&ann, &format!("{PATH}?size=2&orderBy=name&orderDirection=desc&page=1")).await.expect(200)),
        ["a"]
    );
    assert_eq!(names(world.get(&ann, PATH).await.expect(200)), ["b", "a", "c"]);
    assert_eq!(names(world.get(&ann, &format!("{PATH}?name=A&enabled=true")).await.expect(200)), ["a"]);
    assert_eq!(names(world.get(&ann, &format!("{PATH}?enabled=false")).await.expect(200)), [""; 0]);
    let by_secret = format!("{PATH}?apiKeySecret={}", text(&created, "apiKeySecret"));
    assert_eq!(names(world.get(&bob, &by_secret).await.expect(200)), ["bobs"]);
    assert_eq!(names(world.get(&ann, &by_secret).await.expect(200)), [""; 0]);
    for (query, field) in [
        ("size=101", "size"),
        ("size=0", "size"),
        ("page=-1", "page"),
        ("enabled=x", "enabled"),
        ("orderBy=hash", "orderBy"),
        ("size=1&size=1", "size"),
    ] {
        assert_eq!(world.get(&ann, &format!("{PATH}?{query}")).await.faults(), [field], "{query}");
    }
}

#[actix_web::test]
async fn no_key_makes_a_stronger_one() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let strong = world.post(&ann, PATH, json!({"name": "strong"})).await.expect(200);
    let weak = only(&ann, &[Scope::KeysManage, Scope::PinSend]);
    let before = world.dump();
    for request in [
        json!({"name": "x"}),
        json!({"name": "x", "permissions": []}),
        json!({"name": "x", "permissions": ["PUBLIC_API"]}),
        json!({"name": "x", "permissions": ["2FA_CLIENT"]}),
        json!({"name": "x", "scopeGuids": ["2fa:manage"]}),
        json!({"name": "x", "scopes": ["pin:send", "config:write"]}),
        json!({"name": "x", "permissions": ["WEB_SDK"], "environment": "sandbox"}),
    ] {
        world.post(&weak, PATH, request).await.expect(403);
    }
    world.post(&weak, "/settings/1/accounts/_/api-keys", json!({"name": "x", "permissions": ["TFA"]})).await.expect(403);
    let one = format!("{PATH}/{}", text(&strong, "id"));
    world.put(&weak, &one, json!({"name": "mine"})).await.expect(403);
    world.put(&weak, &one, json!({"enabled": false, "permissions": []})).await.expect(403);
    assert_eq!(world.dump(), before);

    let made = world.post(&weak, PATH, json!({"name": "x", "scopes": ["pin:send"]})).await.expect(200);
    let own = format!("{PATH}/{}", text(&made, "id"));
    world.put(&weak, &own, json!({"scopes": ["pin:send", "pin:verify"]})).await.expect(403);
    assert_eq!(world.put(&weak, &one, json!({"enabled": false})).await.expect(200)["enabled"], false);
    world.put(&weak, &one, json!({"enabled": true})).await.expect(403);
    assert_eq!(world.put(&ann, &one, json!({"enabled": true})).await.expect(200)["enabled"], true);
}

#[actix_web::test]
async fn a_sandbox_key_makes_sandbox_keys_only() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let sandboxed = Caller { environment: Environment::Sandbox, ..ann.clone() };
    world.post(&sandboxed, PATH, json!({"name": "x", "environment": "live"})).await.expect(403);
    let made = world.post(&sandboxed, PATH, json!({"name": "x"})).await.expect(200);
    assert!(text(&made, "apiKeySecret").starts_with("pf_test_"));
    assert_eq!(made["environment"], "sandbox");
    let made_v1 = world.post(&sandboxed, "/settings/1/accounts/_/api-keys", json!({"name": "x"})).await.expect(201);
    assert!(text(&made_v1, "publicApiKey").starts_with("pf_test_"));
    let live = world.post(&ann, PATH, json!({"name": "x"})).await.expect(200);
    world.put(&sandboxed, &format!("{PATH}/{}", text(&live, "id")), json!({"name": "y"})).await.expect(403);
    assert_eq!(
        world.put(&ann, &format!("{PATH}/{}", text(&made, "id")), json!({"environment": "live"})).await.faults(),
        ["environment"]
    );
}

#[actix_web::test]
async fn the_older_way_makes_the_same_keys() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    let request = json!({"name": "name", "allowedIPs": ["127.0.0.1"], "validFrom": "2023-08-08T06:04:54.988+0000",
        "validTo": "2099-08-08T06:04:54.988+0000", "enabled": true, "permissions": ["ALL"]});
    for account in ["_".to_owned(), ann.tenant.to_string()] {
        let made = world.post(&ann, &format!("/settings/1/accounts/{account}/api-keys"), request.clone()).await.expect(201);
        let mut expected = request.clone();
        expected["key"] = made["key"].clone();
        expected["publicApiKey"] = made["publicApiKey"].clone();
        expected["accountKey"] = json!(ann.tenant.to_string());
        expected["validFrom"] = json!("2023-08-08T06:04:54.988Z");
        expected["validTo"] = json!("2099-08-08T06:04:54.988Z");
        assert_eq!(made, expected);
        let shown = world.get(&ann, &format!("{PATH}/{}", text(&made, "key"))).await.expect(200);
        assert_eq!((&shown["permissions"], &shown["accountId"]), (&json!(["ALL"]), &made["accountKey"]));
    }
    let before = world.dump();
    for account in [bob.tenant.to_string(), "0".repeat(32), "x".to_owned()] {
        world.post(&ann, &format!("/settings/1/accounts/{account}/api-keys"), request.clone()).await.expect(404);
    }
    assert_eq!(world.dump(), before);
}

#[actix_web::test]
async fn a_tenant_creates_forty_keys_a_day() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    for _ in 0..40 {
        world.post(&ann, PATH, json!({"name": "x"})).await.expect(200);
    }
    let answer = world.post(&ann, PATH, json!({"name": "x"})).await;
    let seconds: u64 = answer.headers.get(RETRY_AFTER).unwrap().to_str().unwrap().parse().unwrap();
    assert!((86_000..=86_400).contains(&seconds), "{seconds}");
    assert_eq!(answer.expect(429)["requestError"]["serviceException"]["messageId"], "TOO_MANY_REQUESTS");
    world.post(&ann, "/settings/1/accounts/_/api-keys", json!({"name": "x"})).await.expect(429);
    world.post(&bob, PATH, json!({"name": "x"})).await.expect(200);
    world.sql.query(Role::Superuser, "UPDATE api_keys SET created_at = created_at - interval '1 day'").unwrap();
    world.post(&ann, PATH, json!({"name": "x"})).await.expect(200);
}

#[actix_web::test]
async fn a_default_application_is_one_of_the_tenants_own() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    let application = async |caller: &Caller| {
        let created = world.post(caller, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
        text(&created, "applicationId").to_owned()
    };
    let (own, foreign) = (application(&ann).await, application(&bob).await);
    let made = world.post(&ann, PATH, json!({"name": "x", "defaultApplicationId": own})).await.expect(200);
    assert_eq!(made["defaultApplicationId"], own);
    let one = format!("{PATH}/{}", text(&made, "id"));
    let unknown = world.put(&ann, &one, json!({"defaultApplicationId": "0".repeat(32)})).await.bytes;
    for id in [foreign, "x".to_owned()] {
        let request = json!({"name": "x", "defaultApplicationId": id});
        assert_eq!(world.post(&ann, PATH, request.clone()).await.bytes, unknown, "{id}");
        let answer = world.put(&ann, &one, request).await;
        assert_eq!(answer.bytes, unknown, "{id}");
        assert_eq!(answer.faults(), ["defaultApplicationId"]);
    }
}

#[actix_web::test]
async fn a_revoked_key_stays_revoked() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let made = world.post(&ann, PATH, json!({"name": "x"})).await.expect(200);
    let id = text(&made, "id");
    world.state.database.tenant(ann.tenant).api_keys().revoke(id.parse().unwrap()).await.unwrap().unwrap();
    let one = format!("{PATH}/{id}");
    assert_eq!(world.get(&ann, &one).await.expect(200)["enabled"], false);
    assert_eq!(world.put(&ann, &one, json!({"enabled": true})).await.faults(), ["apiKeyId"]);
    assert_eq!(world.get(&ann, &one).await.expect(200)["enabled"], false);
}
