//! Who is calling.

use actix_web::test::TestRequest;
use pinfold_core::access::Environment;
use pinfold_http::clock::now_ms;
use pinfold_testkit::Role;
use secrecy::ExposeSecret;

use crate::installation::{Installation, within_5_s};

fn basic(pair: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

#[actix_web::test]
async fn every_scheme_says_the_same_caller() {
    let installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let (id, key) = installation.key_with(tenant, |key| key.environment = Environment::Sandbox).await;
    let key = key.expose_secret();
    assert!(key.starts_with("pf_test_"));
    let gateway = installation.gateway().await;
    let expected = (200, format!("{tenant} {id} Sandbox"));
    let schemes = [format!("App {key}"), format!("Bearer {key}"), format!("bearer {key}")];
    for authorization in schemes.into_iter().chain([basic(&format!("user:{key}")), basic(&format!("{key}:"))]) {
        assert_eq!(gateway.ask_as(&authorization).await, expected, "{authorization}");
    }
    assert_eq!(gateway.ask_as(&format!("IBSSO {key}")).await.0, 401);
}

#[actix_web::test]
async fn what_is_no_good_credential_looks_the_same_whatever_it_is() {
    let installation = Installation::new().await;
    let (tenant, gone) = (installation.tenant("acme").await, installation.tenant("gone").await);
    let keys = installation.database.tenant(tenant).api_keys();
    let now = now_ms();
    let unknown = pinfold_core::credential::Credential::Key(Environment::Live).generate();
    let mut cases = vec![("unknown", unknown.expose_secret().to_owned())];
    let mut add = |what, secret: secrecy::SecretString| cases.push((what, secret.expose_secret().to_owned()));
    add("expired", installation.key_with(tenant, |key| key.valid_to_ms = Some(now - 1)).await.1);
    add("not valid yet", installation.key_with(tenant, |key| key.valid_from_ms = Some(now + 60_000)).await.1);
    add("disabled", installation.key_with(tenant, |key| key.is_enabled = false).await.1);
    let (id, revoked) = installation.key_with(tenant, |_| {}).await;
    keys.revoke(id).await.unwrap().unwrap();
    add("revoked", revoked);
    add("of a disabled tenant", installation.key(gone).await);
    let slug = "UPDATE tenants SET is_enabled = false WHERE slug = 'gone'";
    installation.sql.query(Role::Superuser, slug).unwrap();
    let mut authorizations: Vec<_> = cases.into_iter().map(|(what, key)| (what, format!("App {key}"))).collect();
    authorizations.extend([
        ("malformed", "App x".to_owned()),
        ("of no scheme", "undefined".to_owned()),
        ("an unknown token", format!("Bearer pft_{}", "a".repeat(43))),
        ("empty", String::new()),
    ]);
    let gateway = installation.gateway().await;
    let nobody = gateway.ask(TestRequest::post().uri("/2fa/2/pin")).await;
    let envelope = r#"{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED","text":"Unauthorized"}}}"#;
    assert_eq!(nobody, (401, envelope.to_owned()));
    for (what, authorization) in authorizations {
        assert_eq!(gateway.ask_as(&authorization).await, nobody, "{what}");
        // The native form differs in the request's id only.
        let (status, body) =
            gateway.ask(TestRequest::post().uri("/v1/keys").insert_header(("authorization", authorization))).await;
        let mut problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["request_id"].take().as_str().map(str::len), Some(32));
        let expected = serde_json::json!({
            "type": "https://pinfold.example/errors/unauthorized", "code": "unauthorized",
            "title": "A valid credential is needed.", "status": 401, "request_id": null,
        });
        assert_eq!((status, problem), (401, expected), "{what}");
    }
}

