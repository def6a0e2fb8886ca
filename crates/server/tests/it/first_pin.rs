//! From a send to a verified PIN.

use serde_json::json;

use crate::support::App;

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_pin_arrives_and_verifies_once() {
    let app = App::start().await;
    let pin_id = app.send(app.application(), app.message(), "41793026727").await;
    let pin = app.pin_of("41793026727").await;
    let answer = app.verify(&pin_id, &pin).await;
    assert_eq!(answer, json!({ "pinId": pin_id, "msisdn": "41793026727", "verified": true, "attemptsRemaining": 0 }));
    let again = app.verify(&pin_id, &pin).await;
    assert_eq!(again["verified"], false);
    assert_eq!(again["pinError"], "NO_MORE_PIN_ATTEMPTS");
    let path = format!("/2fa/2/applications/{}/verifications?msisdn=%2B41793026727", app.application());
    let list = app.client.get(&path).await.expect(200).json();
    assert_eq!(list["verifications"][0]["verified"], true, "{list}");
}
