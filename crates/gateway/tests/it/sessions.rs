//! Infobip's account calls.

use actix_web::test::TestRequest;
use pinfold_core::access::Environment;
use pinfold_core::credential::Credential;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::installation::{Installation, within_5_s};

const UNAUTHORIZED: &str = r#"{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED","text":"Unauthorized"}}}"#;

fn open(body: &Value) -> TestRequest {
    // As the vendor's Node client does it.
    TestRequest::post()
        .uri("/auth/1/session")
        .insert_header(("authorization", "undefined"))
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_string())
}

fn close(authorization: &str) -> TestRequest {
    TestRequest::delete().uri("/auth/1/session").insert_header(("authorization", authorization))
}

fn field(body: &str, name: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body[name].as_str().unwrap_or_else(|| panic!("{name} in {body}")).to_owned()
}

#[actix_web::test]
async fn a_session_stands_for_its_api_key_until_it_is_closed() {
    let installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let (id, key) = installation.key_with(tenant, |_| {}).await;
    let key = key.expose_secret();
    let gateway = installation.gateway().await;
    for body in [
        json!({"username": "user", "password": key}),
        json!({"username": "user", "password": key, "unsafe": true}),
        json!({"username": key, "password": ""}),
    ] {
        let (status, answer) = gateway.ask(open(&body)).await;
        assert_eq!(status, 200, "{answer}");
        let session = format!("IBSSO {}", field(&answer, "token"));
        assert_eq!(gateway.ask_as(&session).await, (200, format!("{tenant} {id} Live")));
        assert_eq!(gateway.ask(close(&session)).await, (200, String::new()));
        assert_eq!(gateway.ask_as(&session).await, (401, UNAUTHORIZED.to_owned()));
        assert_eq!(gateway.ask(close(&session)).await, (401, UNAUTHORIZED.to_owned()));
    }
}

#[actix_web::test]
async fn nobody_opens_a_session_without_an_api_key() {
    let installation = Installation::new().await;
    let gateway = installation.gateway().await;
    let unknown = Credential::Key(Environment::Live).generate();
    for password in ["", "pass", unknown.expose_secret(), &format!("pft_{}", "a".repeat(43))] {
        let answer = gateway.ask(open(&json!({"username": "user", "password": password}))).await;
        assert_eq!(answer, (401, UNAUTHORIZED.to_owned()));
    }
    for body in [json!({"username": "user"}), json!({"username": 1, "password": "x"}), json!([]), json!({})] {
        let (status, answer) = gateway.ask(open(&body)).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer.contains("BAD_REQUEST"), "{answer}");
    }
    for authorization in ["", "undefined", "IBSSO", "IBSSO x", &format!("App pf_live_{}", "a".repeat(43))] {
        assert_eq!(gateway.ask(close(authorization)).await, (401, UNAUTHORIZED.to_owned()));
    }
}

#[actix_web::test]
async fn an_access_token_is_issued_for_credentials_in_the_body_or_the_query() {
    let installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let (id, key) = installation.key_with(tenant, |_| {}).await;
    let form = format!("client_secret={}&client_id=user&grant_type=client_credentials", key.expose_secret());
    let gateway = installation.gateway().await;
    let call = |uri: &str| {
        let request = TestRequest::post().uri(uri).insert_header(("authorization", "undefined"));
        request.insert_header(("content-type", "application/x-www-form-urlencoded"))
    };
    let in_query = call(&format!("/auth/1/oauth2/token?{form}"));
    let in_body = call("/auth/1/oauth2/token").set_payload(form.clone());
    let undeclared = TestRequest::post().uri("/auth/1/oauth2/token").set_payload(form.clone());
    for request in [in_query, in_body, undeclared] {
        let (status, answer) = gateway.ask(request).await;
        assert_eq!(status, 200, "{answer}");
        let token = field(&answer, "access_token");
        assert_eq!(answer, json!({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}).to_string());
        assert_eq!(gateway.ask_as(&format!("Bearer {token}")).await, (200, format!("{tenant} {id} Live")));
        assert_eq!(gateway.ask_as(&format!("App {token}")).await.0, 401);
    }
    let other_grant = form.replace("client_credentials", "authorization_code");
    assert_eq!(gateway.ask(call("/auth/1/oauth2/token").set_payload(other_grant)).await.0, 400);
    assert_eq!(gateway.ask(call("/auth/1/oauth2/token")).await.0, 400);
    let unknown = "client_id=user&client_secret=pass&grant_type=client_credentials";
    let answer = gateway.ask(call("/auth/1/oauth2/token").set_payload(unknown)).await;
    assert_eq!(answer, (401, UNAUTHORIZED.to_owned()));
}

#[actix_web::test]
async fn a_token_ends_with_its_api_key_and_keeps_its_addresses() {
    let installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let networks = vec!["203.0.113.0/24".parse().unwrap()];
    let (id, key) = installation.key_with(tenant, |key| key.networks = networks).await;
    let gateway = installation.gateway().await;
    let login = json!({"username": "user", "password": key.expose_secret()});
    let (inside, outside) = ("203.0.113.7:1".parse().unwrap(), "198.51.100.1:1".parse().unwrap());
    assert_eq!(gateway.ask(open(&login).peer_addr(outside)).await.0, 403);
    let (status, answer) = gateway.ask(open(&login).peer_addr(inside)).await;
    assert_eq!(status, 200, "{answer}");
    let session = format!("IBSSO {}", field(&answer, "token"));
    let from = |peer| TestRequest::post().uri("/2fa/2/pin").insert_header(("authorization", session.as_str())).peer_addr(peer);
    assert_eq!(gateway.ask(from(inside)).await.0, 200);
    assert_eq!(gateway.ask(from(outside)).await.0, 403);
    installation.database.tenant(tenant).api_keys().revoke(id).await.unwrap().unwrap();
    within_5_s("its end", async || gateway.ask(from(inside)).await == (401, UNAUTHORIZED.to_owned())).await;
}

#[actix_web::test]
async fn without_redis_keys_work_and_tokens_wait() {
    let mut installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let key = installation.key(tenant).await;
    let key = key.expose_secret();
    let gateway = installation.gateway().await;
    let login = json!({"username": "user", "password": key});
    let session = format!("IBSSO {}", field(&gateway.ask(open(&login)).await.1, "token"));
    installation.redis.kill();
    assert_eq!(gateway.ask_as(&format!("App {key}")).await.0, 200);
    assert_eq!(gateway.ask_as(&session).await.0, 503);
    assert_eq!(gateway.ask(open(&login)).await.0, 503);
    installation.redis.restart();
    within_5_s("Redis is back", async || gateway.ask_as(&format!("App {key}")).await.0 == 200).await;
    within_5_s("tokens are issued again", async || gateway.ask(open(&login)).await.0 == 200).await;
}
