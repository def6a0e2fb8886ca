//! Routes with prefixes and legs, why a message takes which, the test button, and how connections do.

use pinfold_core::access::Environment;
use pinfold_core::breaker::Phase;
use pinfold_core::connection::{Connection, Provider, Traffic};
use pinfold_core::health::{Health, Outcomes};
use pinfold_core::id::ConnectionId;
use pinfold_http::Caller;
use pinfold_testkit::{Answer, HttpPeer};
use serde_json::{Value, json};

use crate::world::{World, world};

async fn connection(world: &World, caller: &Caller, name: &str) -> String {
    let provider = json!({"kind": "http", "url": "https://api.example.com/", "query": {"t": "{{text}}", "n": "{{to}}"}});
    let made = world.post(caller, "/v1/connections", json!({"name": name, "provider": provider})).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn explain(world: &World, caller: &Caller, to: &str) -> Value {
    world.post(caller, "/v1/route-explanations", json!({"channel": "sms", "to": to})).await.expect(200)
}

fn health(connection: &str, phase: Phase) -> Health {
    Health {
        connection: connection.parse().unwrap(),
        phase,
        since_ms: 1_763_720_000_000,
        on_their_way: 1,
        outcomes: Outcomes { accepted: 7, ..Outcomes::default() },
        last_failure: Some("http_503".into()),
        last_failure_ms: None,
        latency_ms: Some(120),
    }
}

#[actix_web::test]
async fn the_longest_prefix_is_explained() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let (one, two) = (connection(&world, &ann, "one").await, connection(&world, &ann, "two").await);
    assert_eq!(explain(&world, &ann, "41793026727").await["because"], "no_route");
    world.put(&ann, "/v1/routes/sms", json!({"connectionId": one})).await.expect(200);
    let legs = json!([{"connectionId": two, "weight": 3, "sender": "Bank", "priceMicros": 45_000, "currency": "EUR"},
        {"connectionId": one}]);
    let set = world.put(&ann, "/v1/routes/sms/CH", json!({"strategy": "weighted", "legs": legs})).await.expect(200);
    assert_eq!((&set["prefix"], &set["strategy"], &set["legs"][0]), (&json!("CH"), &json!("weighted"), &legs[0]));
    let abroad = explain(&world, &ann, "4915112345678").await;
    assert_eq!((&abroad["prefix"], &abroad["because"], &abroad["connectionId"]), (&json!(""), &json!("only"), &json!(one)));
    let swiss = explain(&world, &ann, "+41 79 302 67 27").await;
    assert_eq!((&swiss["region"], &swiss["prefix"], &swiss["because"]), (&json!("CH"), &json!("CH"), &json!("weight")));
    assert_eq!((&swiss["candidates"][0]["name"], &swiss["candidates"][0]["weight"]), (&json!("two"), &json!(3)));

    for place in ["email/41", "sms/0041", "sms/ch", "push/41", "sms/+41"] {
        world.put(&ann, &format!("/v1/routes/{place}"), json!({"connectionId": one})).await.expect(404);
    }
    let all = world.get(&ann, "/v1/routes").await.expect(200);
    assert_eq!(all["routes"].as_array().unwrap().len(), 2);
    assert_eq!(world.delete(&ann, &format!("/v1/connections/{two}")).await.expect(409)["code"], "still_in_use");
    assert_eq!(world.delete(&ann, "/v1/routes/sms/CH").await.status, 204);
    world.delete(&ann, "/v1/routes/sms/CH").await.expect(404);
    assert_eq!(world.delete(&ann, &format!("/v1/connections/{two}")).await.status, 204);
    let sandbox = Caller { environment: Environment::Sandbox, ..ann };
    assert_eq!(explain(&world, &sandbox, "41793026727").await["because"], "sandbox");
}

