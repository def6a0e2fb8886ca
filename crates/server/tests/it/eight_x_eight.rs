//! 8x8's dialect: sessions of both versions, from the first message to the end of a code.

use std::time::Duration;

use pinfold_http::clock::parse_rfc3339;
use serde_json::{Value, json};

use pinfold_testkit::HttpPeer;

use crate::support::{Answer, App, Client, Options};

/// The demo application with limits that are in nobody's way.
async fn start() -> (App, Client, String) {
    let app = App::start().await;
    let (application, _) = app.new_application(json!({})).await;
    let path = format!("/2fa/2/applications/{application}");
    app.client.put(&path, json!({ "slug": "shop.hq" })).await.expect(200);
    let client = app.bearer();
    (app, client, "/verify/v1/shop.hq".to_owned())
}

async fn begin(client: &Client, path: &str, body: Value) -> Value {
    client.post(path, body).await.expect(200).json()
}

async fn read(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json()
}

fn number_of(refused: &Answer) -> u64 {
    refused.json()["code"].as_u64().expect("the vendor's number")
}

fn code_in(message: &Value) -> String {
    let text = message["text"].as_str().unwrap_or_default();
    text.rsplit(' ').next().unwrap_or_default().trim_end_matches('.').to_owned()
}

fn names(body: &Value) -> Vec<&str> {
    body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_version_1_goes_from_waiting_to_verified_and_is_good_once() {
    let (app, client, path) = start().await;
    let body = json!({ "destination": "98765432", "country": "SG", "productName": "Amazing Product" });
    let sent = begin(&client, &path, body).await;
    let mut fields = names(&sent);
    fields.sort_unstable();
    assert_eq!(fields, ["attempt", "expiresAt", "msisdn", "nextSmsAfter", "resourceUri", "status", "uid"]);
    assert_eq!((&sent["msisdn"], &sent["status"], &sent["attempt"]), (&json!(6_598_765_432_u64), &json!("WAITING"), &json!(0)));
    let message = app.wait_for_messages("6598765432", 1).await.remove(0);
    let code = code_in(&message);
    assert_eq!(message["text"], format!("Amazing Product: Your verification code is {code}"));
    assert!(code.len() == 6 && !sent.to_string().contains(&code), "{sent}");

    let uid = sent["uid"].as_str().expect("an id");
    let resource = sent["resourceUri"].as_str().expect("a path").to_owned();
    for form in [resource.clone(), format!("{path}/{uid}"), format!("{path}/{}", uid.replace('-', ""))] {
        assert_eq!(read(&client, &form).await, sent, "{form}");
    }
    let wrong = read(&client, &format!("{resource}?code={}", App::wrong(&code))).await;
    assert_eq!((&wrong["status"], &wrong["attempt"]), (&json!("WAITING"), &json!(1)));
    let right = read(&client, &format!("{resource}?code={code}")).await;
    assert_eq!((&right["status"], &right["attempt"]), (&json!("VERIFIED"), &json!(1)));
    assert_eq!(right["expiresAt"], sent["expiresAt"], "nothing extends a code");
    let again = client.get(&format!("{resource}?code={code}")).await.expect(404);
    assert_eq!(number_of(&again), 1300, "a code is good once");
    assert_eq!(read(&client, &resource).await["status"], "VERIFIED");
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2_sends_in_the_requests_words_alphabet_and_channel() {
    let (app, client, _) = start().await;
    let path = "/api/v2/subaccounts/shop.hq/sessions";
    let cases = [
        (json!({ "codeType": "NUMERIC", "codeLength": 4 }), 4),
        (json!({ "codeType": "NUMERIC_WITH_DASH", "codeLength": 6 }), 7),
        (json!({ "codeType": "ALPHANUMERIC", "codeLength": 10 }), 10),
        (json!({ "codeType": "ALPHANUMERIC_CAPITALS", "codeLength": 8 }), 8),
        (json!({ "codeType": "ALPHANUMERIC_EASY", "codeLength": 10 }), 10),
    ];
    for (at, (wish, length)) in cases.iter().enumerate() {
        let to = format!("659876543{at}");
        let mut body = json!({ "destination": to, "brand": "Shop", "template": "{brand} says {code}" });
        body.as_object_mut().expect("an object").extend(wish.as_object().expect("an object").clone());
        let sent = begin(&client, path, body).await;
        assert_eq!(sent["destination"], format!("+{to}"));
        let message = app.wait_for_messages(&to, 1).await.remove(0);
        let code = code_in(&message);
        assert_eq!((message["text"].as_str(), code.len()), (Some(format!("Shop says {code}").as_str()), *length), "{wish}");
        let allowed = |letter: char| match wish["codeType"].as_str() {
            Some("NUMERIC") => letter.is_ascii_digit(),
            Some("NUMERIC_WITH_DASH") => letter.is_ascii_digit() || letter == '-',
            Some("ALPHANUMERIC") => letter.is_ascii_alphanumeric(),
            Some("ALPHANUMERIC_CAPITALS") => letter.is_ascii_digit() || letter.is_ascii_uppercase(),
            _ => (letter.is_ascii_digit() || letter.is_ascii_uppercase()) && !"IOQSZ".contains(letter),
        };
        assert!(code.chars().all(allowed), "{code} for {wish}");
        // People leave a dash out.
        let typed = code.replace('-', "");
        let uri = sent["verifyUri"].as_str().expect("a path");
        assert_eq!(read(&client, &format!("{uri}?code={typed}")).await["status"], "VERIFIED", "{wish}");
    }
    let body = json!({ "destination": "6598765440", "channel": "call", "template": "Your code is {code}." });
    begin(&client, path, body).await;
    let call = app.wait_for_messages("6598765440", 1).await.remove(0);
    assert_eq!(call["channel"], "voice");
    assert!(call["text"].as_str().is_some_and(|text| text.starts_with("Your code is ") && text.contains(", ")), "{call}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_joins_the_session_after_a_pause_and_a_new_one_ends_it() {
    let (app, client, path) = start().await;
    let body = json!({ "destination": "6598765432", "resendingInterval": 1 });
    let first = begin(&client, &path, body.clone()).await;
    let early = client.post(&path, body.clone()).await.expect(403);
    assert_eq!((number_of(&early), early.retry_after()), (1400, Some(1)));
    let early = client.post(&path, json!({ "destination": "6598765432", "createNew": true })).await.expect(403);
    assert_eq!(number_of(&early), 1400, "a new session waits for the pause too");
    let code = code_in(&app.wait_for_messages("6598765432", 1).await[0]);
    let resource = first["resourceUri"].as_str().expect("a path").to_owned();
    read(&client, &format!("{resource}?code={}", App::wrong(&code))).await;

    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let second = begin(&client, &path, body.clone()).await;
    assert_eq!((&second["uid"], &second["expiresAt"]), (&first["uid"], &first["expiresAt"]));
    assert_eq!(second["attempt"], 1, "guesses are not refilled");
    assert!(second["nextSmsAfter"].as_str() > first["nextSmsAfter"].as_str(), "{second}");
    let messages = app.wait_for_messages("6598765432", 2).await;
    assert_eq!(code_in(&messages[0]), code, "the same code");
    assert_eq!(read(&client, &resource).await["nextSmsAfter"], second["nextSmsAfter"]);

    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let wish = json!({ "destination": "6598765432", "createNew": true, "resendingInterval": 1 });
    let third = begin(&client, &path, wish).await;
    assert_ne!(third["uid"], first["uid"]);
    let new_code = code_in(&app.wait_for_messages("6598765432", 3).await[0]);
    let old = read(&client, &format!("{resource}?code={code}")).await;
    assert_eq!(old["status"], "EXPIRED", "the old code is dead at once");
    let resource = third["resourceUri"].as_str().expect("a path");
    assert_eq!(read(&client, &format!("{resource}?code={new_code}")).await["status"], "VERIFIED");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_a_session_and_time_ends_another() {
    let (app, client, path) = start().await;
    let sent = begin(&client, &path, json!({ "destination": "6598765432" })).await;
    let code = app.pin_of("6598765432").await;
    let resource = sent["resourceUri"].as_str().expect("a path");
    for attempt in 1..=5 {
        let answer = read(&client, &format!("{resource}?code={}", App::wrong(&code))).await;
        let status = if attempt < 5 { "WAITING" } else { "FAILED" };
        assert_eq!((&answer["attempt"], &answer["status"]), (&json!(attempt), &json!(status)));
    }
    let right = read(&client, &format!("{resource}?code={code}")).await;
    assert_eq!((&right["attempt"], &right["status"]), (&json!(5), &json!("FAILED")));

    let sent = begin(&client, &path, json!({ "destination": "6598765433", "codeValidity": 1 })).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let resource = sent["resourceUri"].as_str().expect("a path");
    for address in [format!("{resource}?code=123456"), resource.to_owned()] {
        assert_eq!(read(&client, &address).await["status"], "EXPIRED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_has_the_vendors_number_and_sends_nothing() {
    let (app, client, path) = start().await;
    let v2 = "/api/v2/subaccounts/shop.hq/sessions";
    let to = "6598765432";
    for (path, body, number) in [
        ("/verify/v1/nobodys", json!({ "destination": to }), 1001),
        (&path, json!({ "destination": "5432" }), 1002),
        (&path, json!({ "destination": "hello", "country": "SG" }), 1002),
        (&path, json!({ "destination": to, "country": "Singapore" }), 1009),
        (&path, json!({ "destination": to, "codeLength": 3 }), 1010),
        (&path, json!({ "destination": to, "codeValidity": 901 }), 1010),
        (&path, json!({ "destination": to, "codeValidity": -1 }), 1010),
        (&path, json!({ "destination": to, "codeType": "EMOJI" }), 1000),
        (&path, json!({ "destination": to, "resendingInterval": 7_201 }), 1010),
        (&path, json!({ "destination": to, "template": { "text": "no code" } }), 1007),
        (&path, json!({ "destination": to, "template": { "text": "{code}", "encoding": "EBCDIC" } }), 1003),
        (&path, json!({ "destination": to, "template": { "text": "{code}", "source": "a\r\nb" } }), 1005),
        (&path, json!({ "destination": to, "callbackUrl": "ftp://example.com" }), 1000),
        (v2, json!({ "destination": to, "callbackUrl": "not an address" }), 1000),
        (v2, json!({ "destination": to, "callbackUrl": format!("https://example.com/{}", "x".repeat(500)) }), 1000),
        (&path, json!({ "destination": 6_598_765_432_u64 }), 1002),
        (v2, json!({ "destination": to, "channel": "whatsapp" }), 1000),
        (v2, json!({ "destination": to, "brand": "x".repeat(31) }), 1000),
        (v2, json!({ "destination": to, "brand": "a\n@evil.example #1" }), 1007),
        (v2, json!({ "destination": to, "sms": { "source": "" } }), 1005),
    ] {
        let refused = client.post(path, body.clone()).await.expect(400);
        assert_eq!(number_of(&refused), number, "{body}: {}", refused.text);
    }
    assert!(app.messages(to).await.is_empty());
    let nobody = "00000000-0000-0000-0000-000000000000";
    assert_eq!(number_of(&client.get(&format!("{path}/{nobody}")).await.expect(404)), 1300);
    assert_eq!(number_of(&client.get(&format!("{v2}/{nobody}?code=1234")).await.expect(404)), 1404);
    assert_eq!(number_of(&app.client.anonymous().post(&path, json!({ "destination": to })).await.expect(401)), 1200);

    // A session belongs to its sub-account: elsewhere it is not there, and a guess there costs nothing.
    let sent = begin(&client, &path, json!({ "destination": to })).await;
    let code = app.pin_of(to).await;
    let other = format!("/verify/v1/{}/{}", app.demo["SUBACCOUNT_ID"], sent["uid"].as_str().expect("an id"));
    for address in [other.clone(), format!("{other}?code={code}"), format!("{other}?code={}", App::wrong(&code))] {
        client.get(&address).await.expect(404);
    }
    let resource = sent["resourceUri"].as_str().expect("a path");
    assert_eq!(client.get(&format!("{resource}?code=12-34")).await.expect(400).json()["code"], 1000);
    assert_eq!(read(&client, resource).await["attempt"], 0, "nothing was spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_posted_to_its_callback_when_it_ends_until_it_is_taken() {
    let settings =
        vec![("PINFOLD__WEBHOOKS__RETRIES", "1s,1s,1s,1s,1s,1s,1s,1s".into()), ("PINFOLD__WEBHOOKS__EXPIRY_SECONDS", "1".into())];
    let app = App::start_with(Options { settings, ..Options::default() }).await;
    let (application, _) = app.new_application(json!({ "verifyPinLimit": "100/1s" })).await;
    app.client.put(&format!("/2fa/2/applications/{application}"), json!({ "slug": "shop.hq" })).await.expect(200);
    let (client, receiver) = (app.bearer(), HttpPeer::start());
    receiver.answer(pinfold_testkit::Answer::status(503));
    let begun = |to: &'static str, more: Value, path: &'static str| {
        let mut body = json!({ "destination": to, "callbackUrl": format!("{}/{to}", receiver.url()), "resendingInterval": 0 });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        begin(&client, path, body)
    };
    let (v1, v2) = ("/verify/v1/shop.hq", "/api/v2/subaccounts/shop.hq/sessions");
    let verified = begun("6598765401", json!({}), v1).await;
    // A repeated request that names no callback keeps the one of the session.
    begin(&client, v1, json!({ "destination": "6598765401", "resendingInterval": 0 })).await;
    let failed = begun("6598765402", json!({}), v2).await;
    let expired = begun("6598765403", json!({ "codeValidity": 1 }), v2).await;
    begin(&client, v2, json!({ "destination": "6598765404" })).await;

    let code = app.pin_of("6598765401").await;
    let verified = read(&client, &format!("{}?code={code}", verified["resourceUri"].as_str().expect("a path"))).await;
    let uri = failed["verifyUri"].as_str().expect("a path");
    let wrong = App::wrong(&app.pin_of("6598765402").await);
    for _ in 0..5 {
        read(&client, &format!("{uri}?code={wrong}")).await;
    }
    let failed = read(&client, uri).await;
    assert_eq!((&verified["status"], &failed["status"]), (&json!("VERIFIED"), &json!("FAILED")));
    let plain = app.pin_of("6598765404").await;
    assert!(!receiver.received().iter().any(|request| String::from_utf8_lossy(&request.body).contains(&plain)));

    // It takes nothing at first, and is asked again.
    let posted = |count: usize| {
        let receiver = &receiver;
        async move {
            for _ in 0..300 {
                if receiver.received().len() >= count {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            receiver.received()
        }
    };
    posted(3).await;
    receiver.answer(pinfold_testkit::Answer::status(204));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let uri = expired["verifyUri"].as_str().expect("a path");
    let expired = read(&client, uri).await;
    for _ in 0..100 {
        let seen = receiver.received();
        if ["6598765401", "6598765402", "6598765403"].iter().all(|to| seen.iter().any(|one| one.path.ends_with(to))) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let seen = receiver.received();
    for (to, told) in [("6598765401", &verified), ("6598765402", &failed), ("6598765403", &expired)] {
        let posts: Vec<_> = seen.iter().filter(|request| request.path.ends_with(to)).collect();
        let last = posts.last().unwrap_or_else(|| panic!("nothing was posted for {to}"));
        assert_eq!(&last.json(), told, "the session as a read tells it");
        assert!(last.header("webhook-signature").is_some());
    }
    assert!(seen.len() > 3, "what was not taken is posted again");
    let endpoints = app.client.get("/v1/webhook-endpoints").await.expect(200).text;
    assert!(endpoints.contains("eight_x_eight") && !endpoints.contains("65987654"), "{endpoints}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_basic_credentials_work_as_they_do_elsewhere() {
    let app = App::start().await;
    let tight = json!({ "sendPinPerPhoneNumberLimit": "1/1h", "pinTimeToLive": "15m", "verifyPinLimit": "1/3s" });
    let (application, _) = app.new_application(tight).await;
    let slug = json!({ "slug": "tight" });
    app.client.put(&format!("/2fa/2/applications/{application}"), slug.clone()).await.expect(200);
    let taken = app.client.post("/2fa/2/applications", json!({ "name": "x", "slug": "tight" })).await.expect(400);
    assert!(taken.text.contains("slug"), "{}", taken.text);
    app.client.put(&format!("/2fa/2/applications/{}", app.application()), slug).await.expect(400);

    let request = app.client.anonymous().request("POST", "/verify/v1/tight").basic_auth("account", Some(&app.demo["API_KEY"]));
    let body = json!({ "destination": "6598765432", "resendingInterval": 0 });
    let sent = app.client.send(request.json(&body)).await.expect(200).json();
    let at = |name: &str| sent[name].as_str().and_then(parse_rfc3339).expect("a time");
    assert_eq!(at("expiresAt") - at("nextSmsAfter"), 300_000, "the vendor's life, not the application's");
    let check = format!("{}?code={}", sent["resourceUri"].as_str().expect("a path"), App::wrong(&app.pin_of("6598765432").await));
    read(&app.bearer(), &check).await;
    let hasty = app.bearer().get(&check).await.expect(429);
    assert!(number_of(&hasty) == 1000 && hasty.retry_after().is_some(), "{}", hasty.text);
    let limited = app.bearer().post("/verify/v1/tight", body).await.expect(429);
    assert!(number_of(&limited) == 1400 && limited.retry_after().is_some_and(|seconds| seconds > 3_000), "{}", limited.text);
    let look = json!({ "destination": "98765432", "country": "SG", "clientIp": "192.0.2.1" });
    let coverage = app.bearer().post("/api/v2/subaccounts/tight/sma/coverage", look).await.expect(200);
    assert_eq!(coverage.json(), json!({ "isAvailable": false }));
}
