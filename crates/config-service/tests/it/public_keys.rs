//! Public keys of applications: who may store one, what is one, and that it goes with its application.

use pinfold_core::access::{Environment, Scope};
use pinfold_http::Caller;
use serde_json::json;

use crate::world::{only, world};

/// A key of 2048 bits whose other half nobody has.
pub const PUBLIC_KEY: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtPSiyYYrBTX3Uq42jXYE\n\
2MpGGxAcQLYidx9AJ06e4lcGbDAu3/NB/1nG/gGbH/dkwTLrERwpPxjCdOO9K9t2\n\
E7mU6ODyGyWi7qcVoJMsOSrBsGfrcrONynVWIK2P9Yt0XPp/an96oyZAdjr4cF95\n\
bfs20DSji29mYTx7AjGE1y2zZZSFYic7zIYOuAg/QhB+8FprCr5F8fUaqNlvDKmn\n\
7nVZluEdHO/+w0e/6XhTQT55Tl+O4z7OWwR1oiX80FN/NEN4GkmdBxQ1orwc+Zj3\n\
tZEfFbWqeS3WmoJFD9/tGQyNcmievNTLDAv5qXIlwCj6qKeYLHX5stzuYiqTtaU8\n\
SQIDAQAB\n\
-----END PUBLIC KEY-----\n";

#[actix_web::test]
async fn a_key_is_stored_shown_replaced_and_taken_away() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let application = world.post(&ann, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let id = application["applicationId"].as_str().unwrap();
    let path = format!("/v1/applications/{id}/public-key");
    assert_eq!(world.get(&ann, &path).await.status, 404);
    let stored = world.put(&ann, &path, json!({"publicKey": PUBLIC_KEY})).await.expect(200);
    assert_eq!(stored["publicKey"], PUBLIC_KEY);
    assert_eq!((&stored["bits"], &stored["environment"]), (&json!(2048), &json!("live")));
    let hyphenated = stored["tokenApplicationId"].as_str().unwrap();
    assert_eq!(hyphenated.replace('-', ""), id.to_lowercase());
    assert_eq!(hyphenated.len(), 36);
    assert_eq!(world.get(&ann, &path).await.expect(200), stored);
    world.put(&ann, &path, json!({"publicKey": PUBLIC_KEY})).await.expect(200);
    for text in ["", "x", &PUBLIC_KEY.replace("PUBLIC", "PRIVATE"), &"A".repeat(5_000)] {
        let refused = world.put(&ann, &path, json!({"publicKey": text})).await;
        assert_eq!((refused.status, &refused.json["fields"][0]["field"]), (400, &json!("publicKey")), "{text:.40}");
    }
    let call = world.call(Some(&ann), actix_web::http::Method::DELETE, &path, None).await;
    assert_eq!(call.status, 204);
    assert_eq!(world.get(&ann, &path).await.status, 404);
}

#[actix_web::test]
async fn nobody_gives_an_application_more_than_they_have() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let application = world.post(&ann, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let path = format!("/v1/applications/{}/public-key", application["applicationId"].as_str().unwrap());
    let body = || json!({"publicKey": PUBLIC_KEY});
    assert_eq!(world.put(&only(&ann, &[Scope::KeysManage, Scope::PinSend]), &path, body()).await.status, 403);
    let sandbox = Caller { environment: Environment::Sandbox, ..ann.clone() };
    assert_eq!(world.put(&sandbox, &path, body()).await.expect(200)["environment"], "sandbox");
    assert_eq!(world.put(&ann, &path, body()).await.expect(200)["environment"], "live");
    assert_eq!(world.put(&sandbox, &path, body()).await.status, 403);
}
