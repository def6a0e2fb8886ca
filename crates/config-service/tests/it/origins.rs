//! Where what an import made comes from.

use serde_json::{Value, json};

use crate::world::world;

#[actix_web::test]
async fn origins_are_said_listed_page_by_page_and_forgotten() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let application = world.post(&ann, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let id = application["applicationId"].as_str().unwrap();
    let text = json!({"messageText": "{{pin}}", "pinType": "NUMERIC"});
    let message = world.post(&ann, &format!("/2fa/2/applications/{id}/messages"), text).await.expect(200);
    for origin in ["twilio:VA1", "twilio:VA2", "infobip:A"] {
        let said = world.put(&ann, &format!("/v1/origins/{origin}"), json!({"applicationId": id})).await.expect(200);
        assert_eq!(said, json!({"origin": origin, "applicationId": id}));
    }
    let of_message = json!({"applicationId": id, "messageId": message["messageId"]});
    let said = world.put(&ann, "/v1/origins/infobip:B", of_message.clone()).await.expect(200);
    assert_eq!(said["messageId"], message["messageId"]);
    world.put(&ann, "/v1/origins/infobip:B", of_message).await.expect(200);
    let names = |page: &Value| -> Vec<String> {
        page["origins"].as_array().unwrap().iter().map(|one| one["origin"].as_str().unwrap().to_owned()).collect()
    };
    let first = world.get(&ann, "/v1/origins?size=3").await.expect(200);
    assert_eq!(names(&first), ["infobip:A", "infobip:B", "twilio:VA1"]);
    let last = world.get(&ann, &format!("/v1/origins?size=3&after={}", first["next"].as_str().unwrap())).await.expect(200);
    assert_eq!((names(&last), last.get("next")), (vec!["twilio:VA2".to_owned()], None));
    assert_eq!(world.get(&ann, "/v1/origins?size=0").await.status, 400);
    let delete = actix_web::http::Method::DELETE;
    assert_eq!(world.call(Some(&ann), delete.clone(), "/v1/origins/infobip:B", None).await.status, 204);
    assert_eq!(world.call(Some(&ann), delete, "/v1/origins/infobip:B", None).await.status, 404);
    assert_eq!(names(&world.get(&ann, "/v1/origins").await.expect(200)).len(), 3);
}

#[actix_web::test]
async fn an_origin_is_of_something_that_is_there() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    let application = world.post(&ann, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let other = world.post(&ann, "/2fa/2/applications", json!({"name": "y"})).await.expect(200);
    let id = application["applicationId"].as_str().unwrap();
    let text = json!({"messageText": "{{pin}}", "pinType": "NUMERIC"});
    let message = world.post(&ann, &format!("/2fa/2/applications/{id}/messages"), text).await.expect(200);
    for body in [
        json!({"applicationId": "0".repeat(32)}),
        json!({"applicationId": other["applicationId"], "messageId": message["messageId"]}),
        json!({"applicationId": id, "messageId": "0".repeat(32)}),
    ] {
        assert_eq!(world.put(&ann, "/v1/origins/x", body.clone()).await.status, 404, "{body}");
    }
    assert_eq!(world.put(&bob, "/v1/origins/x", json!({"applicationId": id})).await.status, 404);
    assert_eq!(world.put(&ann, "/v1/origins/a%20b", json!({"applicationId": id})).await.status, 404);
    assert_eq!(world.get(&ann, "/v1/origins").await.expect(200)["origins"], json!([]));
}
