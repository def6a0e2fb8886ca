//! A role in another process, over a real connection.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::from_fn;
use actix_web::rt;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use pinfold_core::access::{Actor, Environment, Scopes};
use pinfold_core::id::{ApiKeyId, TenantId};
use pinfold_gateway::Forward;
use pinfold_http::edge::{LARGEST_BODY, edge};
use pinfold_http::identify::{Audience, identify};
use pinfold_http::identity::Identities;
use pinfold_http::{Authorized, Body, Caller, Code, Mount, PinSend, Problem};
use pinfold_testkit::{Answer, HttpPeer};
use serde_json::{Value, json};
use url::Url;

use crate::installation::SECRET;

mod echo {
    use super::{Authorized, Body, HttpRequest, HttpResponse, PinSend, Problem, Value, json};

    #[utoipa::path(post, path = "/2fa/2/pin/{pinId}/verify", operation_id = "echo", responses((status = 201)))]
    pub async fn handler(caller: Authorized<PinSend>, request: HttpRequest, body: Body<Value>) -> Result<HttpResponse, Problem> {
        let mut seen: Vec<_> = request.headers().keys().map(|name| name.as_str().to_owned()).collect();
        seen.sort();
        let answer = json!({
            "tenant": caller.tenant, "path": request.path(), "query": request.query_string(), "body": body.value, "headers": seen,
            "id": request.match_info().get("pinId"),
        });
        Ok(HttpResponse::Created().insert_header(("x-remaining", "4")).insert_header(("location", "/there")).json(answer))
    }
}

mod refuse {
    use super::{Code, HttpResponse, Problem};

    #[utoipa::path(get, path = "/v1/refuse", operation_id = "refuse", responses((status = 429)))]
    pub async fn handler() -> Result<HttpResponse, Problem> {
        Err(Problem::new(Code::TooManySends).retry_after_ms(7_000))
    }
}

mod large {
    use super::{Bytes, HttpResponse};

    #[utoipa::path(get, path = "/v1/large", operation_id = "large", responses((status = 200)))]
    pub async fn handler() -> HttpResponse {
        let chunk = Bytes::from(vec![b'x'; 100_000]);
        let chunks = (0..50).map(move |_| Ok::<_, std::convert::Infallible>(chunk.clone()));
        HttpResponse::Ok().streaming(futures::stream::iter(chunks))
    }
}

fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::echo, self::refuse, self::large);
}

fn caller() -> Caller {
    Caller {
        tenant: TenantId::random(),
        actor: Actor::Key(ApiKeyId::random()),
        address: Some([192, 0, 2, 7].into()),
        scopes: Scopes::all(),
        environment: Environment::Live,
        default_application: None,
    }
}

fn identities(secret: &str) -> Arc<Identities> {
    Arc::new(Identities::new(&secret.to_owned().into()))
}

/// A role behind the gateway, on a port of its own.
struct Role {
    url: Url,
    server: ServerHandle,
}

impl Role {
    fn start(secret: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let server = HttpServer::new(move || {
            let mut operations = Mount::default();
            mount(&mut operations);
            App::new()
                .app_data(web::Data::new(Audience { roles: vec!["verification"], identities: identities(secret) }))
                .configure(|config| operations.configure(config))
                .wrap(from_fn(identify))
                .wrap(from_fn(edge))
        });
        let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        rt::spawn(server);
        Self { url, server: handle }
    }
}

struct Answered {
    status: u16,
    headers: actix_web::http::header::HeaderMap,
    body: Bytes,
}

