//! Every operation is closed: to nobody, to a key without the scope, to another tenant. An operation that is not listed
//! here fails the test.

use std::collections::BTreeSet;

use actix_web::http::Method;
use pinfold_config_service::mount;
use pinfold_core::access::Scope;
use pinfold_http::{Caller, Documents, Mount};
use serde_json::{Value, json};

use crate::public_keys::PUBLIC_KEY;
use crate::world::{World, only, world};

/// An operation, the scope it needs, a body that would do, and whether it is on something of a tenant's.
struct Door {
    method: Method,
    path: &'static str,
    scope: Scope,
    body: Option<Value>,
}

fn door(method: Method, path: &'static str, scope: Scope, body: Option<Value>) -> Door {
    Door { method, path, scope, body }
}

fn doors() -> Vec<Door> {
    use Scope::{ConfigRead, ConfigWrite, KeysManage};
    let named = || Some(json!({"name": "x"}));
    let text = || Some(json!({"messageText": "{{pin}}", "pinType": "HEX"}));
    let email = || Some(json!({"emailTemplateId": 1}));
    let connection = || Some(json!({"name": "x", "provider": {"kind": "simulator"}}));
    let hook = || Some(json!({"url": "https://example.com/hook", "eventTypes": ["pin.sent"]}));
    let words = || Some(json!({"channel": "voice", "locale": "en-us", "text": "${code}"}));
    let plan = || Some(json!({"steps": [{"channel": "voice", "after": 30}]}));
    vec![
        door(Method::GET, "/2fa/2/applications", ConfigRead, None),
        door(Method::POST, "/2fa/2/applications", ConfigWrite, named()),
        door(Method::GET, "/2fa/2/applications/{appId}", ConfigRead, None),
        door(Method::PUT, "/2fa/2/applications/{appId}", ConfigWrite, named()),
        door(Method::GET, "/2fa/2/applications/{appId}/messages", ConfigRead, None),
        door(Method::POST, "/2fa/2/applications/{appId}/messages", ConfigWrite, text()),
        door(Method::GET, "/2fa/2/applications/{appId}/messages/{msgId}", ConfigRead, None),
        door(Method::PUT, "/2fa/2/applications/{appId}/messages/{msgId}", ConfigWrite, text()),
        door(Method::POST, "/2fa/2/applications/{appId}/email/messages", ConfigWrite, email()),
        door(Method::PUT, "/2fa/2/applications/{appId}/email/messages/{msgId}", ConfigWrite, email()),
        door(Method::GET, "/settings/2/api-keys", KeysManage, None),
        door(Method::POST, "/settings/2/api-keys", KeysManage, named()),
        door(Method::GET, "/settings/2/api-keys/{apiKeyId}", KeysManage, None),
        door(Method::PUT, "/settings/2/api-keys/{apiKeyId}", KeysManage, named()),
        door(Method::POST, "/settings/1/accounts/{accountKey}/api-keys", KeysManage, named()),
        door(Method::GET, "/v1/applications/{appId}/public-key", KeysManage, None),
        door(Method::PUT, "/v1/applications/{appId}/public-key", KeysManage, Some(json!({"publicKey": "x"}))),
        door(Method::DELETE, "/v1/applications/{appId}/public-key", KeysManage, None),
        door(Method::GET, "/v1/origins", ConfigRead, None),
        door(Method::PUT, "/v1/origins/{origin}", ConfigWrite, Some(json!({"applicationId": "0".repeat(32)}))),
        door(Method::DELETE, "/v1/origins/{origin}", ConfigWrite, None),
        door(Method::GET, "/v2/verify/templates", ConfigRead, None),
        door(Method::POST, "/v2/verify/templates", ConfigWrite, named()),
        door(Method::GET, "/v2/verify/templates/{templateId}", ConfigRead, None),
        door(Method::PATCH, "/v2/verify/templates/{templateId}", ConfigWrite, Some(json!({"name": "y"}))),
        door(Method::DELETE, "/v2/verify/templates/{templateId}", ConfigWrite, None),
        door(Method::GET, "/v2/verify/templates/{templateId}/template_fragments", ConfigRead, None),
        door(Method::POST, "/v2/verify/templates/{templateId}/template_fragments", ConfigWrite, words()),
        door(Method::GET, "/v2/verify/templates/{templateId}/template_fragments/{fragmentId}", ConfigRead, None),
        door(Method::PATCH, "/v2/verify/templates/{templateId}/template_fragments/{fragmentId}", ConfigWrite, words()),
        door(Method::DELETE, "/v2/verify/templates/{templateId}/template_fragments/{fragmentId}", ConfigWrite, None),
        door(Method::GET, "/v1/connections", ConfigRead, None),
        door(Method::POST, "/v1/connections", ConfigWrite, connection()),
        door(Method::GET, "/v1/connections/{id}", ConfigRead, None),
        door(Method::PUT, "/v1/connections/{id}", ConfigWrite, connection()),
        door(Method::DELETE, "/v1/connections/{id}", ConfigWrite, None),
        door(Method::POST, "/v1/connections/{id}/test", ConfigWrite, Some(json!({"to": "41793026727"}))),
        door(Method::GET, "/v1/connections/{id}/health", ConfigRead, None),
        door(Method::POST, "/v1/connections/{id}/receipt-url", ConfigWrite, None),
        door(Method::GET, "/v1/routes", ConfigRead, None),
        door(Method::PUT, "/v1/routes/{channel}", ConfigWrite, Some(json!({"connectionId": "x"}))),
        door(Method::DELETE, "/v1/routes/{channel}", ConfigWrite, None),
        door(Method::PUT, "/v1/routes/{channel}/{prefix}", ConfigWrite, Some(json!({"connectionId": "x"}))),
        door(Method::DELETE, "/v1/routes/{channel}/{prefix}", ConfigWrite, None),
        door(Method::POST, "/v1/route-explanations", ConfigRead, Some(json!({"channel": "sms", "to": "41793026727"}))),
        door(Method::POST, "/v1/message-previews", ConfigRead, text()),
        door(Method::GET, "/v1/messages/{msgId}/fallback", ConfigRead, None),
        door(Method::PUT, "/v1/messages/{msgId}/fallback", ConfigWrite, plan()),
        door(Method::DELETE, "/v1/messages/{msgId}/fallback", ConfigWrite, None),
        door(Method::GET, "/v1/caps", ConfigRead, None),
        door(Method::PUT, "/v1/caps", ConfigWrite, Some(json!({}))),
        door(Method::GET, "/v1/applications/{appId}/caps", ConfigRead, None),
        door(Method::PUT, "/v1/applications/{appId}/caps", ConfigWrite, Some(json!({}))),
        door(Method::GET, "/v1/usage", ConfigRead, None),
        door(Method::GET, "/v1/number-lookup", ConfigRead, None),
        door(Method::PUT, "/v1/number-lookup", ConfigWrite, Some(json!({"connectionId": "x"}))),
        door(Method::DELETE, "/v1/number-lookup", ConfigWrite, None),
        door(Method::GET, "/v1/webhook-endpoints", ConfigRead, None),
        door(Method::POST, "/v1/webhook-endpoints", ConfigWrite, hook()),
        door(Method::GET, "/v1/webhook-endpoints/{id}", ConfigRead, None),
        door(Method::PUT, "/v1/webhook-endpoints/{id}", ConfigWrite, Some(json!({"enabled": false}))),
        door(Method::DELETE, "/v1/webhook-endpoints/{id}", ConfigWrite, None),
        door(Method::POST, "/v1/webhook-endpoints/{id}/secret", ConfigWrite, Some(json!({}))),
        door(Method::POST, "/v1/webhook-endpoints/{id}/test", ConfigWrite, None),
        door(Method::POST, "/v1/webhook-endpoints/{id}/replay", ConfigWrite, Some(json!({"since": "2026-01-01T00:00:00Z"}))),
        door(Method::GET, "/v1/webhook-endpoints/{id}/messages", ConfigRead, None),
        door(Method::GET, "/v1/webhook-endpoints/{id}/messages/{messageId}", ConfigRead, None),
        door(Method::POST, "/v1/webhook-endpoints/{id}/messages/{messageId}/replay", ConfigWrite, None),
        door(Method::GET, "/v2/Services", ConfigRead, None),
        door(Method::POST, "/v2/Services", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}", ConfigWrite, None),
        door(Method::DELETE, "/v2/Services/{ServiceSid}", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}/RateLimits", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}/RateLimits", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}", ConfigWrite, None),
        door(Method::DELETE, "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets/{BucketSid}", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets/{BucketSid}", ConfigWrite, None),
        door(Method::DELETE, "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets/{BucketSid}", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}/MessagingConfigurations", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}/MessagingConfigurations", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}/MessagingConfigurations/{Country}", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}/MessagingConfigurations/{Country}", ConfigWrite, None),
        door(Method::DELETE, "/v2/Services/{ServiceSid}/MessagingConfigurations/{Country}", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}/Webhooks", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}/Webhooks", ConfigWrite, None),
        door(Method::GET, "/v2/Services/{ServiceSid}/Webhooks/{WebhookSid}", ConfigRead, None),
        door(Method::POST, "/v2/Services/{ServiceSid}/Webhooks/{WebhookSid}", ConfigWrite, None),
        door(Method::DELETE, "/v2/Services/{ServiceSid}/Webhooks/{WebhookSid}", ConfigWrite, None),
        door(Method::GET, "/v2/Templates", ConfigRead, None),
        door(Method::POST, "/v2/SafeList/Numbers", ConfigWrite, None),
        door(Method::GET, "/v2/SafeList/Numbers/{PhoneNumber}", ConfigRead, None),
        door(Method::DELETE, "/v2/SafeList/Numbers/{PhoneNumber}", ConfigWrite, None),
    ]
}

