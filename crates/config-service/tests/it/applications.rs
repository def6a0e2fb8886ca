//! Applications, as the vendor's clients use them.

use pinfold_config_service::Settings;
use serde_json::json;

use crate::world::{world, world_with};

const PATH: &str = "/2fa/2/applications";

#[actix_web::test]
async fn an_application_is_created_listed_shown_and_changed() {
    let world = world().await;
    let ann = world.customer("ann").await;
    assert_eq!(world.get(&ann, PATH).await.expect(200), json!([]));

    let configuration = json!({"pinAttempts": 10, "allowMultiplePinVerifications": true, "pinTimeToLive": "15m",
        "verifyPinLimit": "1/3s", "sendPinPerApplicationLimit": "10000/1d", "sendPinPerPhoneNumberLimit": "3/1d"});
    let request = json!({"name": "Test application BASIC", "configuration": configuration, "enabled": true});
    let created = world.post(&ann, PATH, request).await.expect(200);
    let id = created["applicationId"].as_str().unwrap().to_owned();
    let mut expected =
        json!({"applicationId": id, "name": "Test application BASIC", "configuration": configuration, "enabled": true});
    expected["configuration"]["lockAfterFailures"] = json!("10/1h");
    assert_eq!(created, expected);
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));

    let one = format!("{PATH}/{id}");
    assert_eq!(world.get(&ann, &one).await.expect(200), created);
    assert_eq!(world.get(&ann, &format!("{one}/")).await.expect(200), created);
    assert_eq!(world.get(&ann, &format!("/2fa/1/applications/{id}")).await.expect(200), created);

    let renamed = world.put(&ann, &one, json!({"name": "x"})).await.expect(200);
    expected["name"] = json!("x");
    assert_eq!(renamed, expected);
    let changed = world.put(&ann, &one, json!({"enabled": false, "configuration": {"pinTimeToLive": "m"}})).await.expect(200);
    expected["enabled"] = json!(false);
    expected["configuration"]["pinTimeToLive"] = json!("m");
    assert_eq!(changed, expected);

    let other = world.post(&ann, PATH, json!({"name": "min"})).await.expect(200);
    assert_eq!(world.get(&ann, PATH).await.expect(200), json!([expected, other]));
}

#[actix_web::test]
async fn faults_are_named_in_the_vendors_envelope() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let answer = world.post(&ann, PATH, json!({"name": "x", "configuration": {"pinTimeToLive": "16m"}})).await;
    let expected = json!({"requestError": {"serviceException": {"messageId": "BAD_REQUEST", "text": "Bad request",
        "validationErrors": {"configuration.pinTimeToLive": ["must be between 1s and 15m"]}}}});
    assert_eq!(answer.expect(400), expected);
    let wrong_type = json!({"name": "x", "configuration": {"pinAttempts": "3"}});
    assert_eq!(world.post(&ann, PATH, wrong_type).await.faults(), ["configuration.pinAttempts"]);
    assert_eq!(world.post(&ann, PATH, json!({})).await.faults(), ["name"]);
    assert_eq!(world.get(&ann, PATH).await.expect(200), json!([]));
}

#[actix_web::test]
async fn the_operator_may_answer_creations_as_the_vendor_documents() {
    let world = world_with(Settings { create_status_201: true }).await;
    let ann = world.customer("ann").await;
    world.post(&ann, PATH, json!({"name": "x"})).await.expect(201);
}

#[actix_web::test]
async fn whose_an_application_is_comes_from_the_credential_alone() {
    let world = world().await;
    let (ann, bob) = (world.customer("ann").await, world.customer("bob").await);
    let bobs = bob.tenant.to_string();
    let request =
        json!({"name": "x", "tenantId": bobs, "tenant_id": bobs, "accountId": bobs, "createdAt": 0, "id": "0".repeat(32)});
    let created = world.post(&ann, &format!("{PATH}?tenantId={bobs}&tenantId={bobs}"), request).await.expect(200);
    assert_ne!(created["applicationId"], "0".repeat(32));
    assert_eq!(world.get(&bob, &format!("{PATH}?tenantId={}", ann.tenant)).await.expect(200), json!([]));
    assert_eq!(world.get(&ann, PATH).await.expect(200), json!([created]));
}