#[actix_web::test]
async fn a_breaker_that_every_worker_sees_open_is_explained_and_shown() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    let (one, two) = (connection(&world, &ann, "one").await, connection(&world, &ann, "two").await);
    let body = json!({"strategy": "ranked", "legs": [{"connectionId": one}, {"connectionId": two}]});
    world.put(&ann, "/v1/routes/sms", body).await.expect(200);
    let ranked = explain(&world, &ann, "41793026727").await;
    assert_eq!((&ranked["because"], &ranked["connectionId"]), (&json!("leader"), &json!(one)));
    assert!(ranked["candidates"][1]["score"]["conversion"].as_f64().unwrap() > 0.6, "{ranked}");
    let hot = &world.state.hot;
    hot.tell_health(ann.tenant, "worker-1", &[health(&one, Phase::Open)]).await.unwrap();
    assert_eq!(explain(&world, &ann, "41793026727").await["candidates"][0]["blocked"], "breaker_open");
    hot.tell_health(ann.tenant, "worker-2", &[health(&one, Phase::Closed)]).await.unwrap();
    assert_eq!(explain(&world, &ann, "41793026727").await["connectionId"], json!(one));
    let shown = world.get(&ann, &format!("/v1/connections/{one}/health")).await.expect(200);
    let workers = shown["workers"].as_array().unwrap();
    assert_eq!((workers.len(), &workers[0]["lastFailure"], &workers[0]["accepted"]), (2, &json!("http_503"), &json!(7)));
    hot.tell_health(ann.tenant, "worker-2", &[]).await.unwrap();
    let shown = world.get(&ann, &format!("/v1/connections/{one}/health")).await.expect(200);
    assert_eq!(shown["workers"].as_array().unwrap().len(), 1);
    world.get(&bob, &format!("/v1/connections/{one}/health")).await.expect(404);
}

#[actix_web::test]
async fn a_test_message_goes_through_exactly_this_connection_and_not_too_often() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let peer = HttpPeer::start();
    let provider: Provider = serde_json::from_value(json!({"kind": "http", "url": peer.url(), "id_pointer": "/id",
        "body": {"json": {"to": "{{to}}", "text": "{{text}}", "from": "{{from}}"}}}))
    .unwrap();
    let connection =
        Connection { id: ConnectionId::random(), name: "local".into(), is_enabled: false, provider, traffic: Traffic::default() };
    let snapshot = world.state.snapshots.tenant(ann.tenant).await.unwrap().unwrap();
    world.state.database.tenant(ann.tenant).connections().create(&connection, &snapshot.keys).await.unwrap();
    let path = format!("/v1/connections/{}/test", connection.id);
    let test = async |body: Value| world.post(&ann, &path, body).await;

    peer.answer(Answer::ok().json(r#"{"id":"P-1"}"#));
    let sent = test(json!({"to": "+41 79 302 67 27", "sender": "Bank"})).await.expect(200);
    assert_eq!((&sent["outcome"], &sent["providerId"], &sent["reason"]), (&json!("accepted"), &json!("P-1"), &Value::Null));
    let received = peer.received()[0].json();
    assert_eq!((&received["to"], &received["from"]), (&json!("41793026727"), &json!("Bank")));
    assert!(received["text"].as_str().unwrap().contains("test message"));

    peer.answer(Answer::status(401));
    let refused = test(json!({"to": "41793026727", "channel": "voice"})).await.expect(200);
    assert_eq!(
        (&refused["outcome"], &refused["reason"], &refused["fault"]),
        (&json!("permanent"), &json!("http_401"), &json!("connection"))
    );

    for (body, field) in [
        (json!({"to": "x"}), "to"),
        (json!({"to": "a@example.com"}), "to"),
        (json!({"to": "41793026727", "channel": "email"}), "channel"),
        (json!({"to": "41793026727", "channel": "push"}), "channel"),
        (json!({"to": "41793026727", "sender": "a\r\nb"}), "sender"),
    ] {
        assert_eq!(test(body.clone()).await.native_faults(), [field], "{body}");
    }
    for _ in 0..3 {
        test(json!({"to": "41793026727"})).await.expect(200);
    }
    let answer = test(json!({"to": "41793026727"})).await;
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(answer.expect(429)["code"], "too_many_tests");
    assert_eq!(peer.received().len(), 5);
    let sandbox = Caller { environment: Environment::Sandbox, ..ann.clone() };
    world.post(&sandbox, &path, json!({"to": "41793026727"})).await.expect(403);
}

#[actix_web::test]
async fn traffic_is_kept_and_bounded() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let id = connection(&world, &ann, "one").await;
    let traffic = json!({"maxPerSecond": 50, "deadlineMs": 4_000});
    let changed = world.put(&ann, &format!("/v1/connections/{id}"), json!({"traffic": traffic})).await.expect(200);
    assert_eq!(changed["traffic"], traffic);
    let kept = world.put(&ann, &format!("/v1/connections/{id}"), json!({"name": "y"})).await.expect(200);
    assert_eq!(kept["traffic"], traffic);
    let late = json!({"traffic": {"deadlineMs": 10_001}});
    assert_eq!(world.put(&ann, &format!("/v1/connections/{id}"), late).await.native_faults(), ["traffic.deadlineMs"]);
}