/// The ids of something of each kind that a tenant has.
struct Things {
    application: String,
    text: String,
    email: String,
    connection: String,
    key: String,
    account: String,
    endpoint: String,
    webhook: String,
    template: String,
    fragment: String,
}

impl Things {
    async fn of(world: &World, caller: &Caller) -> Self {
        let make = async |path: &str, body: Value, name: &str| {
            let made = world.post(caller, path, body).await;
            assert!(made.status < 300, "{path}: {}", made.status);
            made.json[name].as_str().unwrap().to_owned()
        };
        let application = make("/2fa/2/applications", json!({"name": "x"}), "applicationId").await;
        let under = |rest: &str| format!("/2fa/2/applications/{application}/{rest}");
        let connection = make("/v1/connections", json!({"name": "x", "provider": {"kind": "simulator"}}), "id").await;
        world.put(caller, "/v1/routes/sms", json!({"connectionId": connection})).await.expect(200);
        let hook = json!({"url": "https://example.com/hook", "eventTypes": ["pin.sent"]});
        let endpoint = make("/v1/webhook-endpoints", hook, "id").await;
        let webhook = make(&format!("/v1/webhook-endpoints/{endpoint}/test"), json!({}), "messageId").await;
        let template = make("/v2/verify/templates", json!({"name": "x"}), "template_id").await;
        let fragments = format!("/v2/verify/templates/{template}/template_fragments");
        let words = json!({"channel": "sms", "locale": "en-us", "text": "${code}"});
        let origin = json!({"applicationId": application});
        world.put(caller, &format!("/v1/origins/test:{application}"), origin).await.expect(200);
        world
            .put(caller, &format!("/v1/applications/{application}/public-key"), json!({"publicKey": PUBLIC_KEY}))
            .await
            .expect(200);
        Self {
            text: make(&under("messages"), json!({"messageText": "{{pin}}", "pinType": "HEX"}), "messageId").await,
            email: make(&under("email/messages"), json!({"emailTemplateId": 1}), "messageId").await,
            key: make("/settings/2/api-keys", json!({"name": "x"}), "id").await,
            fragment: make(&fragments, words, "template_fragment_id").await,
            account: caller.tenant.to_string(),
            template,
            connection,
            application,
            endpoint,
            webhook,
        }
    }

