//! `pinfold import`: what a team has at its vendor is here afterwards, and a second run changes nothing. The vendors are small
//! servers that answer as recorded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{App, Client, free_port, run};

const SECRET: &str = "vendor-secret-71b3";

/// A vendor that answers GETs from a table and keeps what it was asked.
struct Vendor {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Vendor {
    /// The table names paths with their queries; `{url}` in an answer is the vendor's own address. The credential has to be
    /// this header.
    fn start(authorization: &str, answers: Vec<(&'static str, Value)>) -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let table: BTreeMap<String, String> = answers
            .into_iter()
            .map(|(path, answer)| (path.to_owned(), answer.to_string().replace("{url}", "https://vendor.example")))
            .collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, expected) = (Arc::clone(&asked), authorization.to_owned());
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
        std::thread::spawn(move || {
            // The first request of all is put off, as vendors do.
            let mut is_first = true;
            for stream in listener.incoming().flatten() {
                serve(stream, &table, &expected, &seen, &mut is_first);
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

fn serve(
    mut stream: std::net::TcpStream,
    table: &BTreeMap<String, String>,
    expected: &str,
    seen: &Mutex<Vec<String>>,
    is_first: &mut bool,
) {
    use std::io::{BufRead, BufReader, Write};
    let mut lines = BufReader::new(stream.try_clone().expect("a socket can be cloned")).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let is_known = headers.iter().any(|line| {
        line.split_once(": ").is_some_and(|(name, value)| name.eq_ignore_ascii_case("authorization") && value == expected)
    });
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let is_read = first.starts_with("GET ");
    let (status, extra, body) = match table.get(&path) {
        _ if std::mem::take(is_first) => ("429 Too Many Requests", "retry-after: 1\r\n", "{}"),
        _ if !is_known => ("401 Unauthorized", "", "{}"),
        Some(body) if is_read => ("200 OK", "", body.as_str()),
        _ => ("404 Not Found", "", "{}"),
    };
    seen.lock().expect("nobody panicked").push(first);
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{extra}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}

/// Runs an import into the demo tenant: the exit code and what it says.
fn import(app: &App, arguments: &[&str], credentials: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut environment: BTreeMap<String, String> =
        credentials.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    environment.insert("PINFOLD_URL".into(), app.client.base.clone());
    environment.insert("PINFOLD_API_KEY".into(), app.demo["API_KEY"].clone());
    let (status, text) = run(&environment, &[&["import"], arguments].concat());
    assert!(!text.contains(SECRET) && !text.contains(&app.demo["API_KEY"]), "{text}");
    (status.code(), text)
}

/// The applications here with their templates, without those of the demo.
async fn here(client: &Client, demo: &str) -> BTreeMap<String, (Value, Vec<Value>)> {
    let mut all = BTreeMap::new();
    for application in client.get("/2fa/2/applications").await.expect(200).json().as_array().expect("a list") {
        let id = application["applicationId"].as_str().expect("an id");
        let messages = client.get(&format!("/2fa/2/applications/{id}/messages")).await.expect(200).json();
        let name = application["name"].as_str().expect("a name").to_owned();
        if id != demo {
            all.insert(name, (application.clone(), messages.as_array().expect("a list").clone()));
        }
    }
    all
}

fn infobip() -> Vec<(&'static str, Value)> {
    let limits = |attempts: u8, life: &str| {
        json!({"pinAttempts": attempts, "allowMultiplePinVerifications": true, "pinTimeToLive": life, "verifyPinLimit": "1/3s",
            "sendPinPerApplicationLimit": "10000/1d", "sendPinPerPhoneNumberLimit": "3/1d"})
    };
    vec![
        (
            "/2fa/2/applications",
            json!([
                {"applicationId": "0933F3BC087D2A617AC6DCB2EF5B8A61", "name": "Test application BASIC 1",
                 "configuration": limits(10, "15m"), "enabled": true},
                {"applicationId": "02CC3CAAFD733136AA15DFAC720A0C42", "name": "Long lives", "configuration": limits(10, "2h"),
                 "enabled": false},
            ]),
        ),
        (
            "/2fa/2/applications/0933F3BC087D2A617AC6DCB2EF5B8A61/messages",
            json!([
                {"messageId": "B628A31410306DDB2BFB0D9CF1F3A3FF", "applicationId": "0933F3BC087D2A617AC6DCB2EF5B8A61",
                 "pinPlaceholder": "{{pin}}", "messageText": "Your pin is {{pin}}", "pinLength": 4, "pinType": "ALPHANUMERIC",
                 "language": "en", "voiceName": "Joanna", "senderId": "Infobip 2FA", "repeatDTMF": "1#", "speechRate": 1.0},
                {"messageId": "9C815F8AF3328", "applicationId": "0933F3BC087D2A617AC6DCB2EF5B8A61", "pinLength": 4,
                 "pinType": "ALPHANUMERIC", "from": "company@example.com", "emailTemplateId": 1234, "landingPageId": "1_23456"},
            ]),
        ),
        (
            "/2fa/2/applications/02CC3CAAFD733136AA15DFAC720A0C42/messages",
            json!([{"messageId": "M2", "pinPlaceholder": "<pin>", "messageText": "Now <pin>", "pinLength": 3, "pinType": "NUMERIC",
                "language": "de"}]),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_infobip_comes_over_once_and_what_cannot_is_told() {
    let app = App::start().await;
    let vendor = Vendor::start(&format!("App {SECRET}"), infobip());
    let credentials = [("INFOBIP_API_KEY", SECRET)];
    let from = ["infobip", "--from", &vendor.url];

    let (code, text) = import(&app, &[&from[..], &["--dry-run"]].concat(), &credentials);
    assert_eq!(code, Some(2), "the e-mail template stays there: {text}");
    assert!(text.contains("4 to make, 0 to change, 0 kept"), "{text}");
    assert!(here(&app.client, app.application()).await.is_empty(), "a dry run makes nothing");

    let (code, text) = import(&app, &from, &credentials);
    assert_eq!(code, Some(2), "{text}");
    for said in [
        "application 2 of 2: Long lives",
        "4 made, 0 changed, 0 kept",
        "configuration.pinTimeToLive 2h:",
        "pinLength 3:",
        "e-mail template 9C815F8AF3328 of Test application BASIC 1: its text is kept in the e-mail template 1234",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let first = here(&app.client, app.application()).await;
    let (basic, messages) = &first["Test application BASIC 1"];
    assert_eq!((&basic["configuration"]["pinAttempts"], &basic["configuration"]["pinTimeToLive"]), (&json!(10), &json!("15m")));
    assert_eq!(
        (messages.len(), &messages[0]["voiceName"], &messages[0]["senderId"]),
        (1, &json!("Joanna"), &json!("Infobip 2FA"))
    );
    let (long, messages) = &first["Long lives"];
    assert_eq!((&long["enabled"], &long["configuration"]["pinTimeToLive"]), (&json!(false), &json!("5m")), "the safe default");
    assert_eq!((&messages[0]["messageText"], &messages[0]["language"]), (&json!("Now <pin>"), &json!("de")));

    for arguments in [&from[..], &[&from[..], &["--update"]].concat()] {
        let (code, text) = import(&app, arguments, &credentials);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("0 made, 0 changed, 4 kept"), "{text}");
        assert_eq!(here(&app.client, app.application()).await, first, "a second run changes nothing");
    }
    assert!(vendor.asked().iter().all(|line| line.starts_with("GET ")), "nothing is changed at the vendor");

    // What somebody changed here is theirs, until they want the vendor's again.
    let path = format!("/2fa/2/applications/{}", basic["applicationId"].as_str().expect("an id"));
    app.client.put(&path, json!({"name": "Renamed", "configuration": {"pinAttempts": 3}})).await.expect(200);
    let (_, text) = import(&app, &from, &credentials);
    assert!(
        text.contains("0 made, 0 changed, 4 kept") && text.contains("configuration.pinAttempts is 10 there and 3 here"),
        "{text}"
    );
    let (_, text) = import(&app, &[&from[..], &["--update"]].concat(), &credentials);
    assert!(text.contains("0 made, 1 changed, 3 kept"), "{text}");
    assert_eq!(app.client.get(&path).await.expect(200).json()["configuration"]["pinAttempts"], 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_cut_off_goes_on_where_it_was() {
    let app = App::start().await;
    let vendor = Vendor::start(&format!("App {SECRET}"), infobip());
    let (credentials, from) = ([("INFOBIP_API_KEY", SECRET)], ["infobip", "--from", &vendor.url]);
    import(&app, &from, &credentials);
    let first = here(&app.client, app.application()).await;
    // As if it had ended between a thing and its origin.
    let origins = app.client.get("/v1/origins").await.expect(200).json();
    assert_eq!(origins["origins"].as_array().map(Vec::len), Some(4), "{origins}");
    let (basic, _) = &first["Test application BASIC 1"];
    for origin in
        ["infobip:0933F3BC087D2A617AC6DCB2EF5B8A61", "infobip:0933F3BC087D2A617AC6DCB2EF5B8A61:B628A31410306DDB2BFB0D9CF1F3A3FF"]
    {
        app.client.delete(&format!("/v1/origins/{origin}")).await.expect(204);
    }
    let (_, text) = import(&app, &from, &credentials);
    assert!(text.contains("0 made, 0 changed, 4 kept"), "{text}");
    assert_eq!(here(&app.client, app.application()).await, first);
    let origins = app.client.get("/v1/origins").await.expect(200).json();
    assert_eq!(origins["origins"].as_array().map(Vec::len), Some(4), "{origins}");
    assert_eq!(origins["origins"][2]["applicationId"], basic["applicationId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_come_page_by_page_with_the_texts_of_their_templates() {
    let app = App::start().await;
    let service = |sid: &str, name: &str, template: Value| {
        json!({"sid": sid, "account_sid": "AC1", "friendly_name": name, "code_length": 6, "lookup_enabled": false,
            "psd2_enabled": false, "skip_sms_to_landlines": false, "dtmf_input_required": false, "tts_name": null,
            "do_not_share_warning_enabled": false, "custom_code_enabled": true, "default_template_sid": template,
            "push": {"include_date": false, "apn_credential_sid": null, "fcm_credential_sid": null},
            "totp": {"issuer": name, "time_step": 30, "code_length": 6, "skew": 1}})
    };
    let meta = |key: &str, next: Value| json!({"page": 0, "page_size": 100, "next_page_url": next, "key": key});
    let next = "{url}/v2/Services?PageSize=100&Page=1&PageToken=PAVA2";
    let answers = vec![
        (
            "/v2/Services?PageSize=100",
            json!({"services": [service("VA1", "Shop", json!("HJ1"))], "meta": meta("services", json!(next))}),
        ),
        (
            "/v2/Services?PageSize=100&Page=1&PageToken=PAVA2",
            json!({"services": [service("VA2", "Bank", Value::Null)], "meta": meta("services", Value::Null)}),
        ),
        (
            "/v2/Templates?PageSize=100",
            json!({"templates": [
                {"sid": "HJ1", "account_sid": "AC1", "friendly_name": "own", "channels": ["sms"], "translations": {
                    "en": {"locale": "en", "status": "approved", "is_default_translation": true,
                        "text": "{{code}} is your {{friendly_name}} code"},
                    "pt-BR": {"locale": "pt-BR", "status": "approved", "text": "Seu código: {{code}}"}}},
                {"sid": "HJ2", "account_sid": "AC1", "friendly_name": "unused", "channels": ["sms"], "translations": {
                    "en": {"locale": "en", "status": "approved", "text": "{{code}}"}}},
            ], "meta": meta("templates", Value::Null)}),
        ),
    ];
    use base64::Engine;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("AC1:{SECRET}"));
    let vendor = Vendor::start(&format!("Basic {basic}"), answers);
    let file = app.directory.path().join("credentials");
    let key = &app.demo["API_KEY"];
    std::fs::write(&file, format!("PINFOLD_API_KEY={key}\nTWILIO_ACCOUNT_SID=AC1\nTWILIO_AUTH_TOKEN={SECRET}\n"))
        .expect("written");
    let file = file.to_str().expect("a path");
    let arguments = ["twilio", "--from", &vendor.url, "--credentials", file];
    let (code, text) = import(&app, &arguments, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("5 made, 0 changed, 0 kept") && text.contains("1 templates are no service's default"), "{text}");
    let first = here(&app.client, app.application()).await;
    let (shop, messages) = &first["Shop"];
    assert_eq!(shop["configuration"]["pinTimeToLive"], "10m");
    let texts: Vec<(&Value, &Value)> = messages.iter().map(|one| (&one["messageText"], &one["language"])).collect();
    assert_eq!(texts, [(&json!("{{pin}} is your Shop code"), &json!("en")), (&json!("Seu código: {{pin}}"), &json!("pt_br"))]);
    assert_eq!(first["Bank"].1[0]["messageText"], "Your Bank verification code is: {{pin}}");
    let (code, text) = import(&app, &arguments, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("0 made, 0 changed, 5 kept"), "{text}");
    assert_eq!(here(&app.client, app.application()).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pinfold_is_imported_into_another_tenant_whole() {
    let app = App::start().await;
    let application = app.application();
    let source = here(&app.client, "").await;
    let (stranger, ..) = app.stranger("newcomer").await;
    let key = stranger.authorization.as_deref().and_then(|header| header.split_once(' ')).expect("a key").1;
    let environment = BTreeMap::from([
        ("PINFOLD_URL".to_owned(), app.client.base.clone()),
        ("PINFOLD_API_KEY".to_owned(), key.to_owned()),
        ("INFOBIP_API_KEY".to_owned(), app.demo["API_KEY"].clone()),
    ]);
    let (status, text) = run(&environment, &["import", "infobip", "--from", &app.client.base]);
    assert_eq!(status.code(), Some(0), "e-mail templates have their texts here: {text}");
    let (name, (_, messages)) =
        source.iter().find(|(_, (one, _))| one["applicationId"] == application).expect("the demo has an application");
    let copied = here(&stranger, "").await;
    let plain = |messages: &[Value]| -> Vec<Value> {
        let mut messages = messages.to_vec();
        for message in &mut messages {
            message.as_object_mut().expect("an object").retain(|name, _| name != "messageId" && name != "applicationId");
        }
        messages
    };
    assert_eq!(plain(&copied[name].1), plain(messages));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_credentials_and_missing_ones_end_it_with_one_line() {
    let app = App::start().await;
    let vendor = Vendor::start("App another", infobip());
    let (code, text) = import(&app, &["infobip", "--from", &vendor.url], &[("INFOBIP_API_KEY", SECRET)]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("pinfold: Infobip: the credential is refused"), "{text}");
    let (code, text) = import(&app, &["infobip", "--from", &vendor.url], &[]);
    assert!(code == Some(1) && text.contains("INFOBIP_API_KEY is not set"), "{text}");
    let vendor = Vendor::start(&format!("App {SECRET}"), infobip());
    let wrong = BTreeMap::from([
        ("PINFOLD_URL".to_owned(), app.client.base.clone()),
        ("PINFOLD_API_KEY".to_owned(), "pf_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
        ("INFOBIP_API_KEY".to_owned(), SECRET.to_owned()),
    ]);
    let (status, text) = run(&wrong, &["import", "infobip", "--from", &vendor.url]);
    assert_eq!(status.code(), Some(1), "{text}");
    assert!(text.contains("pinfold: Pinfold: the credential is refused"), "{text}");
    assert!(here(&app.client, app.application()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_with_their_fragments_come_from_one_pinfold_to_another_once() {
    let app = App::start().await;
    let bearer = |client: &Client| {
        let header = client.authorization.clone().expect("a key").replace("App ", "Bearer ");
        (client.with(&header), header.replace("Bearer ", ""))
    };
    let (source, key) = bearer(&app.client);
    for (name, is_default) in [("first", false), ("second", true)] {
        let made = source.post("/v2/verify/templates", json!({ "name": name })).await.expect(201).json();
        let path = format!("/v2/verify/templates/{}", made["template_id"].as_str().expect("an id"));
        for locale in ["en-us", "de-de"] {
            let words = json!({ "channel": "sms", "locale": locale, "text": format!("{name} ${{code}}") });
            source.post(&format!("{path}/template_fragments"), words).await.expect(201);
        }
        let change = source.request("PATCH", &path).json(&json!({ "is_default": is_default }));
        source.send(change).await.expect(200);
    }
    let (stranger, ..) = app.stranger("newcomer").await;
    let (target, target_key) = bearer(&stranger);
    let environment = BTreeMap::from([
        ("PINFOLD_URL".to_owned(), app.client.base.clone()),
        ("PINFOLD_API_KEY".to_owned(), target_key),
        ("VONAGE_API_KEY".to_owned(), "any".to_owned()),
        ("VONAGE_API_SECRET".to_owned(), key),
    ]);
    let import = |more: &[&str]| {
        let (status, text) = run(&environment, &[&["import", "vonage", "--from", &app.client.base], more].concat());
        (status.code(), text)
    };
    let (code, text) = import(&["--dry-run"]);
    assert!(code == Some(0) && text.contains("6 to make"), "{text}");
    let (code, text) = import(&[]);
    assert!(code == Some(0) && text.contains("6 made, 0 changed, 0 kept"), "{text}");
    let here = target.get("/v2/verify/templates").await.expect(200).json();
    let names: Vec<(&Value, &Value)> =
        here["_embedded"]["templates"].as_array().expect("a list").iter().map(|one| (&one["name"], &one["is_default"])).collect();
    assert_eq!(names, [(&json!("first"), &json!(false)), (&json!("second"), &json!(true))]);
    let (code, text) = import(&[]);
    assert!(code == Some(0) && text.contains("0 made, 0 changed, 6 kept"), "{text}");
    // What differs is told, and changed where that is asked for.
    let first = source.get("/v2/verify/templates").await.expect(200).json()["_embedded"]["templates"][0]["template_id"].clone();
    let path = format!("/v2/verify/templates/{}/template_fragments", first.as_str().expect("an id"));
    let fragment =
        source.get(&path).await.expect(200).json()["_embedded"]["template_fragments"][0]["template_fragment_id"].clone();
    let change = json!({ "text": "new ${code}" });
    source
        .send(source.request("PATCH", &format!("{path}/{}", fragment.as_str().expect("an id"))).json(&change))
        .await
        .expect(200);
    let (code, text) = import(&[]);
    assert!(code == Some(2) && text.contains("sms text of first in en-us: differs here in text"), "{text}");
    let (code, text) = import(&["--update"]);
    assert!(code == Some(0) && text.contains("0 made, 1 changed, 5 kept"), "{text}");
}
