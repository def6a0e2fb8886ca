//! Hostile bodies: each gets a 4xx in the envelope of its dialect, and changes nothing.

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::test::TestRequest;
use serde_json::json;

use crate::world::{Answer, world};

#[track_caller]
fn assert_refused(answer: &Answer, path: &str, what: &str) {
    let status = answer.status;
    assert!((400..500).contains(&status), "{path} {what}: {status} {}", String::from_utf8_lossy(&answer.bytes));
    let kind = answer.headers.get(CONTENT_TYPE).unwrap().to_str().unwrap();
    if path.starts_with("/v1/") {
        assert_eq!(kind, "application/problem+json", "{path} {what}");
        assert_eq!(answer.json["status"], status, "{path} {what}");
    } else {
        assert_eq!(kind, "application/json", "{path} {what}");
        assert!(answer.json["requestError"]["serviceException"]["messageId"].is_string(), "{path} {what}");
    }
}

#[actix_web::test]
async fn hostile_bodies_are_refused_everywhere_alike() {
    let world = world().await;
    let ann = world.customer("ann").await;
    let application = world.post(&ann, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let under = |rest: &str| format!("/2fa/2/applications/{}{rest}", application["applicationId"].as_str().unwrap());
    let text = world.post(&ann, &under("/messages"), json!({"messageText": "{{pin}}", "pinType": "HEX"})).await.expect(200);
    let email = world.post(&ann, &under("/email/messages"), json!({"emailTemplateId": 1})).await.expect(200);
    let key = world.post(&ann, "/settings/2/api-keys", json!({"name": "x"})).await.expect(200);
    let connection = json!({"name": "x", "provider": {"kind": "simulator"}});
    let connection = world.post(&ann, "/v1/connections", connection).await.expect(201);
    let one = |base: &str, thing: &serde_json::Value, id: &str| format!("{base}/{}", thing[id].as_str().unwrap());
    let writes = [
        (Method::POST, "/2fa/2/applications".to_owned()),
        (Method::PUT, under("")),
        (Method::POST, under("/messages")),
        (Method::PUT, one(&under("/messages"), &text, "messageId")),
        (Method::POST, under("/email/messages")),
        (Method::PUT, one(&under("/email/messages"), &email, "messageId")),
        (Method::POST, "/settings/2/api-keys".to_owned()),
        (Method::PUT, one("/settings/2/api-keys", &key, "id")),
        (Method::POST, "/settings/1/accounts/_/api-keys".to_owned()),
        (Method::POST, "/v1/connections".to_owned()),
        (Method::PUT, one("/v1/connections", &connection, "id")),
        (Method::PUT, "/v1/routes/sms".to_owned()),
        (Method::POST, "/v1/message-previews".to_owned()),
    ];
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let wide = format!("{{{}}}", (0..300).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
    let bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "[]",
        "null",
        "1",
        "\"x\"",
        "true",
        "{}{}",
        "{} x",
        "{\"name\":\"x\",\"name\":\"y\"}",
        "{\"name\":\"\\u0000\"}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":NaN}",
        "{\"name\":Infinity}",
        "{'name':'x'}",
        "{\"name\":\"x\",}",
        "\u{feff}{}",
        "name=x",
        "<name>x</name>",
        &deep,
        &wide,
    ]
    .into_iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([b"{\"name\":\"\xff\"}".to_vec(), vec![0; 16]])
    .collect();
    let before = world.dump();
    for (method, path) in writes {
        for body in &bodies {
            let answer = world.call(Some(&ann), method.clone(), &path, Some(body.clone())).await;
            assert_refused(&answer, &path, &String::from_utf8_lossy(&body[..body.len().min(40)]));
        }
        let request = |kind: &str| {
            TestRequest::default()
                .method(method.clone())
                .uri(&path)
                .insert_header((CONTENT_TYPE, kind))
                .set_payload("{\"name\":\"x\"}")
        };
        for kind in
            ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/xml", "json"]
        {
            let answer = world.send(Some(&ann), request(kind)).await;
            assert_refused(&answer, &path, kind);
            assert_eq!(answer.status, 415, "{path} {kind}");
        }
        let compressed = request("application/json").insert_header((CONTENT_ENCODING, "gzip"));
        assert_refused(&world.send(Some(&ann), compressed).await, &path, "compressed");
        let large = world.call(Some(&ann), method.clone(), &path, Some(vec![b' '; 64 * 1024 + 1])).await;
        assert_refused(&large, &path, "large");
        assert_eq!(large.status, 413, "{path}");
        let wrong_method = world.call(Some(&ann), Method::PATCH, &path, Some(b"{}".to_vec())).await;
        assert_refused(&wrong_method, &path, "PATCH");
        assert_eq!(wrong_method.status, 405, "{path}");
    }
    assert_eq!(world.dump(), before);
}
