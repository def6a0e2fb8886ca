//! Every operation is closed to who may not use it: without a credential, without the scope, and from another tenant,
//! for whom what is there looks like what never was.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::hostile::envelope;
use crate::support::{Answer, App, Client};

/// How an operation is asked for and what it needs.
pub struct Door {
    pub operation: &'static str,
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
    /// The scope; none for what needs no API key of its own.
    pub scope: Option<&'static str>,
    /// Whether its path names something that belongs to a tenant.
    pub names: bool,
}

const SCOPES: [&str; 6] = ["pin:send", "pin:verify", "config:read", "config:write", "reports:read", "keys:manage"];
const NOBODY: &str = "00000000000000000000000000000000";

/// What a tenant has, by the names in paths.
#[derive(Clone)]
struct Things {
    application: String,
    message: String,
    email: String,
    pin: String,
    key: String,
    connection: String,
    account: String,
    endpoint: String,
    webhook: String,
    template: String,
    fragment: String,
    slug: String,
}

/// The HTTP status of a refusal in a path's dialect: IPROG's clients read theirs in the body.
fn refusal(path: &str, status: u16) -> u16 {
    if path.starts_with("/api/v1/otp") { 200 } else { status }
}

impl Things {
    fn nobodys() -> Self {
        let id = NOBODY.to_owned();
        Self {
            application: id.clone(),
            message: id.clone(),
            email: id.clone(),
            pin: id.clone(),
            key: id.clone(),
            connection: id.clone(),
            account: id.clone(),
            endpoint: id.clone(),
            webhook: id.clone(),
            template: hyphenated(&id),
            fragment: hyphenated(&id),
            slug: "nobodys".to_owned(),
        }
    }

