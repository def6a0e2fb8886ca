//! Provider connections and routes: credentials go in and never come out.

use actix_web::http::header::LOCATION;
use pinfold_core::connection::{Connection, Provider};
use pinfold_http::Caller;
use serde_json::{Value, json};

use crate::world::{World, world};

const PATH: &str = "/v1/connections";

fn http() -> Value {
    json!({"kind": "http", "url": "https://api.example.com/send?key=s3cret-1", "method": "POST",
        "headers": {"Authorization": "Bearer s3cret-2"}, "query": {"token": "s3cret-3"},
        "body": {"json": {"auth": "s3cret-4", "to": "{{to}}", "text": "{{text}}"}}, "success": {"pointer": "/ok"}, "id_pointer": "/id"})
}

fn masked() -> Value {
    json!({"kind": "http", "url": "https://api.example.com/send?key=***", "method": "POST",
        "headers": {"Authorization": "***"}, "query": {"token": "***"},
        "body": {"json": {"auth": "***", "to": "{{to}}", "text": "{{text}}"}}, "success": {"pointer": "/ok"}, "id_pointer": "/id"})
}

fn smtp() -> Value {
    json!({"kind": "smtp", "host": "smtp.example.com", "port": 587, "security": "tls", "username": "u", "password": "s3cret",
        "from": "Example <no-reply@example.com>"})
}

async fn create(world: &World, caller: &Caller, provider: Value) -> String {
    let created = world.post(caller, PATH, json!({"name": "x", "provider": provider})).await.expect(201);
    created["id"].as_str().unwrap().to_owned()
}

async fn stored(world: &World, caller: &Caller, id: &str) -> Connection {
    let snapshot = world.state.snapshots.tenant(caller.tenant).await.unwrap().unwrap();
    let connections = world.state.database.tenant(caller.tenant).connections();
    connections.get(id.parse().unwrap(), &snapshot.keys).await.unwrap().unwrap()
}

#[actix_web::test]
async fn credentials_go_in_and_never_come_out() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let answer = world.post(&ann, PATH, json!({"name": "SMS", "provider": http(), "tenantId": "x"})).await;
    let location = answer.headers.get(LOCATION).unwrap().to_str().unwrap().to_owned();
    let created = answer.expect(201);
    let expected = json!({"id": created["id"], "name": "SMS", "enabled": true, "provider": masked(), "traffic": {}});
    assert_eq!(created, expected);
    assert_eq!(location, format!("{PATH}/{}", created["id"].as_str().unwrap()));
    assert_eq!(world.get(&ann, &location).await.expect(200), expected);
    let mail = create(&world, &ann, smtp()).await;
    let all = world.get(&ann, PATH).await.expect(200);
    assert_eq!((all["connections"].as_array().unwrap().len(), &all["connections"][0]), (2, &expected));
    assert!(!all.to_string().contains("s3cret"));
    assert!(!world.dump().contains("s3cret"));
    let provider: Provider = serde_json::from_value(smtp()).unwrap();
    assert_eq!(stored(&world, &ann, &mail).await.provider, provider);
}

#[actix_web::test]
async fn a_change_keeps_the_credentials_it_does_not_show() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let id = create(&world, &ann, http()).await;
    let one = format!("{PATH}/{id}");
    let mut provider = masked();
    provider["body"]["json"]["auth"] = json!("s3cret-5");
    provider["id_pointer"] = json!("/message/id");
    let changed = world.put(&ann, &one, json!({"name": "y", "enabled": false, "provider": provider})).await.expect(200);
    assert_eq!((&changed["name"], &changed["enabled"]), (&json!("y"), &json!(false)));
    let mut expected = http();
    expected["body"]["json"]["auth"] = json!("s3cret-5");
    expected["id_pointer"] = json!("/message/id");
    let expected: Provider = serde_json::from_value(expected).unwrap();
    assert_eq!(stored(&world, &ann, &id).await.provider, expected);
    assert_eq!(world.put(&ann, &one, json!({})).await.expect(200), changed);

    let mut redirected = masked();
    redirected["url"] = json!("https://evil.example/");
    let faults = world.put(&ann, &one, json!({"provider": redirected})).await.native_faults();
    assert_eq!(faults, ["provider.headers.Authorization", "provider.query.token", "provider.body.json"]);
    assert_eq!(stored(&world, &ann, &id).await.provider, expected);
}

