//! Without PostgreSQL nothing is configured, and nothing pretends to be.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::RETRY_AFTER;
use serde_json::json;

use crate::world::world;

#[actix_web::test]
async fn without_postgres_configuration_answers_503() {
    let world = world().await;
    let ann = world.customer("ann").await;
    world.get(&ann, "/v1/connections").await.expect(200);
    world.sql.refuse_connections();
    let requests = [
        (Method::GET, "/2fa/2/applications", None),
        (Method::POST, "/2fa/2/applications", Some(json!({"name": "x"}))),
        (Method::POST, "/settings/2/api-keys", Some(json!({"name": "x"}))),
        (Method::GET, "/v1/connections", None),
        (Method::POST, "/v1/connections", Some(json!({"name": "x", "provider": {"kind": "simulator"}}))),
        (Method::GET, "/v1/routes", None),
    ];
    for (method, path, body) in requests {
        let answer = world.call(Some(&ann), method.clone(), path, body.map(|body| body.to_string().into_bytes())).await;
        assert!(answer.headers.contains_key(RETRY_AFTER), "{method} {path}");
        let body = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!body.contains("PostgreSQL") && !body.contains("connection"), "{body}");
        answer.expect(503);
    }
    world.sql.accept_connections();
    // The pool finds out by itself, and soon.
    let back = tokio::time::timeout(Duration::from_secs(5), async {
        while world.post(&ann, "/2fa/2/applications", json!({"name": "x"})).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    back.await.expect("PostgreSQL is used again within 5 s");
}
