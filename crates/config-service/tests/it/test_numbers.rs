//! Test numbers are replaced whole, shown as they are, and kept where nobody reads them.

use pinfold_core::access::Environment;
use pinfold_http::Caller;
use serde_json::{Value, json};

use crate::world::world;

fn numbers(given: &[(&str, &str)]) -> Value {
    let one = |(number, code): &(&str, &str)| json!({ "phoneNumber": number, "code": code });
    json!({ "testNumbers": given.iter().map(one).collect::<Vec<_>>() })
}

#[actix_web::test]
async fn test_numbers_are_replaced_whole_and_shown_as_they_are() {
    let world = world().await;
    let caller = world.customer("ann").await;
    let application = world.post(&caller, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let path = format!("/v1/applications/{}/test-numbers", application["applicationId"].as_str().unwrap());
    assert_eq!(world.get(&caller, &path).await.expect(200), numbers(&[]));
    let two = numbers(&[("+41 79 302 67 27", "123456"), ("+16175550123", "0000")]);
    let shown = numbers(&[("41793026727", "123456"), ("16175550123", "0000")]);
    assert_eq!(world.put(&caller, &path, two).await.expect(200), shown);
    assert_eq!(world.get(&caller, &path).await.expect(200), shown);
    for list in [
        numbers(&[("16175550123", "0000"), ("41793026727", "123456")]),
        numbers(&[("41793026728", "4321"), ("16175550123", "1111")]),
        numbers(&[("16175550123", "1111")]),
        numbers(&[]),
    ] {
        assert_eq!(world.put(&caller, &path, list.clone()).await.expect(200), list);
        assert_eq!(world.get(&caller, &path).await.expect(200), list);
    }
}

#[actix_web::test]
async fn a_fault_names_its_place_and_changes_nothing() {
    let world = world().await;
    let caller = world.customer("ann").await;
    let application = world.post(&caller, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let path = format!("/v1/applications/{}/test-numbers", application["applicationId"].as_str().unwrap());
    let one = numbers(&[("41793026727", "123456")]);
    world.put(&caller, &path, one.clone()).await.expect(200);
    let faulty = numbers(&[("41793026727", "1"), ("x", "123456"), ("+41793026727", "12345a"), ("0041793026727", "123456")]);
    let refused = world.put(&caller, &path, faulty).await.expect(400);
    let fields: Vec<&str> = refused["fields"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    let wanted = [
        "testNumbers[0].code",
        "testNumbers[1].phoneNumber",
        "testNumbers[2].code",
        "testNumbers[2].phoneNumber",
        "testNumbers[3].phoneNumber",
    ];
    assert_eq!(fields, wanted);
    let many: Vec<String> = (0..21).map(|number| format!("417930267{number:02}")).collect();
    let many: Vec<_> = many.iter().map(|number| (number.as_str(), "123456")).collect();
    let refused = world.put(&caller, &path, numbers(&many)).await.expect(400);
    assert_eq!(refused["fields"][0]["field"], "testNumbers");
    world.put(&caller, &path, numbers(&many[1..])).await.expect(200);
    world.put(&caller, &path, one.clone()).await.expect(200);
    for shape in [json!({}), json!({"testNumbers": null}), json!({"testNumbers": [{"phoneNumber": "41793026727"}]}), json!([])] {
        world.put(&caller, &path, shape).await.expect(400);
    }
    assert_eq!(world.get(&caller, &path).await.expect(200), one);
}

#[actix_web::test]
async fn a_sandbox_key_gives_no_number_a_fixed_code() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let application = world.post(&ann, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let path = format!("/v1/applications/{}/test-numbers", application["applicationId"].as_str().unwrap());
    let sandbox = Caller { environment: Environment::Sandbox, ..ann.clone() };
    assert_eq!(world.put(&sandbox, &path, numbers(&[("41793026727", "123456")])).await.status, 403);
    assert_eq!(world.get(&sandbox, &path).await.expect(200), numbers(&[]));
    let bob = world.customer("bob").await;
    assert_eq!(world.put(&bob, &path, numbers(&[])).await.status, 404);
    assert_eq!(world.get(&bob, &path).await.status, 404);
}
