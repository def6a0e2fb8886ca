//! The fallback plans of templates.

use serde_json::{Value, json};

use crate::world::world;

#[actix_web::test]
async fn a_template_gets_a_plan_shows_it_and_loses_it() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let limits = json!({"pinTimeToLive": "2m"});
    let application = world.post(&ann, "/2fa/2/applications", json!({"name": "x", "configuration": limits})).await.expect(200);
    let messages = format!("/2fa/2/applications/{}/messages", application["applicationId"].as_str().unwrap());
    let text = json!({"messageText": "Code {{pin}}", "pinType": "NUMERIC"});
    let message = world.post(&ann, &messages, text).await.expect(200);
    let id = message["messageId"].as_str().unwrap();
    let path = format!("/v1/messages/{id}/fallback");
    assert_eq!(world.get(&ann, &path).await.status, 404);

    let plan = json!({"steps": [{"channel": "voice", "after": 30, "on": "no_receipt"}, {"channel": "email", "after": 60}]});
    let set = world.put(&ann, &path, plan).await.expect(200);
    let shown = json!({"steps": [{"channel": "voice", "after": 30, "on": "no_receipt"},
        {"channel": "email", "after": 60, "on": "not_verified"}]});
    assert_eq!(set, shown);
    assert_eq!(world.get(&ann, &path).await.expect(200), shown);
    // A change of the template leaves its plan alone, and the vendor's shape has no word of it.
    let changed = world.put(&ann, &format!("{messages}/{id}"), json!({"messageText": "Now {{pin}}"})).await.expect(200);
    assert!(changed.get("fallback").is_none(), "{changed}");
    assert_eq!(world.get(&ann, &path).await.expect(200), shown);

    let steps = |steps: Value| json!({ "steps": steps });
    let voice = json!({"channel": "voice", "after": 30});
    for (body, field) in [
        (steps(json!([])), "steps"),
        (steps(json!([voice, voice])), "steps[1].channel"),
        (steps(json!([{"channel": "voice", "after": 1}])), "steps[0].after"),
        (steps(json!([{"channel": "voice", "after": 120}])), "steps"),
    ] {
        let refused = world.put(&ann, &path, body).await.expect(400);
        assert_eq!(refused["fields"][0]["field"], field, "{refused}");
    }
    assert_eq!(world.delete(&ann, &path).await.status, 204);
    assert_eq!(world.get(&ann, &path).await.status, 404);
}