    fn fake(id: &str) -> Self {
        let id = || id.to_owned();
        let (endpoint, webhook, template, fragment) = (id(), id(), id(), id());
        let (application, text, email, connection, key, account) = (id(), id(), id(), id(), id(), id());
        Self { application, text, email, connection, key, account, endpoint, webhook, template, fragment }
    }

    fn path(&self, template: &str) -> String {
        let message = if template.contains("/email/") { &self.email } else { &self.text };
        // An origin is a name of the importer's.
        let origin = format!("test:{}", self.application);
        let thing = if template.starts_with("/v1/webhook-endpoints") { &self.endpoint } else { &self.connection };
        let values = [
            ("{messageId}", &self.webhook),
            ("{appId}", &self.application),
            ("{msgId}", message),
            ("{apiKeyId}", &self.key),
            ("{accountKey}", &self.account),
            ("{origin}", &origin),
            ("{templateId}", &self.template),
            ("{fragmentId}", &self.fragment),
            ("{id}", thing),
        ];
        values
            .iter()
            .fold(template.replace("{channel}", "sms").replace("{prefix}", "41"), |path, (name, value)| path.replace(name, value))
    }
}

#[actix_web::test]
async fn every_operation_is_listed() {
    let mut operations = Mount::default();
    mount(&mut operations);
    let method = |one: &Documents| serde_json::to_value(&one.method).unwrap().as_str().unwrap().to_uppercase();
    let documented: BTreeSet<(String, String)> =
        operations.documents().iter().map(|one| (method(one), one.path.clone())).collect();
    let listed = doors().iter().map(|door| (door.method.to_string(), door.path.to_owned())).collect();
    assert_eq!(documented, listed);
}

