//! The verify widget's tokens from outside: what they allow, where, how long, and how often; and the link in a mail.

use reqwest::header::ORIGIN;
use serde_json::{Value, json};

use crate::support::{Answer, App};

const SHOP: &str = "https://shop.example";

/// Mints a token for the shop's pages.
async fn mint(app: &App, mut asked: Value) -> Value {
    if asked.get("applicationId").is_none() {
        asked["applicationId"] = json!(app.application());
    }
    if asked.get("origins").is_none() {
        asked["origins"] = json!([SHOP]);
    }
    app.client.post("/v1/widget/tokens", asked).await.expect(201).json()
}

/// Asks as a page of an origin does; without one, as a program that is no browser.
async fn page(app: &App, origin: Option<&str>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let client = app.client.anonymous();
    let mut request = client.request("POST", &format!("/v1/widget/verification{path}")).form(fields);
    if let Some(origin) = origin {
        request = request.header(ORIGIN, origin);
    }
    client.send(request).await
}

async fn shop(app: &App, path: &str, fields: &[(&str, &str)]) -> Answer {
    page(app, Some(SHOP), path, fields).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_verifies_one_number_once_and_its_server_checks_the_token() {
    let app = App::start().await;
    let minted = mint(&app, json!({ "channels": ["sms", "voice"], "resendSeconds": 5, "sessionSubject": "user-17" })).await;
    let token = text(&minted, "token");
    assert!(token.starts_with("pfw_") && !token.contains(text(&minted, "pinId")), "{minted}");
    assert_eq!(text(&minted, "url"), format!("{}/verify#token={token}", app.client.base));

    let look = shop(&app, "", &[("token", token)]).await.expect(200);
    assert_eq!(look.header("access-control-allow-origin"), Some(SHOP));
    assert!(look.header("vary").is_some_and(|vary| vary.contains("origin")));
    assert_eq!(look.header("access-control-allow-credentials"), None);
    assert_eq!((text(&look.json(), "state"), &look.json()["channels"]), ("new", &json!(["sms", "voice"])));
    // Nothing was sent, so there is nothing to type or to send again.
    shop(&app, "/check", &[("token", token), ("code", "123456")]).await.expect(404);
    shop(&app, "/resend", &[("token", token)]).await.expect(404);

    let to = "41793026741";
    let sent = shop(&app, "/send", &[("token", token), ("to", "+41 79 302 67 41")]).await.expect(200).json();
    assert_eq!((text(&sent, "state"), text(&sent, "channel"), &sent["codeLength"]), ("sent", "sms", &json!(6)));
    assert!(!sent.to_string().contains(to) && text(&sent, "to").ends_with("6741"), "{sent}");
    let code = app.pin_of(to).await;
    // One PIN: the same number again gives the first answer and no message, another number is refused.
    shop(&app, "/send", &[("token", token), ("to", to)]).await.expect(200);
    let other = shop(&app, "/send", &[("token", token), ("to", "41793026742")]).await.expect(409);
    assert_eq!(text(&other.json(), "code"), "pin_over");
    assert_eq!((app.messages(to).await.len(), app.messages("41793026742").await.len()), (1, 0));
    // The pause is the server's; the browser is told how long.
    let soon = shop(&app, "/resend", &[("token", token), ("channel", "voice")]).await.expect(429);
    assert!(soon.retry_after().is_some_and(|seconds| (1..=5).contains(&seconds)), "{soon:?}");
    assert_eq!(soon.header("access-control-allow-origin"), Some(SHOP));
    assert!(soon.header("access-control-expose-headers").is_some_and(|names| names.contains("retry-after")));
    shop(&app, "/resend", &[("token", token), ("channel", "email")]).await.expect(400);
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    let called = shop(&app, "/resend", &[("token", token), ("channel", "voice")]).await.expect(200).json();
    assert_eq!(text(&called, "channel"), "voice");
    let heard = app.wait_for_messages(to, 2).await;
    assert!(heard.iter().any(|message| message["channel"] == "voice"), "{heard:?}");

    let wrong = shop(&app, "/check", &[("token", token), ("code", &App::wrong(&code))]).await.expect(200).json();
    assert_eq!((text(&wrong, "status"), wrong.get("sessionToken")), ("invalid", None));
    let right = shop(&app, "/check", &[("token", token), ("code", &code)]).await.expect(200).json();
    assert_eq!((text(&right, "status"), &right["origins"]), ("valid", &json!([SHOP])));
    let claims = claims(text(&right, "sessionToken"));
    assert_eq!((text(&claims, "sub"), text(&claims, "session")), ("user-17", "2fa_verified"));
    assert_eq!((&claims["pin_id"], text(&claims, "aud")), (&minted["pinId"], app.application()));

    // It is over: no second success, no second message, whatever the application allows.
    let replay = shop(&app, "/check", &[("token", token), ("code", &code)]).await.expect(200).json();
    assert_eq!((text(&replay, "status"), replay.get("sessionToken")), ("verified", None));
    shop(&app, "/resend", &[("token", token)]).await.expect(409);
    shop(&app, "/send", &[("token", token), ("to", to)]).await.expect(200);
    assert_eq!(app.messages(to).await.len(), 2);
    assert_eq!(text(&shop(&app, "", &[("token", token)]).await.expect(200).json(), "state"), "verified");
}

/// What a JWT claims; that it checks is the session tokens' own test.
fn claims(token: &str) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_its_origins_its_time_and_its_key() {
    let app = App::start().await;
    let minted = mint(&app, json!({ "to": "+41793026743" })).await;
    let token = text(&minted, "token");
    // Another page, a page that hides where it is from, and a program: refused, and no browser reads the refusal.
    for origin in
        [Some("https://evil.example"), Some("null"), Some("https://shop.example.evil.example"), Some("http://shop.example"), None]
    {
        let refused = page(&app, origin, "/send", &[("token", token)]).await.expect(403);
        assert_eq!(refused.header("access-control-allow-origin"), None, "{origin:?}");
    }
    assert!(app.messages("41793026743").await.is_empty());
    // No promise is made to who asks first.
    let client = app.client.anonymous();
    let asked = client.request("OPTIONS", "/v1/widget/verification/send").header(ORIGIN, SHOP);
    let asked = client.send(asked.header("access-control-request-method", "POST")).await;
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (405, None));
    // Our own page may show every token.
    let own = app.client.base.clone();
    assert_eq!(page(&app, Some(&own), "", &[("token", token)]).await.expect(200).header("access-control-allow-origin"), None);
    // The token says who gets the code.
    shop(&app, "/send", &[("token", token), ("to", "41793026799")]).await.expect(400);

    // Another tenant's token with this one's name on it, a changed one, an API key: none is good.
    let key = app.demo["API_KEY"].clone();
    let changed = format!("{}{}", &token[..token.len() - 1], if token.ends_with('A') { 'B' } else { 'A' });
    let confirmation = token.replacen("pfw_", "pfc_", 1);
    for bad in ["", "pfw_", "x", &changed, &confirmation, &key] {
        let refused = shop(&app, "/send", &[("token", bad)]).await.expect(401);
        assert_eq!(refused.header("access-control-allow-origin"), None, "{bad}");
    }
    // It opens nothing else, whatever way it is shown.
    let bearer = app.client.with(&format!("Bearer {token}"));
    for path in ["/v1/verifications", "/2fa/2/applications", "/v1/api-keys"] {
        bearer.get(path).await.expect(401);
    }
    bearer.post("/v1/widget/tokens", json!({})).await.expect(401);
    bearer.post("/v1/otp", json!({ "to": "+41793026743" })).await.expect(401);

    // A key's tokens end with it.
    let made = app.client.post("/v1/api-keys", json!({ "name": "page", "scopes": ["pin:send"] })).await.expect(201).json();
    let secret = made["secret"].as_str().or(made["key"].as_str()).or(made["apiKeySecret"].as_str()).expect("the secret");
    let minter = app.client.with(&format!("Bearer {secret}"));
    let asked = json!({ "applicationId": app.application(), "origins": [SHOP] });
    let theirs = minter.post("/v1/widget/tokens", asked).await.expect(201).json();
    shop(&app, "", &[("token", text(&theirs, "token"))]).await.expect(200);
    app.client.delete(&format!("/v1/api-keys/{}", text(&made, "id"))).await.expect(204);
    let mut ended = 0;
    for _ in 0..400 {
        ended = shop(&app, "", &[("token", text(&theirs, "token"))]).await.status;
        if ended == 401 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(ended, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_may_say_is_bounded() {
    let app = App::start().await;
    let (stranger, application, _) = app.stranger("stranger").await;
    let asked = json!({ "applicationId": app.application(), "origins": [SHOP] });
    stranger.post("/v1/widget/tokens", asked).await.expect(404);
    let theirs = json!({ "applicationId": application, "messageId": app.message() });
    stranger.post("/v1/widget/tokens", theirs).await.expect(404);
    let own = app.application().to_owned();
    for (field, value) in [
        ("expiresInSeconds", json!(901)),
        ("expiresInSeconds", json!(0)),
        ("resendSeconds", json!(1)),
        ("sessionSeconds", json!(90_000)),
        ("origins", json!(["*"])),
        ("origins", json!(["http://shop.example"])),
        ("origins", json!(["https://shop.example/path"])),
        ("origins", json!(["https://*.example"])),
        ("returnUrl", json!("javascript:alert(1)")),
        ("locale", json!("<b>")),
        ("to", json!("nobody")),
        ("channels", json!(["fax"])),
        ("placeholders.x", json!("y")),
    ] {
        let mut asked = json!({ "applicationId": own, "origins": [SHOP] });
        match field.split_once('.') {
            Some((map, name)) => asked[map] = json!({ name: value }),
            None => asked[field] = value,
        }
        let refused = app.client.post("/v1/widget/tokens", asked).await.expect(400).json();
        assert!(refused["fields"].to_string().contains(field), "{field}: {refused}");
    }
    // A token that has ended says so to its page, which may read that.
    let short = mint(&app, json!({ "expiresInSeconds": 30 })).await;
    assert!(
        shop(&app, "", &[("token", text(&short, "token"))]).await.expect(200).json()["remainingSeconds"].as_u64() <= Some(30)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_a_mail_confirms_by_a_press_and_not_by_a_look() {
    let app = App::start().await;
    let path = format!("/2fa/2/applications/{}/email/messages", app.application());
    let template = json!({
        "emailTemplateId": 7, "from": "company@example.com", "subject": "Confirm", "pinLength": 6, "pinType": "NUMERIC",
        "text": "Open {{confirmLink}} or type {{pin}}", "html": "<a href=\"{{confirmLink}}\">Confirm</a> {{pin}}",
    });
    let made = app.client.post(&path, template.clone()).await.expect(200).json();
    let message = text(&made, "messageId");
    let mut bad = template;
    bad["subject"] = json!("See {{confirmLink}}");
    app.client.post(&path, bad).await.expect(400);
    let body = json!({ "applicationId": app.application(), "messageId": message, "to": "john@example.com" });
    let sent = app.client.post("/2fa/2/pin/email", body).await.expect(200).json();
    let mail = app.wait_for_messages("john@example.com", 1).await.remove(0);
    let words = text(&mail, "text").to_owned();
    let link = words.split_whitespace().find(|word| word.contains("/confirm#")).expect("a link");
    let (page, token) = link.split_once('#').expect("a fragment");
    assert_eq!(page, format!("{}/confirm", app.client.base));
    assert!(mail["html"].as_str().is_none_or(|html| html.contains(link)), "{mail}");

    // Programs that look at mails ask for the page, in whatever way, and have no fragment to send.
    let client = app.client.anonymous();
    for method in ["GET", "HEAD"] {
        let looked = client.send(client.request(method, "/confirm")).await;
        assert!(looked.status == 200 || (method == "HEAD" && looked.status == 405), "{method} {}", looked.status);
    }
    client.get("/v1/confirmations").await.expect(405);
    let pin = text(&sent, "pinId").to_owned();
    assert_eq!(app.client.get(&format!("/v1/otp/{pin}")).await.expect(200).json()["status"], "pending");

    let before = app.client.get(&format!("/v1/otp/{pin}")).await.expect(200).json()["attemptsRemaining"].clone();
    let press = async |origin: &str, link: &str| {
        client.send(client.request("POST", "/v1/confirmations").header(ORIGIN, origin).form(&[("link", link)])).await
    };
    press("https://evil.example", token).await.expect(403);
    press(&app.client.base, "pfc_x").await.expect(401);
    assert_eq!(app.client.get(&format!("/v1/otp/{pin}")).await.expect(200).json()["attemptsRemaining"], before);
    assert_eq!(press(&app.client.base, token).await.expect(200).json()["status"], "verified");
    assert_eq!(app.client.get(&format!("/v1/otp/{pin}")).await.expect(200).json()["status"], "verified");
    assert_eq!(press(&app.client.base, token).await.expect(200).json()["status"], "verified");
}
