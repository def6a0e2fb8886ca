//! What leads to people: masked by default, shown to whoever may see it and never without a trace, handed out, forgotten.

use pinfold_core::access::Scopes;
use pinfold_testkit::Role;
use serde_json::json;

use crate::matrix::client_with;
use crate::support::App;

const NUMBER: &str = "41793026727";

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_is_masked_revealed_with_a_trace_handed_out_and_forgotten() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({})).await;
    let pin = app.send(&application, &message, NUMBER).await;
    app.pin_of(NUMBER).await;
    let all = client_with(&app, "demo", Scopes::all());
    let story = app.client.get(&format!("/v1/verifications/{pin}")).await.expect(200);
    assert!(!story.text.contains(NUMBER) && story.text.contains("…6727"), "{}", story.text);
    let reveal = format!("/v1/verifications/{pin}/recipient");
    app.client.get(&reveal).await.expect(403);
    all.get(&format!("{reveal}?reason={}", "x".repeat(201))).await.expect(400);
    let shown = all.get(&format!("{reveal}?reason=ticket%204711")).await.expect(200);
    assert_eq!((&shown.json()["recipient"], shown.header("cache-control")), (&json!(NUMBER), Some("no-store")));
    let told = all.get(&format!("/v1/audit?action=revealed&objectId={pin}")).await.expect(200);
    assert_eq!(told.json()["entries"][0]["detail"], json!({ "recipient": "…6727", "reason": "ticket 4711" }));
    assert!(!told.text.contains(NUMBER));

    let somebody = json!({ "recipient": "+41 79 302 67 27" });
    let exported = all.post("/v1/recipients/export", somebody.clone()).await.expect(200).json();
    assert_eq!((&exported["recipient"], &exported["verifications"][0]["pinId"]), (&json!(NUMBER), &json!(pin)));
    // Another tenant knows nothing of them, and forgets nothing.
    app.stranger("stranger").await;
    let stranger = client_with(&app, "stranger", Scopes::all());
    let theirs = stranger.post("/v1/recipients/export", somebody.clone()).await.expect(200).json();
    assert_eq!(theirs["verifications"], json!([]));
    assert_eq!(stranger.post("/v1/recipients/redaction", somebody.clone()).await.expect(200).json()["verifications"], 0);
    assert_eq!(all.post("/v1/recipients/redaction", somebody.clone()).await.expect(200).json()["verifications"], 1);
    let exported = all.post("/v1/recipients/export", somebody).await.expect(200).json();
    assert_eq!(exported["verifications"], json!([]));
    // The figure stays.
    all.get(&format!("/v1/verifications/{pin}")).await.expect(200);
    let actions = app.database.query(Role::Superuser, "SELECT action FROM audit_entries WHERE object = 'recipient' ORDER BY 1");
    assert_eq!(actions.as_deref(), Ok("exported\nexported\nexported\nredacted\nredacted\nrevealed"));
    for wrong in ["", "x", "12", "41793026727\u{0}"] {
        all.post("/v1/recipients/export", json!({ "recipient": wrong })).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recipients_are_kept_as_long_as_the_tenant_says() {
    let app = App::start().await;
    let all = client_with(&app, "demo", Scopes::all());
    assert_eq!(all.get("/v1/retention").await.expect(200).json()["recipientDays"], 30);
    for wrong in [json!({}), json!({ "recipientDays": 0 }), json!({ "recipientDays": 3651 }), json!({ "recipientDays": "7d" })] {
        all.put("/v1/retention", wrong).await.expect(400);
    }
    let (application, message) = app.new_application(json!({})).await;
    app.send(&application, &message, NUMBER).await;
    app.pin_of(NUMBER).await;
    let export = async || all.post("/v1/recipients/export", json!({ "recipient": NUMBER })).await.expect(200).json();
    for _ in 0..100 {
        if export().await["verifications"][0].is_object() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let purge_in = |days: u32| {
        let sql = format!("SELECT purge_subjects(now() + interval '{days} days', 30, 100)");
        app.database.query(Role::Service, &sql).expect("the service may")
    };
    assert_eq!(purge_in(29), "0");
    all.put("/v1/retention", json!({ "recipientDays": 40 })).await.expect(200);
    assert_eq!(purge_in(39), "0");
    assert_eq!(purge_in(41), "1");
    assert_eq!(purge_in(41), "0");
    assert_eq!(export().await["verifications"], json!([]));
}
