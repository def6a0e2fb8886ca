//! Message templates of both kinds, as the vendor's clients use them.

use pinfold_http::Caller;
use serde_json::{Value, json};

use crate::world::{World, world};

async fn application(world: &World, caller: &Caller) -> String {
    let created = world.post(caller, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    format!("/2fa/2/applications/{}", created["applicationId"].as_str().unwrap())
}

fn id(message: &Value) -> &str {
    message["messageId"].as_str().unwrap()
}

#[actix_web::test]
async fn a_text_is_created_listed_shown_and_changed() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let application = application(&world, &ann).await;
    let messages = format!("{application}/messages");

    let request = json!({"pinType": "NUMERIC", "pinPlaceholder": "<pin>", "messageText": "Your pin is <pin>", "pinLength": 4,
        "senderId": "Infobip 2FA", "language": "en", "repeatDTMF": "1#", "speechRate": 1});
    let created = world.post(&ann, &messages, request.clone()).await.expect(200);
    let mut expected = request;
    expected["messageId"] = created["messageId"].clone();
    expected["applicationId"] = json!(application.rsplit('/').next());
    expected["speechRate"] = json!(1.0);
    assert_eq!(created, expected);

    let one = format!("{messages}/{}", id(&created));
    let changed = world.put(&ann, &one, json!({"pinLength": 6})).await.expect(200);
    expected["pinLength"] = json!(6);
    assert_eq!(changed, expected);
    let dlt = json!({"indiaDlt": {"principalEntityId": "1", "contentTemplateId": "2", "teleMarketerId": "3"}});
    let request = json!({"regional": dlt, "autofill": {"webOrigin": "example.com"}, "voiceName": "Joanna"});
    let changed = world.put(&ann, &one, request).await.expect(200);
    expected["regional"] = dlt;
    expected["autofill"] = json!({"webOrigin": "example.com"});
    expected["voiceName"] = json!("Joanna");
    assert_eq!(changed, expected);
    assert_eq!(world.get(&ann, &one).await.expect(200), expected);

    assert_eq!(world.put(&ann, &one, json!({"messageText": "no pin"})).await.faults(), ["messageText"]);
    assert_eq!(world.get(&ann, &one).await.expect(200), expected);
    assert_eq!(world.get(&ann, &messages).await.expect(200), json!([expected]));
}

#[actix_web::test]
async fn what_a_text_leaves_out_is_safe() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let application = application(&world, &ann).await;
    let request = json!({"messageText": "Your pin is {{pin}}", "pinType": "ALPHANUMERIC"});
    let created = world.post(&ann, &format!("{application}/messages"), request).await.expect(200);
    let expected = json!({"messageId": id(&created), "applicationId": application.rsplit('/').next(), "pinPlaceholder": "{{pin}}",
        "messageText": "Your pin is {{pin}}", "pinLength": 6, "pinType": "ALPHANUMERIC", "language": "en"});
    assert_eq!(created, expected);
}

#[actix_web::test]
async fn an_email_is_created_changed_and_shown_with_the_others() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let application = application(&world, &ann).await;
    let (messages, emails) = (format!("{application}/messages"), format!("{application}/email/messages"));

    let created = world.post(&ann, &emails, json!({"emailTemplateId": 1234, "pinLength": 4})).await.expect(200);
    let mut expected = json!({"messageId": id(&created), "applicationId": application.rsplit('/').next(), "pinLength": 4,
        "pinType": "NUMERIC", "emailTemplateId": 1234, "subject": "Your verification code",
        "text": "Your verification code is {{pin}}."});
    assert_eq!(created, expected);

    let one = format!("{emails}/{}", id(&created));
    let request =
        json!({"pinLength": 6, "from": "Jane <jane@example.com>", "landingPageId": "1_23456", "html": "<b>{{pin}}</b>"});
    let changed = world.put(&ann, &one, request.clone()).await.expect(200);
    request.as_object().unwrap().iter().for_each(|(name, value)| expected[name] = value.clone());
    assert_eq!(changed, expected);
    assert_eq!(world.get(&ann, &format!("{messages}/{}", id(&created))).await.expect(200), expected);

    let text = world.post(&ann, &messages, json!({"messageText": "{{pin}}", "pinType": "HEX"})).await.expect(200);
    assert_eq!(world.get(&ann, &messages).await.expect(200), json!([expected, text]));
}

#[actix_web::test]
async fn a_template_is_where_it_belongs_and_nowhere_else() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let (one, other) = (application(&world, &ann).await, application(&world, &ann).await);
    let text =
        world.post(&ann, &format!("{one}/messages"), json!({"messageText": "{{pin}}", "pinType": "HEX"})).await.expect(200);
    let email = world.post(&ann, &format!("{one}/email/messages"), json!({"emailTemplateId": 1})).await.expect(200);
    let before = world.dump();
    for (path, is_write) in [
        (format!("{other}/messages/{}", id(&text)), true),
        (format!("{other}/email/messages/{}", id(&email)), true),
        (format!("{one}/messages/{}", id(&email)), true),
        (format!("{one}/email/messages/{}", id(&text)), true),
        (format!("{other}/messages/{}", id(&text)), false),
        (format!("{other}/messages/{}", id(&email)), false),
    ] {
        let answer = if is_write { world.put(&ann, &path, json!({"pinLength": 5})).await } else { world.get(&ann, &path).await };
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_eq!(world.get(&ann, &format!("{other}/messages")).await.expect(200), json!([]));
    assert_eq!(world.dump(), before);
}

#[actix_web::test]
async fn a_preview_shows_text_and_price() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let request = json!({"messageText": "{{name}}, {{pin}} 😀", "placeholders": {"name": "Ann"}, "pinLength": 4});
    let shown = world.post(&ann, "/v1/message-previews", request).await.expect(200);
    assert_eq!(shown, json!({"text": "Ann, 0000 😀", "encoding": "UCS-2", "units": 12, "segments": 1}));
    let request = json!({"messageText": "{{pin}}", "placeholders": {"pin": "1234"}});
    assert_eq!(world.post(&ann, "/v1/message-previews", request).await.native_faults(), ["placeholders.pin"]);
}