    async fn of(app: &App) -> Self {
        let (application, message, email) =
            (app.application().to_owned(), app.message().to_owned(), app.demo["EMAIL_MESSAGE_ID"].clone());
        let pin = app.send(&application, &message, "41793026727").await;
        let key = app.client.post("/settings/2/api-keys", json!({ "name": "x" })).await.expect(200).json();
        let connections = app.client.get("/v1/connections").await.expect(200).json();
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let connection = text(&connections["connections"][0]["id"]);
        let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["pin.sent"] });
        let endpoint = text(&app.client.post("/v1/webhook-endpoints", hook).await.expect(201).json()["id"]);
        let test = app.client.post(&format!("/v1/webhook-endpoints/{endpoint}/test"), json!({})).await;
        let webhook = text(&test.expect(202).json()["messageId"]);
        let (account, key) = (text(&key["accountId"]), text(&key["id"]));
        let vonage = bearer(&app.client);
        let template = vonage.post("/v2/verify/templates", json!({ "name": "x" })).await.expect(201).json();
        let template = text(&template["template_id"]);
        let fragment = json!({ "channel": "sms", "locale": "en-us", "text": "${code}" });
        let fragment = vonage.post(&format!("/v2/verify/templates/{template}/template_fragments"), fragment).await;
        let fragment = text(&fragment.expect(201).json()["template_fragment_id"]);
        let slug = app.demo["SUBACCOUNT_ID"].clone();
        Self { application, message, email, pin, connection, account, key, endpoint, webhook, template, fragment, slug }
    }

    /// Every operation on these things.
    fn doors(&self) -> Vec<Door> {
        let Self { application, message, email, pin, key, connection, account, endpoint, webhook, template, fragment, slug } =
            self;
        let sessions = format!("/api/v2/subaccounts/{slug}/sessions");
        let destination = json!({ "destination": "6598765432" });
        let look = json!({ "destination": "6598765432", "clientIp": "192.0.2.1" });
        let filipino = json!({ "phone_number": "639171234567", "otp": "000000" });
        let message_code = json!({ "phoneNumber": "+41793026727", "message": "{{code}}" });
        let code = json!({ "authenticationId": pin, "code": "000000" });
        let app = format!("/2fa/2/applications/{application}");
        let send = json!({ "applicationId": application, "messageId": message, "to": "41793026727" });
        let mail = json!({ "applicationId": application, "messageId": email, "to": "a@b.example" });
        let text = json!({ "messageText": "Code {{pin}}", "pinType": "NUMERIC" });
        let otp = json!({ "to": "41793026727", "applicationId": application });
        let guess = json!({ "to": "41793026727", "code": "000000", "requestId": pin, "applicationId": application });
        let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["pin.sent"] });
        let plan = json!({ "steps": [{ "channel": "voice", "after": 30 }] });
        let since = json!({ "since": "2026-01-01T00:00:00Z" });
        let (hooks, one) = (|rest: &str| format!("/v1/webhook-endpoints{rest}"), format!("/{endpoint}"));
        let verification = json!({ "brand": "A", "workflow": [{ "channel": "sms", "to": "41793026727" }] });
        let words = json!({ "channel": "voice", "locale": "en-us", "text": "${code}" });
        let (request, one_fragment) = (hyphenated(pin), format!("/template_fragments/{fragment}"));
        let vonage = |rest: &str| format!("/v2/verify/templates/{template}{rest}");
        let phone = json!({ "name": "x", "provider": { "kind": "simulator" } });
        let door = |operation, method, path: String, body, scope, names| Door {
            operation,
            method,
            path,
            body,
            scope: Some(scope),
            names,
        };
        let open = |operation, method, path: &str, body| Door {
            operation,
            method,
            path: path.to_owned(),
            body,
            scope: None,
            names: false,
        };
        let mut doors = vec![
            door("applications.list", "GET", "/2fa/2/applications".into(), None, "config:read", false),
            door(
                "applications.create",
                "POST",
                "/2fa/2/applications".into(),
                Some(json!({ "name": "x" })),
                "config:write",
                false,
            ),
            door("applications.get", "GET", app.clone(), None, "config:read", true),
            door("applications.update", "PUT", app.clone(), Some(json!({ "name": "Mine now" })), "config:write", true),
            door("messages.list", "GET", format!("{app}/messages"), None, "config:read", true),
            door("messages.create", "POST", format!("{app}/messages"), Some(text.clone()), "config:write", true),
            door("messages.get", "GET", format!("{app}/messages/{message}"), None, "config:read", true),
            door("messages.update", "PUT", format!("{app}/messages/{message}"), Some(text), "config:write", true),
            door(
                "email_messages.create",
                "POST",
                format!("{app}/email/messages"),
                Some(json!({ "emailTemplateId": 1 })),
                "config:write",
                true,
            ),
            door(
                "email_messages.update",
                "PUT",
                format!("{app}/email/messages/{email}"),
                Some(json!({ "emailTemplateId": 2 })),
                "config:write",
                true,
            ),
            door("pins.report", "GET", format!("{app}/verifications?msisdn=41793026727"), None, "reports:read", true),
            door("pins.send", "POST", "/2fa/2/pin".into(), Some(send.clone()), "pin:send", true),
            door("pins.send_voice", "POST", "/2fa/2/pin/voice".into(), Some(send), "pin:send", true),
            door("pins.send_email", "POST", "/2fa/2/pin/email".into(), Some(mail), "pin:send", true),
            door("pins.resend", "POST", format!("/2fa/2/pin/{pin}/resend"), Some(json!({})), "pin:send", true),
            door("pins.resend_voice", "POST", format!("/2fa/2/pin/{pin}/resend/voice"), Some(json!({})), "pin:send", true),
            door("pins.resend_email", "POST", format!("/2fa/2/pin/{pin}/resend/email"), Some(json!({})), "pin:send", true),
            door("pins.verify", "POST", format!("/2fa/2/pin/{pin}/verify"), Some(json!({ "pin": "000000" })), "pin:verify", true),
            door("otp.send", "POST", "/v1/otp".into(), Some(otp), "pin:send", true),
            door("otp.verify", "POST", "/v1/otp/verify".into(), Some(guess), "pin:verify", true),
            door("otp.status", "GET", format!("/v1/otp/{pin}"), None, "pin:send", true),
            door("otp.resend", "POST", format!("/v1/otp/{pin}/resend"), Some(json!({})), "pin:send", true),
            door("otp.next", "POST", format!("/v1/otp/{pin}/next"), None, "pin:send", true),
            door("fallbacks.get", "GET", format!("/v1/messages/{message}/fallback"), None, "config:read", true),
            door("fallbacks.set", "PUT", format!("/v1/messages/{message}/fallback"), Some(plan), "config:write", true),
            door("fallbacks.delete", "DELETE", format!("/v1/messages/{message}/fallback"), None, "config:write", true),
            door("caps.get", "GET", "/v1/caps".into(), None, "config:read", false),
            door("caps.set", "PUT", "/v1/caps".into(), Some(json!({})), "config:write", false),
            door("caps.get_of_application", "GET", format!("/v1/applications/{application}/caps"), None, "config:read", true),
            door(
                "caps.set_of_application",
                "PUT",
                format!("/v1/applications/{application}/caps"),
                Some(json!({})),
                "config:write",
                true,
            ),
            door("number_lookup.get", "GET", "/v1/number-lookup".into(), None, "config:read", false),
            door(
                "number_lookup.set",
                "PUT",
                "/v1/number-lookup".into(),
                Some(json!({ "connectionId": connection })),
                "config:write",
                false,
            ),
            door("number_lookup.delete", "DELETE", "/v1/number-lookup".into(), None, "config:write", false),
            door("usage.get", "GET", "/v1/usage".into(), None, "config:read", false),
            door("eight_x_eight.v1.send", "POST", format!("/verify/v1/{slug}"), Some(destination.clone()), "pin:send", true),
            door("eight_x_eight.v1.check", "GET", format!("/verify/v1/{slug}/{pin}?code=000000"), None, "pin:verify", true),
            door("eight_x_eight.v2.send", "POST", sessions.clone(), Some(destination), "pin:send", true),
            door("eight_x_eight.v2.check", "GET", format!("{sessions}/{pin}"), None, "pin:verify", true),
            door(
                "eight_x_eight.v2.coverage",
                "POST",
                format!("/api/v2/subaccounts/{slug}/sma/coverage"),
                Some(look),
                "pin:send",
                true,
            ),
            door("iprog.send", "POST", "/api/v1/otp/send_otp".into(), Some(filipino.clone()), "pin:send", false),
            door("iprog.verify", "POST", "/api/v1/otp/verify_otp".into(), Some(filipino), "pin:verify", false),
            door("iprog.list", "GET", "/api/v1/otp".into(), None, "reports:read", false),
            door("camara.send_code", "POST", "/one-time-password-sms/v1/send-code".into(), Some(message_code), "pin:send", false),
            door(
                "camara.validate_code",
                "POST",
                "/one-time-password-sms/v1/validate-code".into(),
                Some(code),
                "pin:verify",
                true,
            ),
            door("otp.cancel", "DELETE", format!("/v1/otp/{pin}"), None, "pin:verify", true),
            door("api_keys.list", "GET", "/settings/2/api-keys".into(), None, "keys:manage", false),
            door("api_keys.create", "POST", "/settings/2/api-keys".into(), Some(json!({ "name": "x" })), "keys:manage", false),
            door("api_keys.get", "GET", format!("/settings/2/api-keys/{key}"), None, "keys:manage", true),
            door(
                "api_keys.update",
                "PUT",
                format!("/settings/2/api-keys/{key}"),
                Some(json!({ "name": "x", "enabled": false })),
                "keys:manage",
                true,
            ),
            door(
                "api_keys.create_v1",
                "POST",
                format!("/settings/1/accounts/{account}/api-keys"),
                Some(json!({ "name": "x" })),
                "keys:manage",
                true,
            ),
            door("public_keys.get", "GET", format!("/v1/applications/{application}/public-key"), None, "keys:manage", true),
            door(
                "public_keys.set",
                "PUT",
                format!("/v1/applications/{application}/public-key"),
                Some(json!({ "publicKey": "x" })),
                "keys:manage",
                true,
            ),
            door("public_keys.delete", "DELETE", format!("/v1/applications/{application}/public-key"), None, "keys:manage", true),
            door("origins.list", "GET", "/v1/origins".into(), None, "config:read", false),
            door(
                "origins.set",
                "PUT",
                format!("/v1/origins/test:{application}"),
                Some(json!({ "applicationId": application })),
                "config:write",
                true,
            ),
            door("origins.delete", "DELETE", format!("/v1/origins/test:{application}"), None, "config:write", true),
            door("connections.list", "GET", "/v1/connections".into(), None, "config:read", false),
            door("connections.create", "POST", "/v1/connections".into(), Some(phone.clone()), "config:write", false),
            door("connections.get", "GET", format!("/v1/connections/{connection}"), None, "config:read", true),
            door("connections.update", "PUT", format!("/v1/connections/{connection}"), Some(phone), "config:write", true),
            door("connections.health", "GET", format!("/v1/connections/{connection}/health"), None, "config:read", true),
            door(
                "connections.test",
                "POST",
                format!("/v1/connections/{connection}/test"),
                Some(json!({ "to": "41793026727" })),
                "config:write",
                true,
            ),
            door("connections.delete", "DELETE", format!("/v1/connections/{connection}"), None, "config:write", true),
            door("webhook_endpoints.list", "GET", hooks(""), None, "config:read", false),
            door("webhook_endpoints.create", "POST", hooks(""), Some(hook.clone()), "config:write", false),
            door("webhook_endpoints.get", "GET", hooks(&one), None, "config:read", true),
            door("webhook_endpoints.update", "PUT", hooks(&one), Some(hook), "config:write", true),
            door("webhook_endpoints.delete", "DELETE", hooks(&one), None, "config:write", true),
            door(
                "webhook_endpoints.rotate_secret",
                "POST",
                hooks(&format!("{one}/secret")),
                Some(json!({})),
                "config:write",
                true,
            ),
            door("webhook_endpoints.test", "POST", hooks(&format!("{one}/test")), None, "config:write", true),
            door("webhook_endpoints.replay", "POST", hooks(&format!("{one}/replay")), Some(since), "config:write", true),
            door("webhook_messages.list", "GET", hooks(&format!("{one}/messages")), None, "config:read", true),
            door("webhook_messages.get", "GET", hooks(&format!("{one}/messages/{webhook}")), None, "config:read", true),
            door(
                "webhook_messages.replay",
                "POST",
                hooks(&format!("{one}/messages/{webhook}/replay")),
                None,
                "config:write",
                true,
            ),
            door(
                "connections.replace_receipt_url",
                "POST",
                format!("/v1/connections/{connection}/receipt-url"),
                None,
                "config:write",
                true,
            ),
            door("verifications.list", "GET", "/v1/verifications".into(), None, "reports:read", false),
            door("verifications.get", "GET", format!("/v1/verifications/{pin}"), None, "reports:read", true),
            door("verifications.attest", "POST", format!("/v1/verifications/{pin}/receipt"), None, "reports:read", true),
            door("routes.list", "GET", "/v1/routes".into(), None, "config:read", false),
            door("routes.set", "PUT", "/v1/routes/sms".into(), Some(json!({ "connectionId": connection })), "config:write", true),
            door("routes.delete", "DELETE", "/v1/routes/sms".into(), None, "config:write", false),
            door(
                "routes.set_prefix",
                "PUT",
                "/v1/routes/sms/41".into(),
                Some(json!({ "connectionId": connection })),
                "config:write",
                true,
            ),
            door("routes.delete_prefix", "DELETE", "/v1/routes/sms/41".into(), None, "config:write", false),
            door(
                "routes.explain",
                "POST",
                "/v1/route-explanations".into(),
                Some(json!({ "channel": "sms", "to": "41793026727" })),
                "config:read",
                false,
            ),
            door(
                "message_previews.create",
                "POST",
                "/v1/message-previews".into(),
                Some(json!({ "messageText": "{{pin}}" })),
                "config:read",
                false,
            ),
            door("vonage.start", "POST", "/v2/verify".into(), Some(verification), "pin:send", false),
            door("vonage.check", "POST", format!("/v2/verify/{request}"), Some(json!({ "code": "000000" })), "pin:verify", true),
            door("vonage.cancel", "DELETE", format!("/v2/verify/{request}"), None, "pin:verify", true),
            door("vonage.next_workflow", "POST", format!("/v2/verify/{request}/next_workflow"), None, "pin:send", true),
            door("vonage_templates.list", "GET", "/v2/verify/templates".into(), None, "config:read", false),
            door(
                "vonage_templates.create",
                "POST",
                "/v2/verify/templates".into(),
                Some(json!({ "name": "x" })),
                "config:write",
                false,
            ),
            door("vonage_templates.get", "GET", vonage(""), None, "config:read", true),
            door("vonage_templates.update", "PATCH", vonage(""), Some(json!({ "name": "mine" })), "config:write", true),
            door("vonage_templates.delete", "DELETE", vonage(""), None, "config:write", true),
            door("vonage_fragments.list", "GET", vonage("/template_fragments"), None, "config:read", true),
            door("vonage_fragments.create", "POST", vonage("/template_fragments"), Some(words.clone()), "config:write", true),
            door("vonage_fragments.get", "GET", vonage(&one_fragment), None, "config:read", true),
            door("vonage_fragments.update", "PATCH", vonage(&one_fragment), Some(words), "config:write", true),
            door("vonage_fragments.delete", "DELETE", vonage(&one_fragment), None, "config:write", true),
            open("sessions.open", "POST", "/auth/1/session", Some(json!({ "username": "x", "password": "y" }))),
            open("sessions.close", "DELETE", "/auth/1/session", None),
            open("tokens.issue", "POST", "/auth/1/oauth2/token?client_id=a&client_secret=b&grant_type=client_credentials", None),
            open("session_tokens.keys", "GET", "/.well-known/jwks.json", None),
            open("receipts.take", "POST", "/receipts/x", Some(json!({ "results": [] }))),
            open("receipts.take_by_get", "GET", "/receipts/x", None),
        ];
        doors.extend(crate::twilio_doors::doors(application, message, pin));
        doors
    }
}

