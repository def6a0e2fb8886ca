//! Every operation is closed to who may not use it: without a credential, and from another tenant, for whom what is there
//! looks like what never was. Scopes and roles are the matrix's.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::access::Scopes;
use serde_json::{Value, json};

use crate::doors::{Door, NOBODY, Things, hyphenated};
use crate::hostile::envelope;
use crate::matrix::client_with;
use crate::people_doors::is_for_people;
use crate::support::{Answer, App, Client};

/// The HTTP status of a refusal in a path's dialect: IPROG's clients read theirs in the body.
fn refusal(path: &str, status: u16) -> u16 {
    if path.starts_with("/api/v1/otp") { 200 } else { status }
}

/// The same credential in the scheme that every dialect takes.
pub fn bearer(client: &Client) -> Client {
    let header = client.authorization.as_deref().map(|header| header.replacen("App ", "Bearer ", 1));
    Client { authorization: header, ..client.clone() }
}

impl Door {
    async fn knock(&self, client: &Client) -> Answer {
        // `App` is Infobip's alone.
        let client = &if self.path.starts_with("/v2/") { bearer(client) } else { client.clone() };
        let request = client.request(self.method, &self.path);
        client
            .send(match &self.body {
                Some(body) if self.operation.starts_with("twilio_") => crate::twilio::form(request, body),
                Some(body) => request.json(body),
                None => request,
            })
            .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_operation_has_a_door_and_is_closed_without_a_key() {
    let app = App::start().await;
    let things = Things::of(&app).await;
    let document = app.client.anonymous().get("/openapi.json").await.expect(200).json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let mut documented = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in
            methods.as_object().expect("methods").iter().filter(|(_, operation)| operation["operationId"].is_string())
        {
            let needs_key =
                operation.get("security").is_none_or(|security| security.as_array().is_some_and(|all| !all.contains(&json!({}))));
            documented.insert(
                operation["operationId"].as_str().expect("a name").to_owned(),
                (path.clone(), method.to_uppercase(), needs_key),
            );
        }
    }
    let doors = things.doors();
    let listed: BTreeSet<String> = doors.iter().map(|door| door.operation.to_owned()).collect();
    assert_eq!(listed, documented.keys().cloned().collect(), "each operation has its door");
    for door in &doors {
        let (path, method, needs_key) = &documented[door.operation];
        assert_eq!(method, door.method, "{}", door.operation);
        assert_eq!(path.split('/').count(), door.path.split('?').next().unwrap_or_default().split('/').count(), "{path}");
        assert_eq!(
            *needs_key,
            door.scope.is_some() || door.operation == "sessions.close" || is_for_people(door),
            "{}",
            door.operation
        );
        if !needs_key {
            continue;
        }
        for client in [
            app.client.anonymous(),
            app.client.with("Bearer pf_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            app.client.with("Basic Og=="),
        ]
        .into_iter()
        .chain(is_for_people(door).then(|| app.client.clone()))
        {
            let refused = door.knock(&client).await;
            assert_eq!(refused.status, refusal(&door.path, 401), "{}: {}", door.operation, refused.text);
            assert!(refused.header("www-authenticate").is_some(), "{}", door.operation);
            envelope(&door.path, &refused).unwrap_or_else(|fault| panic!("{}: {fault}", door.operation));
        }
    }
    // Neither a header nor the address names a tenant or a key.
    let (stranger, ..) = app.stranger("stranger").await;
    let request =
        stranger.request("GET", &format!("/2fa/2/applications/{}?tenantId={}&tenant=demo", things.application, things.account));
    stranger
        .send(request.header("x-tenant-id", &things.account).header("x-pinfold-identity", "x").header("x-pinfold-tenant", "demo"))
        .await
        .expect(404);
    let key = &app.demo["API_KEY"];
    for query in ["api_key", "apiKey", "access_token", "key", "Authorization"] {
        app.client.anonymous().get(&format!("/2fa/2/applications?{query}={key}")).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_tenant_is_not_there() {
    let app = App::start().await;
    let things = Things::of(&app).await;
    app.stranger("stranger").await;
    // Somebody who may do everything, in a tenant of their own.
    let stranger = client_with(&app, "stranger", Scopes::all());
    let before = snapshot(&app, &things).await;
    for (theirs, nobodys) in things.doors().into_iter().zip(Things::nobodys().doors()).filter(|(door, _)| door.names) {
        let (there, nowhere) = (theirs.knock(&stranger).await, nobodys.knock(&stranger).await);
        // A reference inside a body may be a bad field instead of a missing thing; either way nothing tells the two apart.
        // So may a sub-account, which its vendor calls a bad parameter.
        let may_be_bad = ["routes.set", "eight_x_eight."].iter().any(|family| theirs.operation.starts_with(family));
        let is_closed = there.status == 404 || (may_be_bad && there.status == 400);
        assert!(is_closed, "{}: {} {}", theirs.operation, there.status, there.text);
        let plain = |answer: &Answer| {
            let id = answer.header("x-request-id").unwrap_or_default();
            // One vendor's words name what was asked for.
            let text = without_moment(answer).replace(id, "");
            let text = text.replace(&hyphenated(&things.pin), "").replace(&hyphenated(NOBODY), "");
            (answer.status, text, answer.header("content-type").map(str::to_owned), answer.headers.len())
        };
        assert_eq!(plain(&there), plain(&nowhere), "{}", theirs.operation);
        envelope(&theirs.path, &there).unwrap_or_else(|fault| panic!("{}: {fault}", theirs.operation));
    }
    assert_eq!(snapshot(&app, &things).await, before, "and nothing changed");
}

/// An answer's body without what belongs to its moment: 8x8 writes the request's id in its own form, and the time.
fn without_moment(answer: &Answer) -> String {
    let body = answer.json();
    let moments = ["errorId", "timestamp"].map(|name| body[name].as_str().unwrap_or_default().to_owned());
    moments.iter().filter(|moment| !moment.is_empty()).fold(answer.text.clone(), |text, moment| text.replace(moment, ""))
}

/// What the owner sees of their things.
async fn snapshot(app: &App, things: &Things) -> Vec<Value> {
    let application = format!("/2fa/2/applications/{}", things.application);
    let mut seen = Vec::new();
    for path in [
        "/2fa/2/applications".to_owned(),
        format!("{application}/messages"),
        format!("/settings/2/api-keys/{}", things.key),
        "/v1/connections".to_owned(),
        "/v1/routes".to_owned(),
        format!("/v1/otp/{}", things.pin),
    ] {
        seen.push(app.client.get(&path).await.expect(200).json());
    }
    let keys = app.client.get("/settings/2/api-keys").await.expect(200).json();
    seen.push(keys["paging"]["totalCount"].clone());
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_its_headers_and_other_methods_are_named() {
    let app = App::start().await;
    let things = Things::of(&app).await;
    let mut allowed: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for door in things.doors() {
        let path = door.path.split('?').next().unwrap_or_default().to_owned();
        allowed.entry(path).or_default().insert(door.method);
    }
    // `verify` is no request id to whoever asks for it with another method.
    allowed.remove("/v1/otp/verify");
    for (path, methods) in &allowed {
        for method in ["TRACE", "PATCH", "BREW", "CONNECTX", "OPTIONS"].into_iter().filter(|method| !methods.contains(method)) {
            let request = app
                .bearer()
                .request(method, path)
                .header("origin", "https://evil.example")
                .header("access-control-request-method", "POST");
            let refused = app.client.send(request).await;
            assert_eq!(refused.status, 405, "{method} {path}: {}", refused.text);
            let allow: BTreeSet<&str> = refused.header("allow").unwrap_or_default().split(", ").collect();
            assert_eq!(&allow, methods, "{path}");
            check_headers(path, &refused);
            envelope(path, &refused).unwrap_or_else(|fault| panic!("{method} {path}: {fault}"));
        }
    }
    for path in [
        "/",
        "/docs",
        "/openapi.json",
        "/health/live",
        "/health/ready",
        "/.well-known/jwks.json",
        "/2fa/2/applications",
        "/nowhere",
        "/2fa/3/pin",
        "/v1/otp/x/y",
        "/v1",
        "/2fa",
    ] {
        let request = app.client.request("GET", path).header("origin", "https://evil.example");
        check_headers(path, &app.client.send(request).await);
    }
    let nowhere = app.client.get("/nowhere").await.expect(404);
    envelope("/nowhere", &nowhere).expect("the native envelope");
    // What another process may tell the services behind the gateway is not for clients to say.
    let mut identities = vec!["", "x", "eyJhbGciOiJub25lIn0.e30."];
    let long = "A".repeat(4_000);
    identities.push(&long);
    for identity in identities {
        let request = app.client.anonymous().request("GET", "/2fa/2/applications").header("x-pinfold-identity", identity);
        app.client.send(request).await.expect(401);
    }
}

fn check_headers(path: &str, answer: &Answer) {
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
        assert_eq!(answer.header(name), Some(value), "{path}");
    }
    let transport = answer.header("strict-transport-security").unwrap_or_default();
    assert!(transport.starts_with("max-age=31536000"), "{path}: {transport}");
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for part in ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 32), "{path}");
    assert!(answer.header("cache-control").is_some(), "{path}");
    for name in ["access-control-allow-origin", "access-control-allow-methods", "server", "x-powered-by"] {
        assert_eq!(answer.header(name), None, "{path}");
    }
}