#[actix_web::test]
async fn a_credential_in_the_address_is_none_and_headers_choose_no_tenant() {
    let installation = Installation::new().await;
    let (tenant, other) = (installation.tenant("acme").await, installation.tenant("other").await);
    let (id, key) = installation.key_with(tenant, |_| {}).await;
    let key = key.expose_secret();
    let gateway = installation.gateway().await;
    for query in ["access_token", "api_key", "apikey", "key", "authorization", "token"] {
        let uri = format!("/2fa/2/pin?{query}={key}");
        assert_eq!(gateway.ask(TestRequest::post().uri(&uri)).await.0, 401, "{query}");
    }
    let uri = format!("/2fa/2/pin?tenantId={other}&tenant={other}");
    let request = TestRequest::post()
        .uri(&uri)
        .insert_header(("authorization", format!("App {key}")))
        .insert_header(("x-tenant-id", other.to_string()))
        .insert_header(("x-pinfold-identity", "forged"));
    assert_eq!(gateway.ask(request).await, (200, format!("{tenant} {id} Live")));
}

#[actix_web::test]
async fn an_api_key_works_from_its_addresses_only() {
    let mut installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let networks = vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let (_, key) = installation.key_with(tenant, |key| key.networks = networks).await;
    let from = |peer: &str, forwarded: &str| {
        let request = TestRequest::post().uri("/2fa/2/pin").peer_addr(peer.parse().unwrap());
        let request = request.insert_header(("authorization", format!("App {}", key.expose_secret())));
        if forwarded.is_empty() { request } else { request.insert_header(("x-forwarded-for", forwarded)) }
    };
    let gateway = installation.gateway().await;
    for peer in ["203.0.113.7:40000", "[::ffff:203.0.113.7]:40000", "[2001:db8:1::1]:40000"] {
        assert_eq!(gateway.ask(from(peer, "")).await.0, 200, "{peer}");
    }
    let envelope = r#"{"requestError":{"serviceException":{"messageId":"FORBIDDEN","text":"Forbidden"}}}"#;
    for (peer, forwarded) in [("198.51.100.1:1", ""), ("[2001:db9::1]:1", ""), ("10.0.0.1:1", "203.0.113.7")] {
        assert_eq!(gateway.ask(from(peer, forwarded)).await, (403, envelope.to_owned()), "{peer}");
    }
    let native = from("198.51.100.1:1", "").uri("/v1/keys");
    assert!(gateway.ask(native).await.1.contains("address_not_allowed"));

    installation.settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let gateway = installation.gateway().await;
    for (forwarded, status) in
        [("203.0.113.7", 200), ("203.0.113.7, 198.51.100.1", 403), ("198.51.100.1, 203.0.113.7", 200), ("", 403)]
    {
        assert_eq!(gateway.ask(from("10.0.0.1:1", forwarded)).await.0, status, "{forwarded}");
    }
    assert_eq!(gateway.ask(from("198.51.100.1:1", "203.0.113.7")).await.0, 403, "no proxy of ours");
}

#[actix_web::test]
async fn a_change_of_a_key_holds_at_once() {
    let installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let (id, key) = installation.key_with(tenant, |_| {}).await;
    let app = format!("App {}", key.expose_secret());
    let gateway = installation.gateway().await;
    assert_eq!(gateway.ask_as(&app).await.0, 200);
    let keys = installation.database.tenant(tenant).api_keys();
    let mut issued = keys.get(id).await.unwrap().unwrap();
    issued.key.networks = vec!["203.0.113.0/24".parse().unwrap()];
    keys.update(issued).await.unwrap().unwrap();
    within_5_s("its addresses", async || gateway.ask_as(&app).await.0 == 403).await;
    keys.revoke(id).await.unwrap().unwrap();
    within_5_s("its end", async || gateway.ask_as(&app).await.0 == 401).await;
}

#[actix_web::test]
async fn without_postgres_a_known_key_works_and_an_unknown_one_is_a_503() {
    let installation = Installation::new().await;
    let (known, unknown) = (installation.tenant("known").await, installation.tenant("unknown").await);
    let (known, unknown) = (installation.key(known).await, installation.key(unknown).await);
    let gateway = installation.gateway().await;
    let app = |key: &secrecy::SecretString| format!("App {}", key.expose_secret());
    assert_eq!(gateway.ask_as(&app(&known)).await.0, 200);
    installation.sql.refuse_connections();
    assert_eq!(gateway.ask_as(&app(&known)).await.0, 200);
    let (status, body) = gateway.ask_as(&app(&unknown)).await;
    assert_eq!(status, 503);
    assert!(body.contains("GENERAL_ERROR"), "{body}");
}