/// An id as dialects with hyphens have it.
fn hyphenated(id: &str) -> String {
    let id = id.to_lowercase();
    [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-")
}

/// The same credential in the scheme that every dialect takes.
fn bearer(client: &Client) -> Client {
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

async fn key_with(app: &App, scopes: &[&str]) -> Client {
    let created = app.client.post("/settings/2/api-keys", json!({ "name": "scoped", "scopes": scopes })).await.expect(200).json();
    app.client.with(&format!("Bearer {}", created["apiKeySecret"].as_str().expect("the secret")))
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
        assert_eq!(*needs_key, door.scope.is_some() || door.operation == "sessions.close", "{}", door.operation);
        if !needs_key {
            continue;
        }
        for client in [
            app.client.anonymous(),
            app.client.with("Bearer pf_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            app.client.with("Basic Og=="),
        ] {
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
async fn a_key_without_the_scope_is_told_so_and_one_with_it_is_not() {
    let app = App::start().await;
    let things = Things::of(&app).await;
    let mut having = BTreeMap::new();
    let mut lacking = BTreeMap::new();
    for scope in SCOPES {
        let others: Vec<&str> = SCOPES.into_iter().filter(|other| *other != scope).collect();
        having.insert(scope, key_with(&app, &[scope]).await);
        lacking.insert(scope, key_with(&app, &others).await);
    }
    let nothing = key_with(&app, &[]).await;
    for door in things.doors() {
        let Some(scope) = door.scope else { continue };
        for client in [&lacking[scope], &nothing] {
            let refused = door.knock(client).await;
            assert_eq!(refused.status, refusal(&door.path, 403), "{}: {}", door.operation, refused.text);
            envelope(&door.path, &refused).unwrap_or_else(|fault| panic!("{}: {fault}", door.operation));
        }
    }
    // With the scope alone, what names nothing of anybody's is not there, but not forbidden.
    for door in Things::nobodys().doors() {
        let Some(scope) = door.scope else { continue };
        if door.names {
            let answer = door.knock(&having[scope]).await;
            assert!(matches!(answer.status, 404 | 400), "{}: {} {}", door.operation, answer.status, answer.text);
        }
    }
    // Nobody hands out more than they have.
    let more = having["keys:manage"].post("/settings/2/api-keys", json!({ "name": "x", "scopes": SCOPES })).await;
    assert_eq!(more.status, 403, "{}", more.text);
    let sandbox = app.client.with(&format!("App {}", app.demo["SANDBOX_API_KEY"]));
    sandbox.post("/settings/2/api-keys", json!({ "name": "x", "environment": "live" })).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_tenant_is_not_there() {
    let app = App::start().await;
    let things = Things::of(&app).await;
    let (stranger, ..) = app.stranger("stranger").await;
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
