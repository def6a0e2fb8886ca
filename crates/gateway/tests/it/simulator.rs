//! The simulated phone.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::test::TestRequest;
use pinfold_core::access::Environment;
use pinfold_core::id::TenantId;
use pinfold_gateway::SimulatorAccess;
use pinfold_http::clock::now_ms;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::installation::{Gateway, Installation, within_5_s};

const MESSAGES: &str = "/simulator/api/messages";

struct Phone {
    installation: Installation,
    gateway: Gateway,
}

impl Phone {
    async fn new(access: SimulatorAccess) -> Self {
        let installation = Installation::with(access).await;
        Self { gateway: installation.gateway().await, installation }
    }

    /// Brings a message, as the connector does.
    async fn bring(&self, message: &Value) -> (u16, Value) {
        let token = self.installation.identities.sign("simulator", "POST", MESSAGES, None, now_ms()).unwrap();
        let request = TestRequest::post()
            .uri(MESSAGES)
            .insert_header(("authorization", format!("Bearer {token}")))
            .insert_header(("content-type", "application/json"))
            .set_payload(message.to_string());
        let (status, body) = self.gateway.ask(request).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    async fn list(&self, query: &str) -> Vec<Value> {
        let (status, body) = self.gateway.ask(TestRequest::get().uri(&format!("{MESSAGES}{query}"))).await;
        assert_eq!(status, 200, "{body}");
        let Value::Array(list) = serde_json::from_str::<Value>(&body).unwrap()["messages"].take() else { panic!("{body}") };
        list
    }
}

fn sms(to: &str, reference: &str) -> Value {
    json!({"reference": reference, "channel": "sms", "to": to, "text": "Your PIN is 123456", "language": "en", "sent_by": "simulator"})
}

#[actix_web::test]
async fn a_message_is_shown_to_whoever_asks_for_its_recipient() {
    let phone = Phone::new(SimulatorAccess::Open).await;
    let (status, accepted) = phone.bring(&sms("41793026727", "r1")).await;
    assert_eq!(status, 202);
    let mail = json!({
        "reference": "r2", "channel": "email", "from": "Acme <pin@acme.example>", "to": "John.Smith@example.com", "subject": "Your PIN",
        "text": "123456", "language": "de", "sent_by": "simulator",
    });
    assert_eq!(phone.bring(&mail).await.0, 202);
    for query in ["?to=41793026727", "?to=%2B41793026727", "?to=+41%2079%20302%2067%2027"] {
        let list = phone.list(query).await;
        assert_eq!(list.len(), 1, "{query}");
        let mut message = list[0].clone();
        let received = message["received_at"].take();
        assert!(received.as_str().is_some_and(|at| at.starts_with("20") && at.ends_with('Z')), "{received}");
        let expected = json!({
            "id": accepted["id"], "channel": "sms", "from": "simulator", "to": "41793026727", "text": "Your PIN is 123456",
            "language": "en", "segments": 1, "encoding": "GSM-7", "received_at": null,
        });
        assert_eq!(message, expected);
    }
    let list = phone.list("?to=john.smith@EXAMPLE.com").await;
    assert_eq!((list.len(), &list[0]["subject"], &list[0]["segments"]), (1, &json!("Your PIN"), &Value::Null));
    let all = phone.list("").await;
    assert_eq!((all.len(), &all[0]["channel"]), (2, &json!("email")), "the newest comes first");
    // The same delivery, brought again after a crash, is seen twice: nothing is hidden from tests.
    assert_eq!(phone.bring(&sms("41793026727", "r1")).await.0, 202);
    assert_eq!(phone.list("?to=41793026727").await.len(), 2);

    let clear = TestRequest::delete().uri("/simulator/api/messages?to=%2B41%2079%20302%2067%2027");
    assert_eq!(phone.gateway.ask(clear).await.0, 204);
    assert_eq!((phone.list("?to=41793026727").await.len(), phone.list("").await.len()), (0, 1));
    assert_eq!(phone.gateway.ask(TestRequest::delete().uri(MESSAGES)).await.0, 204);
    assert_eq!(phone.list("").await.len(), 0);
}

#[actix_web::test]
async fn only_this_installation_brings_messages() {
    let phone = Phone::new(SimulatorAccess::Open).await;
    let identities = &phone.installation.identities;
    let other_role = identities.sign("verification", "POST", MESSAGES, None, now_ms()).unwrap();
    let old = identities.sign("simulator", "POST", MESSAGES, None, now_ms() - 60_000).unwrap();
    for (token, status) in [("", 401), ("Bearer x", 401), (&format!("Bearer {old}"), 401), (&format!("Bearer {other_role}"), 403)]
    {
        let request = TestRequest::post().uri(MESSAGES).insert_header(("authorization", token));
        assert_eq!(phone.gateway.ask(request.set_payload(sms("41793026727", "r").to_string())).await.0, status);
    }
    assert_eq!(phone.list("").await.len(), 0);
}

#[actix_web::test]
async fn recipients_choose_what_happens() {
    let phone = Phone::new(SimulatorAccess::Open).await;
    let mail = |to: &str, reference: &str| {
        let mut message = sms(to, reference);
        message["channel"] = json!("email");
        message
    };
    assert_eq!(phone.bring(&sms("41793029001", "a")).await.0, 422);
    assert_eq!(phone.bring(&mail("fail-anna@example.com", "b")).await.0, 422);
    assert_eq!(phone.bring(&sms("41793029003", "c")).await.0, 503);
    assert_eq!(phone.bring(&sms("41793029004", "d")).await.0, 202);
    assert_eq!(phone.list("").await.len(), 0);
    for (reference, statuses) in [("e", [503, 503, 202, 202]), ("f", [503, 503, 202, 202])] {
        for status in statuses {
            assert_eq!(phone.bring(&sms("41793029002", reference)).await.0, status);
        }
    }
    assert_eq!(phone.list("").await.len(), 4);
}

#[actix_web::test]
async fn a_late_message_arrives_late_and_a_mute_provider_keeps_silent() {
    let phone = Phone::new(SimulatorAccess::Open).await;
    assert_eq!(phone.bring(&sms("41793029005", "a")).await.0, 202);
    let silence = timeout(Duration::from_secs(3), phone.bring(&sms("41793029007", "b"))).await;
    assert!(silence.is_err(), "no answer");
    assert_eq!(phone.list("").await.len(), 0);
    within_5_s("the late message", async || phone.list("?to=41793029005").await.len() == 1).await;
    assert_eq!(phone.list("?to=41793029007").await.len(), 0);
}

/// What a watcher gets next, but for signs of life.
async fn next_event(body: &mut BoxBody) -> String {
    loop {
        let next = timeout(Duration::from_secs(5), poll_fn(|context| Pin::new(&mut *body).poll_next(context)));
        let bytes = next.await.expect("something within 5 s").expect("the stream lives").unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        if !text.starts_with(':') {
            return text;
        }
    }
}

#[actix_web::test]
async fn watchers_hear_of_everything_as_it_happens() {
    let phone = Phone::new(SimulatorAccess::Open).await;
    let watching = phone.gateway.call(TestRequest::get().uri("/simulator/api/events")).await;
    assert_eq!(watching.headers().get("content-type").unwrap(), "text/event-stream");
    assert_eq!(watching.headers().get("cache-control").unwrap(), "no-store");
    let mut events = watching.into_body();
    phone.bring(&sms("41793026727", "a")).await;
    let event = next_event(&mut events).await;
    let data = event.strip_prefix("event: message\ndata: ").and_then(|rest| rest.strip_suffix("\n\n")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(data).unwrap(), phone.list("").await[0]);
    phone.gateway.ask(TestRequest::delete().uri("/simulator/api/messages?to=%2B41793026727")).await;
    assert_eq!(next_event(&mut events).await, "event: cleared\ndata: {\"to\":\"41793026727\"}\n\n");
    phone.gateway.ask(TestRequest::delete().uri(MESSAGES)).await;
    assert_eq!(next_event(&mut events).await, "event: cleared\ndata: {\"to\":null}\n\n");
}

#[actix_web::test]
async fn where_keys_are_needed_a_tenant_sees_its_own_messages_only() {
    let phone = Phone::new(SimulatorAccess::SandboxKeys).await;
    let (ours, theirs) = (phone.installation.tenant("ours").await, phone.installation.tenant("theirs").await);
    let sandbox = async |tenant: TenantId| {
        let (id, key) = phone.installation.key_with(tenant, |key| key.environment = Environment::Sandbox).await;
        (id, format!("Bearer {}", key.expose_secret()))
    };
    let (our_id, our_key) = sandbox(ours).await;
    let (_, their_key) = sandbox(theirs).await;
    let live = format!("Bearer {}", phone.installation.key(ours).await.expose_secret());
    for request in
        [TestRequest::get().uri(MESSAGES), TestRequest::delete().uri(MESSAGES), TestRequest::get().uri("/simulator/api/events")]
    {
        assert_eq!(phone.gateway.ask(request).await.0, 401);
    }
    let as_live = TestRequest::get().uri(MESSAGES).insert_header(("authorization", live));
    assert_eq!(phone.gateway.ask(as_live).await.0, 403);

    let list = async |key: &str| {
        let request = TestRequest::get().uri(MESSAGES).insert_header(("authorization", key));
        let (status, body) = phone.gateway.ask(request).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()["messages"].as_array().map(Vec::len)
    };
    let watch = TestRequest::get().uri("/simulator/api/events").insert_header(("authorization", our_key.as_str()));
    let mut events = phone.gateway.call(watch).await.into_body();
    let of = |tenant: TenantId, to: &str| {
        let mut message = sms(to, "r");
        message["tenant"] = json!(tenant);
        message
    };
    phone.bring(&of(theirs, "41793026720")).await;
    phone.bring(&sms("41793026721", "of nobody")).await;
    phone.bring(&of(ours, "41793026722")).await;
    assert!(next_event(&mut events).await.contains("41793026722"));
    assert_eq!((list(&our_key).await, list(&their_key).await), (Some(1), Some(1)));
    let clear = TestRequest::delete().uri(MESSAGES).insert_header(("authorization", their_key.as_str()));
    assert_eq!(phone.gateway.ask(clear).await.0, 204);
    assert_eq!((list(&our_key).await, list(&their_key).await), (Some(1), Some(0)));

    phone.installation.database.tenant(ours).api_keys().revoke(our_id).await.unwrap().unwrap();
    let ended = timeout(Duration::from_secs(11), async {
        while poll_fn(|context| Pin::new(&mut events).poll_next(context)).await.is_some() {}
    });
    assert!(ended.await.is_ok(), "a revoked key does not go on watching");
}