#[actix_web::test]
async fn a_vendors_credentials_are_kept_only_for_the_same_place() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let twilio = json!({"kind": "twilio", "account_sid": "AC1", "auth_token": "s3cret-1", "api_key_sid": "SK1", "api_key_secret": "s3cret-2"});
    let id = create(&world, &ann, twilio.clone()).await;
    let one = format!("{PATH}/{id}");
    let shown = world.get(&ann, &one).await.expect(200)["provider"].clone();
    let expected = json!({"kind": "twilio", "base_url": "https://api.twilio.com", "lookup_url": "https://lookups.twilio.com",
        "account_sid": "AC1", "auth_token": "***", "api_key_sid": "SK1", "api_key_secret": "***", "service": "sms"});
    assert_eq!(shown, expected);
    assert!(!world.dump().contains("s3cret"));

    let mut changed = shown.clone();
    changed["sender"] = json!("+15005550006");
    world.put(&ann, &one, json!({"provider": changed})).await.expect(200);
    let mut wanted = twilio;
    wanted["sender"] = json!("+15005550006");
    assert_eq!(stored(&world, &ann, &id).await.provider, serde_json::from_value(wanted).unwrap());

    for place in ["base_url", "lookup_url"] {
        let mut redirected = shown.clone();
        redirected[place] = json!("https://evil.example");
        let faults = world.put(&ann, &one, json!({"provider": redirected})).await.native_faults();
        assert_eq!(faults, ["provider.auth_token", "provider.api_key_secret"], "{place}");
    }
    let faults = world.post(&ann, PATH, json!({"name": "x", "provider": shown})).await.native_faults();
    assert_eq!(faults, ["provider.auth_token", "provider.api_key_secret"]);
}

#[actix_web::test]
async fn inner_addresses_are_refused() {
    let world = world().await;
    let ann = world.customer("ann").await;
    for url in [
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "http://api.example.com/",
        "file:///etc/passwd",
    ] {
        let provider = json!({"kind": "http", "url": url, "query": {"t": "{{text}}"}});
        let faults = world.post(&ann, PATH, json!({"name": "x", "provider": provider})).await.native_faults();
        assert!(faults.contains(&"provider.url".to_owned()), "{url} {faults:?}");
    }
    assert_eq!(world.get(&ann, PATH).await.expect(200), json!({"connections": []}));
}

#[actix_web::test]
async fn a_channel_takes_a_connection_that_carries_it() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    let (sms, mail, foreign) =
        (create(&world, &ann, http()).await, create(&world, &ann, smtp()).await, create(&world, &bob, http()).await);
    let set =
        async |channel: &str, to: &str| world.put(&ann, &format!("/v1/routes/{channel}"), json!({"connectionId": to})).await;

    let set_one = set("sms", &sms).await.expect(200);
    assert_eq!((&set_one["channel"], &set_one["connectionId"], &set_one["prefix"]), (&json!("sms"), &json!(sms), &json!("")));
    set("voice", &sms).await.expect(200);
    set("email", &mail).await.expect(200);
    for (channel, to) in [("email", &sms), ("sms", &mail), ("voice", &mail), ("push", &sms)] {
        assert_eq!(set(channel, to).await.native_faults(), ["connectionId"], "{channel}");
    }
    for unknown in [foreign.as_str(), "x", ""] {
        let answer = set("sms", unknown).await;
        assert!(String::from_utf8_lossy(&answer.bytes).contains("must be one of your connections"));
        assert_eq!(answer.native_faults(), ["connectionId"], "{unknown}");
    }
    set("fax", &sms).await.expect(404);
    let routes = world.get(&ann, "/v1/routes").await.expect(200);
    assert_eq!(routes["routes"].as_array().unwrap().len(), 3);
    assert_eq!(world.get(&bob, "/v1/routes").await.expect(200), json!({"routes": []}));

    // What a route uses stays, and goes on carrying it.
    assert_eq!(world.delete(&ann, &format!("{PATH}/{sms}")).await.expect(409)["code"], "still_in_use");
    world.put(&ann, &format!("{PATH}/{sms}"), json!({"provider": smtp()})).await.expect(409);
    world.put(&ann, &format!("{PATH}/{sms}"), json!({"provider": {"kind": "simulator"}})).await.expect(200);

    for channel in ["sms", "voice"] {
        assert_eq!(world.delete(&ann, &format!("/v1/routes/{channel}")).await.status, 204);
        world.delete(&ann, &format!("/v1/routes/{channel}")).await.expect(404);
    }
    assert_eq!(world.delete(&ann, &format!("{PATH}/{sms}")).await.status, 204);
    world.delete(&ann, &format!("{PATH}/{sms}")).await.expect(404);
    world.get(&ann, &format!("{PATH}/{sms}")).await.expect(404);
}