impl Answered {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// Sends a request through a gateway that forwards to `url`.
async fn through(url: &Url, caller: Option<Caller>, request: TestRequest) -> Answered {
    let mut elsewhere = Mount::default();
    mount(&mut elsewhere);
    let forward = Forward::new("verification", url, identities(SECRET)).unwrap();
    let mut operations = Mount::default();
    operations.add_forwarded(elsewhere.documents(), forward.handler());
    assert_eq!(operations.documents().len(), elsewhere.documents().len());
    let app = App::new().configure(|config| operations.configure(config)).wrap(from_fn(edge));
    let app = init_service(app).await;
    let request = request.to_request();
    if let Some(caller) = caller {
        use actix_web::HttpMessage;
        request.extensions_mut().insert(caller);
    }
    let response = call_service(&app, request).await;
    Answered { status: response.status().as_u16(), headers: response.headers().clone(), body: read_body(response).await }
}

fn verify(path: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header((CONTENT_TYPE, "application/json")).set_payload(r#"{"pin":"123456"}"#)
}

#[actix_web::test]
async fn a_role_elsewhere_sees_the_caller_and_the_request_but_no_credential() {
    let role = Role::start(SECRET);
    let caller = caller();
    let request = verify("/2fa/2/pin/A%2FB+c/verify?x=%2B1&y=a+b")
        .insert_header(("authorization", "App secret"))
        .insert_header(("cookie", "session=secret"))
        .insert_header(("x-forwarded-for", "1.1.1.1"))
        .insert_header(("x-pinfold-identity", "forged"))
        .insert_header(("idempotency-key", "once"))
        .insert_header(("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    let answer = through(&role.url, Some(caller.clone()), request).await;
    assert_eq!((answer.status, answer.header("x-remaining"), answer.header("location")), (201, "4", "/there"));
    assert_eq!(answer.header("content-type"), "application/json");
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        body,
        json!({
            "tenant": caller.tenant, "path": "/2fa/2/pin/A%2FB+c/verify", "query": "x=%2B1&y=a+b", "body": {"pin": "123456"},
            "headers": ["accept", "content-length", "content-type", "host", "idempotency-key", "traceparent", "x-pinfold-identity", "x-request-id"],
            "id": "A%2FB+c",
        })
    );
    role.server.stop(false).await;
}

#[actix_web::test]
async fn a_roles_refusal_comes_back_as_it_is() {
    let role = Role::start(SECRET);
    let answer = through(&role.url, Some(caller()), TestRequest::get().uri("/v1/refuse")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "7"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem["request_id"], answer.header("x-request-id"), "one request, one id");
    let large = through(&role.url, Some(caller()), TestRequest::get().uri("/v1/large")).await;
    assert_eq!((large.status, large.body.len()), (200, 5_000_000));
    role.server.stop(false).await;
}

#[actix_web::test]
async fn what_needs_no_role_does_not_reach_one() {
    let peer = HttpPeer::start();
    peer.answer(Answer::ok().json("{}"));
    let url = Url::parse(&peer.url()).unwrap();
    assert_eq!(through(&url, None, verify("/2fa/2/pin/A/verify")).await.status, 401);
    let large = verify("/2fa/2/pin/A/verify").set_payload(vec![b'x'; LARGEST_BODY + 1]);
    assert_eq!(through(&url, Some(caller()), large).await.status, 413);
    let other = through(&url, Some(caller()), TestRequest::get().uri("/2fa/2/pin/A/verify")).await;
    assert_eq!((other.status, other.header("allow")), (405, "POST"));
    for path in ["/2fa/2/pin/../verify", "/2fa/2/pin/%2e%2E/verify", "/2fa/2/pin/./verify", "/2fa/2/pin/a\\b/verify"] {
        assert_eq!(through(&url, Some(caller()), verify(path)).await.status, 404, "{path}");
    }
    assert_eq!(peer.received().len(), 0);
}

#[actix_web::test]
async fn a_role_that_fails_is_a_503_and_nothing_is_sent_twice() {
    let peer = HttpPeer::start();
    let url = Url::parse(&peer.url()).unwrap();
    for answer in
        [Answer::reset(), Answer::ok().header("content-length", "100").broken_off("half"), Answer::status(401).json("{}")]
    {
        peer.clear();
        peer.answer_once(answer);
        let answer = through(&url, Some(caller()), verify("/2fa/2/pin/A/verify")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
        assert!(String::from_utf8_lossy(&answer.body).contains("GENERAL_ERROR"));
        assert_eq!(peer.received().len(), 1);
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = Url::parse(&format!("http://{nobody}")).unwrap();
    let answer = through(&nobody, Some(caller()), verify("/2fa/2/pin/A/verify")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
}

#[actix_web::test]
async fn a_role_that_never_answers_is_given_up_within_its_time() {
    let peer = HttpPeer::start();
    peer.answer(Answer::silence());
    let url = Url::parse(&peer.url()).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(6), through(&url, Some(caller()), verify("/2fa/2/pin/A/verify")));
    assert_eq!(answer.await.expect("an answer within six seconds").status, 503);
    assert_eq!(peer.received().len(), 1);
}

#[actix_web::test]
async fn a_role_with_another_secret_refuses_the_gateway_and_clients_see_a_503() {
    let role = Role::start("another secret of thirty-two bytes!!");
    assert_eq!(through(&role.url, Some(caller()), verify("/2fa/2/pin/A/verify")).await.status, 503);
    role.server.stop(false).await;
}

#[test]
fn an_address_with_a_path_is_refused_at_start() {
    for url in ["http://verification:8080/x", "ftp://verification", "http://user@verification/", "http://verification/?a"] {
        assert!(Forward::new("verification", &Url::parse(url).unwrap(), identities(SECRET)).is_err(), "{url}");
    }
    for url in ["http://verification:8080", "https://verification/"] {
        assert!(Forward::new("verification", &Url::parse(url).unwrap(), identities(SECRET)).is_ok(), "{url}");
    }
}