#[actix_web::test]
async fn nobody_and_a_key_without_the_scope_stay_outside() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let things = Things::of(&world, &ann).await;
    let before = world.dump();
    for door in doors() {
        let path = things.path(door.path);
        // Permission comes before the body: even a hopeless one gets the same answer.
        for body in [door.body.map(|body| body.to_string().into_bytes()), Some(b"{".to_vec())] {
            let answer = world.call(None, door.method.clone(), &path, body.clone()).await;
            assert_eq!(answer.status, 401, "{} {path}", door.method);
            let others: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| *scope != door.scope).collect();
            let answer = world.call(Some(&only(&ann, &others)), door.method.clone(), &path, body).await;
            assert_eq!(answer.status, 403, "{} {path}", door.method);
        }
    }
    assert_eq!(world.dump(), before);
}

#[actix_web::test]
async fn what_is_another_tenants_is_not_there() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    let things = Things::of(&world, &ann).await;
    let fakes = [Things::fake(&"0".repeat(32)), Things::fake("no-id"), Things::fake("%00"), Things::fake("..%2f..%2fx")];
    let before = world.dump();
    // Forms are another test's: the whole product is asked for those of `/v2`.
    let is_here = |door: &Door| door.path.contains('{') && !door.path.contains("{channel}") && !door.path.starts_with("/v2/");
    for door in doors().into_iter().filter(is_here) {
        let call = async |path: &str| {
            let body = door.body.as_ref().map(|body| body.to_string().into_bytes());
            world.call(Some(&bob), door.method.clone(), path, body).await
        };
        let hers = call(&things.path(door.path)).await;
        assert_eq!(hers.status, 404, "{} {}", door.method, door.path);
        for fake in &fakes {
            let none = call(&fake.path(door.path)).await;
            assert_eq!(none.status, 404, "{} {}", door.method, fake.path(door.path));
            // Some carry the request's id; it is the only difference.
            let without_id = |answer: &crate::world::Answer| {
                let mut json = answer.json.clone();
                json.as_object_mut().and_then(|body| body.remove("request_id").or_else(|| body.remove("instance")));
                (json, answer.bytes.len())
            };
            assert_eq!(without_id(&hers), without_id(&none), "{} {}", door.method, door.path);
        }
    }
    for (path, list) in [
        ("/2fa/2/applications", ""),
        ("/v1/connections", "connections"),
        ("/v1/routes", "routes"),
        ("/settings/2/api-keys", "apiKeys"),
        ("/v1/webhook-endpoints", "endpoints"),
        ("/v1/origins", "origins"),
    ] {
        let all = world.get(&bob, path).await.expect(200);
        let items = if list.is_empty() { &all } else { &all[list] };
        assert_eq!(items, &json!([]), "{path}");
    }
    assert_eq!(world.dump(), before);
}
