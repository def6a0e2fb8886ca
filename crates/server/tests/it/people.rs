//! People: from a sign-up to a verified PIN, sessions and what protects them, members, and the end of a tenant.

use std::time::Duration;

use pinfold_core::totp::{Totp, TotpSecret};
use pinfold_testkit::Role;
use serde_json::{Value, json};

use crate::support::person::{PASSWORD, Person, token_of};
use crate::support::{App, Options, command, pin_in};

fn now_ms() -> u64 {
    u64::try_from(std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis()).expect("fits")
}

#[actix_web::test]
async fn a_stranger_signs_up_and_verifies_a_first_pin_over_http_alone() {
    let app = App::start().await;
    let mut ann = Person::signed_up(&app, "ann@example.com", "Ann's Shop").await;
    let session = ann.get("/v1/session").await.expect(200).json();
    assert_eq!((&session["state"], &session["tenant"]["slug"]), (&json!("signed_in"), &json!("ann-s-shop")));
    assert_eq!((&session["tenant"]["role"], &session["isOperator"]), (&json!("owner"), &json!(false)));
    assert_eq!(session["person"]["email"], "ann@example.com");

    let application = ann.post("/2fa/2/applications", json!({ "name": "Shop" })).await.expect(200).json();
    let application = application["applicationId"].as_str().expect("an id").to_owned();
    let template = json!({ "pinType": "NUMERIC", "messageText": "Your code is {{pin}}", "pinLength": 6 });
    let message = ann.post(&format!("/2fa/2/applications/{application}/messages"), template).await.expect(200).json();
    let send = json!({ "applicationId": application, "messageId": message["messageId"], "to": "41793026701" });
    let sent = ann.post("/2fa/2/pin", send).await.expect(200).json();
    let text = app.wait_for_messages("41793026701", 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
    let path = format!("/2fa/2/pin/{}/verify", sent["pinId"].as_str().expect("an id"));
    let verified = ann.post(&path, json!({ "pin": pin_in(&text) })).await.expect(200).json();
    assert_eq!(verified["verified"], true);

    // The link is good once; a second sign-up of the address is answered alike and makes nothing.
    let body = json!({ "email": "Ann@example.com", "password": "another password 7", "name": "X", "organization": "Y" });
    let again = Person::new(&app, "x@example.com").post("/v1/sign-up", body).await.expect(202);
    assert_eq!(again.text, "{}");
    let mails = app.wait_for_messages("ann@example.com", 2).await;
    assert!(!mails[0]["text"].as_str().unwrap_or_default().contains("#token="), "no link for an address that has an account");
    let token = mails[1]["text"].as_str().and_then(|text| text.split_once("#token=")).expect("a link").1;
    let token = token.split_whitespace().next().expect("a token");
    let used = Person::new(&app, "x@example.com").post("/v1/sign-up/confirmations", json!({ "token": token })).await.expect(400);
    assert_eq!(used.json()["code"], "invalid_token");
    // Neither password nor token stands anywhere.
    let dump = |table: &str| app.database.query(Role::Superuser, &format!("SELECT * FROM {table}")).expect("a table");
    for table in ["people", "sign_ups", "sessions", "person_mails"] {
        assert!(!dump(table).contains(PASSWORD) && !dump(table).contains(token), "{table}");
    }
    assert!(dump("people").contains("$argon2id$v=19$m=19456"));
}

#[actix_web::test]
async fn a_change_needs_token_and_origin_and_json() {
    let app = App::start().await;
    let mut ann = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let body = json!({ "name": "Mine" }).to_string();
    let ask = |csrf: Option<&str>, origin: Option<&str>, kind: &str, method: &str, path: &str| {
        let mut request = ann.client.request(method, path).header("cookie", format!("__Host-pinfold-session={}", ann.cookie));
        if let Some(csrf) = csrf {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        request.header("content-type", kind).body(body.clone())
    };
    let base = ann.client.base.clone();
    let (own, right) = (Some(base.as_str()), Some(ann.csrf.as_str()));
    for path in ["/v1/tenant", "/v1/me"] {
        for (csrf, origin, kind, status) in [
            (None, own, "application/json", 403),
            (Some("wrong"), own, "application/json", 403),
            (right, None, "application/json", 403),
            (right, Some("https://evil.example"), "application/json", 403),
            (right, Some("null"), "application/json", 403),
            (right, own, "text/plain", 415),
            (right, own, "application/x-www-form-urlencoded", 415),
            (right, own, "application/json", 200),
        ] {
            let answer = ann.client.send(ask(csrf, origin, kind, "PUT", path)).await;
            assert_eq!(answer.status, status, "{path} {csrf:?} {origin:?} {kind}: {}", answer.text);
            if status == 403 {
                assert_eq!(answer.json()["code"], "csrf");
            }
        }
    }
    // Another page cannot sign somebody in either, and no address changes anything.
    let foreign = ann.client.request("POST", "/v1/session").header("origin", "https://evil.example");
    let foreign = foreign.header("content-type", "application/json").body(json!({"email": "a", "password": "b"}).to_string());
    assert_eq!(ann.client.send(foreign).await.status, 403);
    assert_eq!(ann.call("GET", "/v1/session/tenant", None).await.status, 405);
    // The cookie's rules.
    let answer = ann.log_in(PASSWORD).await.expect(200);
    let cookie = answer.header("set-cookie").expect("a cookie");
    for part in ["__Host-pinfold-session=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    // A key that is shown wins: the cookie is not looked at then.
    let mixed = ann.client.request("GET", "/v1/session").header("cookie", format!("__Host-pinfold-session={}", ann.cookie));
    let mixed = ann.client.send(mixed.header("authorization", format!("App {}", app.demo["API_KEY"]))).await;
    assert_eq!(mixed.status, 401);
}

#[actix_web::test]
async fn failures_are_few_per_account_and_per_address_and_say_nothing() {
    let app = App::start().await;
    let mut ann = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let mut nobody = Person::new(&app, "nobody@example.com");
    let plain = |answer: crate::support::Answer| {
        let mut json = answer.json();
        json.as_object_mut().map(|body| body.remove("request_id"));
        json
    };
    let wrong = ann.log_in("wrong password").await.expect(401);
    let unknown = nobody.log_in("wrong password").await.expect(401);
    assert_eq!(plain(wrong), plain(unknown));
    // The second failure of an account is followed by a pause, in which the right password is no use either.
    ann.log_in("wrong password").await.expect(401);
    let paused = ann.log_in(PASSWORD).await.expect(429);
    assert_eq!(paused.json()["code"], "too_many_attempts");
    assert!(paused.retry_after().is_some_and(|seconds| seconds <= 2));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    ann.log_in(PASSWORD).await.expect(200);
    // The address had two failures of Ann's, forgiven with her success but for the address, and one of nobody's.
    let mut statuses = Vec::new();
    for number in 0..6 {
        let mut guesser = Person::new(&app, &format!("person-{number}@example.com"));
        statuses.push(guesser.log_in("wrong password").await.status);
    }
    assert_eq!(statuses, [401, 401, 429, 429, 429, 429]);
    let parallel = futures::future::join_all((0..8).map(|_| {
        let mut guesser = Person::new(&app, "ann@example.com");
        async move { guesser.log_in("wrong password").await.status }
    }));
    assert!(parallel.await.iter().all(|status| *status == 429));
}

#[actix_web::test]
async fn a_session_is_listed_revoked_and_ends_by_time_and_password() {
    let app = App::start_with(Options { has_second_gateway: true, ..Options::default() }).await;
    let mut here = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let mut there = Person { client: app.second().anonymous(), ..here.clone() };
    there.cookie.clear();
    there.csrf.clear();
    there.log_in(PASSWORD).await.expect(200);
    assert_ne!(here.cookie, there.cookie, "each sign-in is a session of its own");
    there.get("/v1/tenant").await.expect(200);
    let sessions = here.get("/v1/me/sessions").await.expect(200).json();
    let sessions = sessions["sessions"].as_array().expect("a list").clone();
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|one| one["current"] == false).expect("the other one");
    here.delete(&format!("/v1/me/sessions/{}", other["id"].as_str().expect("an id"))).await.expect(204);
    here.delete(&format!("/v1/me/sessions/{}", "0".repeat(32))).await.expect(404);
    ended(&mut there).await;

    // Another password ends all others, and gives this one another cookie.
    there.csrf.clear();
    there.log_in(PASSWORD).await.expect(200);
    let before = here.cookie.clone();
    here.put("/v1/me/password", json!({ "password": "password1234" })).await.expect(400);
    here.put("/v1/me/password", json!({ "password": "five brown horses" })).await.expect(204);
    assert_ne!(before, here.cookie);
    here.get("/v1/session").await.expect(200);
    ended(&mut there).await;
    assert_eq!(there.log_in(PASSWORD).await.status, 401);
    // A reset by mail ends them all.
    let mails = app.messages("ann@example.com").await.len();
    Person::new(&app, "x@example.com").post("/v1/password-resets", json!({ "email": "ann@example.com" })).await.expect(202);
    Person::new(&app, "x@example.com").post("/v1/password-resets", json!({ "email": "no@example.com" })).await.expect(202);
    let token = token_of(&app, "ann@example.com", mails + 1).await;
    let reset = json!({ "token": token, "password": "six white horses" });
    Person::new(&app, "x@example.com").post("/v1/password-resets/confirmations", reset.clone()).await.expect(204);
    Person::new(&app, "x@example.com").post("/v1/password-resets/confirmations", reset).await.expect(400);
    ended(&mut here).await;

    // By time: an hour without use, a day at all.
    for column in ["used_at = now() - interval '61 minutes'", "expires_at = now() - interval '1 second'"] {
        here.csrf.clear();
        here.log_in("six white horses").await.expect(200);
        app.database.query(Role::Superuser, &format!("UPDATE sessions SET {column}")).expect("the table");
        ended(&mut here).await;
    }
    // Signing out.
    here.csrf.clear();
    here.log_in("six white horses").await.expect(200);
    let mut copy = here.clone();
    let out = here.delete("/v1/session").await.expect(204);
    assert!(out.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")));
    ended(&mut copy).await;
}

/// Within five seconds the session is nobody's any more.
async fn ended(person: &mut Person) {
    let end = tokio::time::Instant::now() + Duration::from_secs(5);
    while person.get("/v1/session").await.status != 401 || person.get("/v1/tenant").await.status != 401 {
        assert!(tokio::time::Instant::now() < end, "the session still works");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn members_are_invited_changed_and_removed_and_an_owner_stays() {
    let app = App::start().await;
    let mut ann = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let me = ann.get("/v1/session").await.json()["person"]["id"].as_str().expect("an id").to_owned();
    let invite = json!({ "email": "bob@example.com", "role": "admin" });
    ann.post("/v1/invitations", invite.clone()).await.expect(201);
    let mut bob = Person::new(&app, "bob@example.com");
    let token = token_of(&app, "bob@example.com", 1).await;
    let look = bob.post("/v1/invitations/acceptances", json!({ "token": token })).await.expect(200).json();
    assert_eq!((&look["organization"], &look["role"], &look["personExists"]), (&json!("Shop"), &json!("admin"), &json!(false)));
    let accept = json!({ "token": token, "name": "Bob", "password": PASSWORD });
    let session = bob.post("/v1/invitations/acceptances", accept.clone()).await.expect(201).json();
    assert_eq!(session["tenant"]["role"], "admin");
    Person::new(&app, "x@example.com").post("/v1/invitations/acceptances", accept).await.expect(400);
    ann.post("/v1/invitations", invite).await.expect(409);

    let members = bob.get("/v1/members").await.expect(200).json();
    let members = members["members"].as_array().expect("a list");
    assert_eq!(members.len(), 2);
    let bobs = members.iter().find(|one| one["email"] == "bob@example.com").expect("Bob")["personId"].clone();
    let bobs = format!("/v1/members/{}", bobs.as_str().expect("an id"));
    // An admin neither makes nor unmakes an owner.
    for (path, role) in [(bobs.clone(), "owner"), (format!("/v1/members/{me}"), "viewer")] {
        assert_eq!(bob.put(&path, json!({ "role": role })).await.expect(403).json()["code"], "forbidden");
    }
    bob.post("/v1/invitations", json!({ "email": "c@example.com", "role": "owner" })).await.expect(403);
    bob.delete("/v1/tenant").await.expect(403);
    // The only owner stays one.
    let last = ann.put(&format!("/v1/members/{me}"), json!({ "role": "admin" })).await.expect(409);
    assert_eq!(last.json()["code"], "last_owner");
    ann.delete(&format!("/v1/members/{me}")).await.expect(409);
    let shop = ann.get("/v1/session").await.json()["tenant"]["id"].as_str().expect("an id").to_owned();
    ann.delete(&format!("/v1/me/memberships/{shop}")).await.expect(409);
    // A smaller role is one everywhere within five seconds.
    ann.put(&bobs, json!({ "role": "viewer" })).await.expect(200);
    until(&mut bob, "/2fa/2/applications", json!({ "name": "x" }), 403).await;
    bob.get("/v1/members").await.expect(200);
    bob.get("/v1/invitations").await.expect(403);
    // Without a recent proof nobody changes members.
    app.database.query(Role::Superuser, "UPDATE sessions SET confirmed_until = now() - interval '1 second'").expect("the table");
    assert_eq!(ann.delete(&bobs).await.expect(403).json()["code"], "confirmation_needed");
    ann.post("/v1/session/confirmation", json!({ "password": "wrong password" })).await.expect(401);
    ann.post("/v1/session/confirmation", json!({ "password": PASSWORD })).await.expect(200);
    ann.delete(&bobs).await.expect(204);
    until(&mut bob, "/2fa/2/applications", json!({ "name": "x" }), 401).await;
    let session = bob.get("/v1/session").await.expect(200).json();
    assert_eq!((&session["tenant"], &session["tenants"]), (&Value::Null, &json!([])));
    // Bob opens a tenant of his own, and sees nothing of Ann's.
    let session = bob.post("/v1/tenants", json!({ "name": "Bob's" })).await.expect(201).json();
    assert_eq!(session["tenant"]["name"], "Bob's");
    let first = ann.get("/v1/session").await.json()["tenant"]["id"].clone();
    bob.put("/v1/session/tenant", json!({ "tenantId": first })).await.expect(404);
    assert_eq!(bob.get("/v1/members").await.expect(200).json()["members"].as_array().map(Vec::len), Some(1));
}

/// Within five seconds a change is answered like this.
async fn until(person: &mut Person, path: &str, body: Value, status: u16) {
    let end = tokio::time::Instant::now() + Duration::from_secs(5);
    while person.post(path, body.clone()).await.status != status {
        assert!(tokio::time::Instant::now() < end, "{path} is not answered {status}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn second_factors_are_asked_for_used_once_and_recovered_from() {
    let settings = vec![("PINFOLD__PEOPLE__SECOND_FACTOR_FOR_ADMINS", "true".to_owned())];
    let app = App::start_with(Options { settings, ..Options::default() }).await;
    let mut ann = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let session = ann.get("/v1/session").await.expect(200).json();
    assert_eq!((&session["state"], &session["tenant"]), (&json!("second_factor_enrolment_required"), &Value::Null));
    ann.get("/v1/tenant").await.expect(401);
    ann.get("/v1/me/sessions").await.expect(401);
    let offered = ann.post("/v1/me/totp", json!({})).await.expect(200).json();
    assert!(offered["qrSvg"].as_str().is_some_and(|svg| svg.contains("<svg")));
    let secret = TotpSecret::from_base32(offered["secret"].as_str().expect("a secret")).expect("base32");
    let code = |offset: u64| {
        let totp = Totp::default();
        totp.code(&secret, totp.step_at(now_ms()) + offset).to_string()
    };
    // A code that only enrols is no second factor of a sign-in: there is none yet.
    ann.post("/v1/me/totp/confirmation", json!({ "code": "000000" })).await.expect(401);
    let before = ann.cookie.clone();
    let session = ann.post("/v1/me/totp/confirmation", json!({ "code": code(0) })).await.expect(200).json();
    assert_eq!(session["state"], "signed_in");
    assert_ne!(before, ann.cookie, "a new session in the place of the half one");
    let codes: Vec<String> =
        session["recoveryCodes"].as_array().expect("codes").iter().map(|code| code.as_str().expect("text").to_owned()).collect();
    assert_eq!(codes.len(), 10);

    let half = ann.log_in(PASSWORD).await.expect(200).json();
    assert_eq!(half["state"], "second_factor_required");
    assert_eq!(half["methods"], json!(["totp", "recovery_code"]));
    ann.get("/v1/tenant").await.expect(401);
    ann.post("/v1/me/totp", json!({})).await.expect(401);
    // The step that enrolled is used; a password is no second factor.
    ann.post("/v1/session/second-factor", json!({ "password": PASSWORD })).await.expect(400);
    ann.post("/v1/session/second-factor", json!({ "totp": code(0) })).await.expect(401);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    ann.post("/v1/session/second-factor", json!({ "totp": code(1) })).await.expect(200);
    ann.get("/v1/tenant").await.expect(200);

    // One recovery code opens once, however many try at once.
    let mut halves = Vec::new();
    for _ in 0..4 {
        let mut half = Person::new(&app, "ann@example.com");
        half.log_in(PASSWORD).await.expect(200);
        halves.push(half);
    }
    let mails = app.messages("ann@example.com").await.len();
    let body = json!({ "recoveryCode": codes[0].to_uppercase() });
    let tries = halves.iter_mut().map(|half| half.post("/v1/session/second-factor", body.clone()));
    let statuses: Vec<u16> = futures::future::join_all(tries).await.into_iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    let told = app.wait_for_messages("ann@example.com", mails + 1).await;
    assert!(told[0]["text"].as_str().is_some_and(|text| text.contains("recovery code was used")), "{told:?}");
    let stored = app.database.query(Role::Superuser, "SELECT encode(hash, 'hex') FROM recovery_codes").expect("the table");
    assert_eq!(stored.lines().count(), 9);
    assert!(codes.iter().all(|code| !stored.contains(code.as_str())));
}

#[actix_web::test]
async fn a_tenant_is_suspended_by_operators_alone_and_leaves_nothing_behind() {
    let app = App::start().await;
    let mut ann = Person::signed_up(&app, "ann@example.com", "Shop").await;
    let tenant = ann.get("/v1/session").await.json()["tenant"]["id"].as_str().expect("an id").to_owned();
    let application = ann.post("/2fa/2/applications", json!({ "name": "Shop" })).await.expect(200).json();
    let application = application["applicationId"].as_str().expect("an id").to_owned();
    let template = json!({ "pinType": "NUMERIC", "messageText": "Code {{pin}}", "pinLength": 6 });
    let message = ann.post(&format!("/2fa/2/applications/{application}/messages"), template).await.expect(200).json();
    let send = json!({ "applicationId": application, "messageId": message["messageId"], "to": "41793026702" });
    let pin = ann.post("/2fa/2/pin", send).await.expect(200).json();
    app.wait_for_messages("41793026702", 1).await;
    let key = ann.post("/settings/2/api-keys", json!({ "name": "x" })).await.expect(200).json();
    let key = app.client.with(&format!("App {}", key["apiKeySecret"].as_str().expect("a secret")));
    key.get("/2fa/2/applications").await.expect(200);

    // For everybody else operators' operations are not there.
    let suspension = format!("/v1/operator/tenants/{tenant}/suspension");
    ann.get("/v1/operator/tenants").await.expect(404);
    ann.put(&suspension, json!({ "reason": "spam" })).await.expect(404);
    let (made, text) = app.command(&["operator", "create", "--email", "op@example.com", "--json"]);
    assert!(made, "{text}");
    let password = serde_json::from_str::<Value>(&text).expect("JSON")["password"].as_str().expect("a password").to_owned();
    let mut operator = Person::new(&app, "op@example.com");
    let session = operator.log_in(&password).await.expect(200).json();
    assert_eq!((&session["isOperator"], &session["tenant"]), (&json!(true), &Value::Null));
    let tenants = operator.get("/v1/operator/tenants").await.expect(200).json();
    assert_eq!(tenants["tenants"].as_array().map(Vec::len), Some(2));
    operator.get("/v1/operator/health").await.expect(200);
    operator.get("/v1/operator/dead-letters").await.expect(200);
    operator.post("/v1/operator/dead-letters/replay", json!({})).await.expect(200);
    operator.get("/2fa/2/applications").await.expect(401);

    // Every credential of a suspended tenant is like a disabled one.
    operator.put(&suspension, json!({ "reason": "spam" })).await.expect(204);
    let unknown = key.with(&format!("App pf_live_{}", "a".repeat(43)));
    let end = tokio::time::Instant::now() + Duration::from_secs(5);
    while key.get("/2fa/2/applications").await.status != 401 || ann.get("/v1/tenant").await.status != 401 {
        assert!(tokio::time::Instant::now() < end, "the tenant still works");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(key.get("/2fa/2/applications").await.text, unknown.get("/2fa/2/applications").await.text);
    assert_eq!(ann.get("/v1/session").await.expect(200).json()["tenants"][0]["suspended"], true);
    operator.delete(&suspension).await.expect(204);
    operator.delete(&format!("/v1/operator/tenants/{}/suspension", "0".repeat(32))).await.expect(404);
    let end = tokio::time::Instant::now() + Duration::from_secs(5);
    while key.get("/2fa/2/applications").await.status != 200 || ann.get("/v1/tenant").await.status != 200 {
        assert!(tokio::time::Instant::now() < end, "the tenant does not work again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    // An export has the configuration and no secret.
    let export = ann.post("/v1/tenant/export", json!({})).await.expect(200);
    let tables = export.json()["tables"].clone();
    assert_eq!(tables["applications"][0]["name"], "Shop");
    assert_eq!(tables["api_keys"][0]["name"], "x");
    assert!(!export.text.contains("\"hash\"") && !export.text.contains("\"sealed\""), "{}", export.text);

    // The end: nothing of it is left, and others lose nothing.
    let count = |sql: &str| app.database.query(Role::Superuser, sql).expect("a query");
    let others = || count("SELECT count(*) FROM applications WHERE name = 'Demo application'");
    let before = others();
    ann.call("DELETE", "/v1/tenant", Some(json!({ "slug": "wrong" }))).await.expect(400);
    let report = ann.call("DELETE", "/v1/tenant", Some(json!({ "slug": "shop" }))).await;
    assert_eq!(report.status, 200, "{}", report.text);
    let report = report.json();
    assert_eq!((&report["done"], &report["removed"]["applications"]), (&json!(true), &json!(1)), "{report}");
    assert!(report["redisKeys"].as_u64().is_some_and(|keys| keys > 0), "{report}");
    let tables = count(
        "SELECT string_agg(format('SELECT count(*) AS n FROM %I WHERE tenant_id = ''TENANT''', relname), ' UNION ALL ') \
         FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' \
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    );
    let left = count(&format!("SELECT sum(n) FROM ({}) AS all_tables", tables.replace("TENANT", &tenant)));
    assert_eq!((left.as_str(), others()), ("0", before));
    assert_eq!(count(&format!("SELECT count(*) FROM tenants WHERE id = '{tenant}'")), "0");
    let keys = command(&app.redis.url(), &[b"KEYS", b"*"]).list();
    let redis: Vec<String> = keys.into_iter().map(|key| String::from_utf8_lossy(&key.bytes()).into_owned()).collect();
    let short = pinfold_core::id::TenantId::short(&tenant.parse().expect("an id"));
    assert!(redis.iter().all(|key| !key.contains(&short)), "{redis:?}");
    let verify = format!("/2fa/2/pin/{}/verify", pin["pinId"].as_str().expect("an id"));
    assert_eq!(key.post(&verify, json!({ "pin": "000000" })).await.status, 401);
    let session = ann.get("/v1/session").await.expect(200).json();
    assert_eq!((&session["tenant"], &session["tenants"]), (&Value::Null, &json!([])));
}
