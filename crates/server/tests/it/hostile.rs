//! Malformed requests: each is refused with a 4xx in its dialect's envelope, none is a crash, and none costs a try.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, App};

/// One malformed request.
pub struct Bad {
    pub method: &'static str,
    pub path: String,
    pub kind: Option<&'static str>,
    pub body: Vec<u8>,
    /// The status, where one is promised.
    pub status: Option<u16>,
    /// A field that the answer names.
    pub field: Option<&'static str>,
}

/// Everything that a request can name.
pub struct World {
    pub app: App,
    pub application: String,
    pub message: String,
    pub email: String,
    pub pin_id: String,
}

impl World {
    pub async fn start() -> Self {
        let app = App::start().await;
        let (application, _) = app.new_application(json!({})).await;
        let path = format!("/2fa/2/applications/{application}");
        let template = json!({ "pinType": "NUMERIC", "messageText": "{{who}}, your code is {{pin}}", "pinLength": 6 });
        let message = app.client.post(&format!("{path}/messages"), template).await.expect(200).json();
        let template = json!({ "emailTemplateId": 1, "text": "{{who}}: {{pin}}" });
        let email = app.client.post(&format!("{path}/email/messages"), template).await.expect(200).json();
        let id = |message: &Value| message["messageId"].as_str().expect("an id").to_owned();
        let (message, email) = (id(&message), id(&email));
        let body =
            json!({ "applicationId": application, "messageId": message, "to": "41793026727", "placeholders": { "who": "A" } });
        let sent = app.client.post("/2fa/2/pin", body).await.expect(200).json();
        let pin_id = sent["pinId"].as_str().expect("an id").to_owned();
        app.wait_for_messages("41793026727", 1).await;
        Self { app, application, message, email, pin_id }
    }

    /// The operations that take a JSON body, and whether it may be missing.
    fn operations(&self) -> Vec<(&'static str, String, bool)> {
        let Self { application, message, email, pin_id, .. } = self;
        let path = format!("/2fa/2/applications/{application}");
        vec![
            ("POST", "/2fa/2/applications".to_owned(), false),
            ("PUT", path.clone(), false),
            ("POST", format!("{path}/messages"), false),
            ("PUT", format!("{path}/messages/{message}"), false),
            ("POST", format!("{path}/email/messages"), false),
            ("PUT", format!("{path}/email/messages/{email}"), false),
            ("POST", "/2fa/2/pin".to_owned(), false),
            ("POST", "/2fa/2/pin/voice".to_owned(), false),
            ("POST", "/2fa/2/pin/email".to_owned(), false),
            ("POST", format!("/2fa/2/pin/{pin_id}/resend"), true),
            ("POST", format!("/2fa/2/pin/{pin_id}/resend/voice"), true),
            ("POST", format!("/2fa/2/pin/{pin_id}/resend/email"), true),
            ("POST", format!("/2fa/2/pin/{pin_id}/verify"), false),
            ("POST", "/settings/2/api-keys".to_owned(), false),
            ("PUT", format!("/settings/2/api-keys/{}", "0".repeat(32)), false),
            ("POST", "/settings/1/accounts/_/api-keys".to_owned(), false),
            ("POST", "/v1/otp".to_owned(), false),
            ("POST", "/v1/otp/verify".to_owned(), false),
            ("POST", format!("/v1/otp/{pin_id}/resend"), true),
            ("POST", "/v1/connections".to_owned(), false),
            ("PUT", format!("/v1/connections/{}", "0".repeat(32)), false),
            ("POST", "/v1/message-previews".to_owned(), false),
            ("PUT", "/v1/routes/sms".to_owned(), false),
            ("PUT", format!("/v1/messages/{message}/fallback"), false),
            ("POST", "/verify/v1/amazing_hq".to_owned(), false),
            ("POST", "/api/v2/subaccounts/amazing_hq/sessions".to_owned(), false),
            ("POST", "/api/v2/subaccounts/amazing_hq/sma/coverage".to_owned(), false),
            ("POST", "/one-time-password-sms/v1/send-code".to_owned(), false),
            ("POST", "/one-time-password-sms/v1/validate-code".to_owned(), false),
        ]
    }

    async fn attempts_left(&self) -> Value {
        let standing = self.app.client.get(&format!("/v1/otp/{}", self.pin_id)).await.expect(200).json();
        assert_eq!(standing["deliveries"], 1, "nothing malformed sends: {standing}");
        standing["attemptsRemaining"].clone()
    }

    /// Sends all of them; every one is refused as promised.
    pub async fn refuses(&self, table: &[Bad]) {
        let mut faults = Vec::new();
        for bad in table {
            // Every dialect takes a key as a bearer.
            let mut request = self.app.bearer().request(bad.method, &bad.path).body(bad.body.clone());
            if let Some(kind) = bad.kind {
                request = request.header("content-type", kind);
            }
            let shown = String::from_utf8_lossy(&bad.body[..bad.body.len().min(120)]).into_owned();
            let shown = format!("{} {} {:?} {shown:?}", bad.method, &bad.path[..bad.path.len().min(100)], bad.kind);
            match self.app.client.try_send(request).await {
                Err(error) => faults.push(format!("{shown}: {error}")),
                Ok(answer) => {
                    if let Err(fault) = check(bad, &answer) {
                        faults.push(format!("{shown}: {fault}: {} {}", answer.status, answer.text));
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), table.len(), faults.join("\n"));
    }

    /// After everything: no attempt is spent, nothing crashed.
    pub async fn is_unharmed(&self) {
        assert_eq!(self.attempts_left().await, 5);
        for process in &self.app.processes {
            let log = process.log_text();
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}

fn check(bad: &Bad, answer: &Answer) -> Result<(), String> {
    if !(400..500).contains(&answer.status) || bad.status.is_some_and(|status| status != answer.status) {
        return Err(format!("wants {:?}", bad.status));
    }
    envelope(&bad.path, answer)?;
    match bad.field {
        Some(field) if !answer.text.contains(field) => Err(format!("does not name {field}")),
        _ => Ok(()),
    }
}

/// Whether an error looks as the dialect of its path wants it, and shows nothing of our insides.
pub fn envelope(path: &str, answer: &Answer) -> Result<(), String> {
    let body = answer.json();
    let kind = answer.header("content-type").unwrap_or_default();
    let is_right = if ["/2fa", "/auth/1", "/settings"].iter().any(|root| path.starts_with(root)) {
        let exception = &body["requestError"]["serviceException"];
        kind == "application/json" && exception["messageId"].is_string() && exception["text"].is_string()
    } else if path.starts_with("/verify/v1") || path.starts_with("/api/v2/subaccounts") {
        let has_ids = body["errorId"].as_str().is_some_and(|id| id.len() == 36) && body["timestamp"].is_string();
        kind == "application/json" && body["code"].is_u64() && body["message"].is_string() && has_ids
    } else if ["/v2/Services", "/v2/Templates", "/v2/Attempts", "/v2/SafeList"].iter().any(|root| path.starts_with(root)) {
        let has_page = body["more_info"] == format!("https://www.twilio.com/docs/errors/{}", body["code"]);
        kind == "application/json" && has_page && body["message"].is_string() && body["status"] == answer.status
    } else if path.starts_with("/api/v1/otp") {
        kind == "application/json" && body["message"].is_string() && body["status"] != "success"
    } else if path.starts_with("/one-time-password-sms") {
        let is_status = body["status"] == answer.status;
        kind == "application/json" && is_status && body["code"].is_string() && body["message"].is_string()
    } else if path.starts_with("/v1/otp") {
        kind == "application/json" && body["error"]["code"].is_string() && body["error"]["message"].is_string()
    } else if path.starts_with("/v2/verify") {
        kind == "application/problem+json" && ["type", "title", "detail", "instance"].iter().all(|name| body[*name].is_string())
    } else {
        kind == "application/problem+json" && ["type", "code", "title", "request_id"].iter().all(|name| body[*name].is_string())
    };
    if !is_right {
        return Err(format!("is not the dialect's envelope ({kind})"));
    }
    if answer.header("x-request-id").is_none_or(|id| id.len() != 32) {
        return Err("has no request id".to_owned());
    }
    let insides =
        ["panicked", "crates/", ".rs:", "SELECT ", "INSERT ", "diesel", "redis", "postgres", "127.0.0.1", "/tmp", "stack"];
    match insides.iter().find(|inside| answer.text.to_lowercase().contains(&inside.to_lowercase())) {
        Some(inside) => Err(format!("shows {inside}")),
        None => Ok(()),
    }
}

const JSON: Option<&str> = Some("application/json");

pub fn bad(method: &'static str, path: &str, body: impl Into<Vec<u8>>) -> Bad {
    Bad { method, path: path.to_owned(), kind: JSON, body: body.into(), status: None, field: None }
}

/// A 400 that names the field.
pub fn field(method: &'static str, path: &str, field: &'static str, body: &Value) -> Bad {
    Bad { field: Some(field), status: Some(400), ..bad(method, path, body.to_string()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_takes_bodies_that_are_not_plain_json() {
    let world = World::start().await;
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let keys: Vec<String> = (0..300).map(|key| format!("\"k{key}\":0")).collect();
    let many = format!("{{{}}}", (0..100_000).map(|key| format!("\"{key}\":0")).collect::<Vec<_>>().join(","));
    let bodies: Vec<Vec<u8>> = vec![
        b"{".to_vec(),
        b"[]".to_vec(),
        b"\"x\"".to_vec(),
        b"17".to_vec(),
        b"null".to_vec(),
        b"NaN".to_vec(),
        b"{\"a\":NaN}".to_vec(),
        b"{\"a\":Infinity}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{} x".to_vec(),
        b"{}{}".to_vec(),
        b"{\"a\":1,}".to_vec(),
        b"{'a':1}".to_vec(),
        b"{\"a\":\"\xff\xfe\"}".to_vec(),
        b"{\"a\":\"\xc0\xaf\"}".to_vec(),
        b"{\"a\":\"\x00\"}".to_vec(),
        br#"{"a":"\u0000"}"#.to_vec(),
        br#"{"\u0000":1}"#.to_vec(),
        br#"{"a":"\ud800"}"#.to_vec(),
        br#"{"a":"\udc00\ud800"}"#.to_vec(),
        br#"{"a":1,"a":1}"#.to_vec(),
        br#"{"a":1,"\u0061":2}"#.to_vec(),
        br#"{"x":{"a":1,"a":1}}"#.to_vec(),
        nested(128).into_bytes(),
        nested(20_000).into_bytes(),
        format!("{{{}}}", keys.join(",")).into_bytes(),
    ];
    let mut table = Vec::new();
    for (method, path, may_be_missing) in world.operations() {
        // A `null` is as good as no body where none is needed.
        let is_fine = |body: &[u8]| may_be_missing && body == b"null";
        table.extend(bodies.iter().filter(|body| !is_fine(body)).map(|body| bad(method, &path, body.clone())));
        if !may_be_missing {
            table.push(bad(method, &path, ""));
        }
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(65 * 1024));
        table.push(Bad { status: Some(413), ..bad(method, &path, large) });
        table.push(Bad { status: Some(413), ..bad(method, &path, many.clone()) });
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("application/xml"),
            Some("application/json; charset=utf-16"),
            Some("*/*"),
            Some(""),
        ] {
            table.push(Bad { kind, status: Some(415), ..bad(method, &path, "{}") });
        }
    }
    assert!(table.len() > 600);
    world.refuses(&table).await;
    for (method, path, _) in world.operations() {
        for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
            let request = world.app.bearer().request(method, &path).header("content-type", "application/json");
            let answer = world.app.client.send(request.header("content-encoding", encoding).body("\u{1f}{}")).await.expect(415);
            envelope(&path, &answer).expect("the dialect's envelope");
        }
    }
    world.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_pin_is_refused_and_costs_nothing() {
    let world = World::start().await;
    let verify = format!("/2fa/2/pin/{}/verify", world.pin_id);
    let guesses = [
        json!(123_456),
        json!(123_456.0),
        json!(["123456"]),
        json!({ "pin": "123456" }),
        json!(null),
        json!(true),
        json!(""),
        json!("１２３４５６"),
        json!("12345\u{200b}6"),
        json!("\u{feff}123456"),
        json!(" 123456"),
        json!("123456 "),
        json!("123456\n"),
        json!("12-3456"),
        json!("+123456"),
        json!("1.5"),
        json!("٤٥٦٧٨٩"),
        json!("123456\u{0}"),
        json!("ABCDEF"),
        json!("12345a"),
        json!("'; DROP TABLE pins;--"),
        json!("*"),
        json!("{{pin}}"),
        json!("1".repeat(33)),
        json!("1".repeat(40_000)),
        json!("𝟏𝟐𝟑𝟒𝟓𝟔"),
        json!("①②③④⑤⑥"),
    ];
    let mut table = Vec::new();
    for guess in guesses {
        // To the vendor's clients a text that no PIN can be is a wrong one.
        if guess.as_str().is_some_and(|text| (1..=32).contains(&text.len()) && !text.contains('\0')) {
            let judged = world.app.verify(&world.pin_id, guess.as_str().unwrap_or_default()).await;
            assert_eq!((&judged["pinError"], &judged["attemptsRemaining"]), (&json!("WRONG_PIN"), &json!(5)), "{guess}");
        } else {
            table.push(Bad { status: Some(400), ..bad("POST", &verify, json!({ "pin": guess }).to_string()) });
        }
        let body = json!({ "to": "41793026727", "code": guess, "requestId": world.pin_id, "applicationId": world.application });
        table.push(Bad { status: Some(400), ..bad("POST", "/v1/otp/verify", body.to_string()) });
    }
    table.push(field("POST", &verify, "pin", &json!({})));
    table.push(field("POST", &verify, "pin", &json!({ "Pin": "123456" })));
    table.push(Bad { status: Some(413), ..bad("POST", &verify, json!({ "pin": "1".repeat(1_000_000) }).to_string()) });
    for id in [
        "x",
        "0",
        &"0".repeat(31),
        &"0".repeat(33),
        "%00",
        "%ff",
        "%2e%2e%2f",
        "..%2f..",
        "*",
        "%7B07%7D",
        ":",
        "%0d%0a",
        "pf:1",
        &"A".repeat(4_000),
    ] {
        table.push(bad("POST", &format!("/2fa/2/pin/{id}/verify"), r#"{"pin":"123456"}"#));
        table.push(bad("POST", &format!("/2fa/2/pin/{id}/resend"), "{}"));
        table.push(bad("GET", &format!("/v1/otp/{id}"), ""));
        table.push(bad("GET", &format!("/2fa/2/applications/{id}/messages/{id}"), ""));
        table.push(bad("GET", &format!("/2fa/2/applications/{id}/verifications?msisdn=41793026727"), ""));
        table.push(bad("DELETE", &format!("/v1/connections/{id}"), ""));
        table.push(bad("GET", &format!("/settings/2/api-keys/{id}"), ""));
    }
    world.refuses(&table).await;
    world.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_text_and_names_are_only_names() {
    let world = World::start().await;
    let app = &world.app;
    for (index, value) in [
        "{{pin}}",
        "{{who}}",
        "{{7*7}}",
        "${7*7}",
        "{% raw %}",
        "$1",
        "\\1",
        "%s%n",
        "<#x>",
        "<pin>",
        "#{x}",
        "@evil.example #123456",
        "&amp;<b>",
        "é€😀",
    ]
    .into_iter()
    .enumerate()
    {
        let to = format!("4179302680{index:02}");
        let body = json!({ "applicationId": world.application, "messageId": world.message, "to": &to[..11], "placeholders": { "who": value } });
        app.client.delete(&format!("/simulator/api/messages?to={}", &to[..11])).await;
        app.client.post("/2fa/2/pin", body).await.expect(200);
        let text = app.wait_for_messages(&to[..11], 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
        let pin = &text[text.len() - 6..];
        assert!(pin.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
        assert_eq!(text[..text.len() - 6], format!("{value}, your code is "));
    }
    // The last line belongs to the site, whatever stands before it.
    let template = json!({ "pinType": "NUMERIC", "messageText": "{{who}} {{pin}}", "autofill": { "webOrigin": "example.com" } });
    let created =
        app.client.post(&format!("/2fa/2/applications/{}/messages", world.application), template).await.expect(200).json();
    let body = json!({ "applicationId": world.application, "messageId": created["messageId"], "to": "41793026899", "placeholders": { "who": "@evil.example #000000" } });
    app.client.post("/2fa/2/pin", body).await.expect(200);
    let text = app.wait_for_messages("41793026899", 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
    let pin: String = text.lines().next().unwrap_or_default().rsplit(' ').next().unwrap_or_default().to_owned();
    assert_eq!(text.lines().last(), Some(format!("@example.com #{pin}").as_str()));

    for name in [
        "a:b",
        "{}",
        "{07}",
        "*",
        "../../etc/passwd",
        "'; DROP TABLE applications;--",
        "pf:{07}:pin",
        "<script>alert(1)</script>",
        "=1+1",
        "名前 😀",
    ] {
        let created = app.client.post("/2fa/2/applications", json!({ "name": name })).await.expect(200).json();
        let path = format!("/2fa/2/applications/{}", created["applicationId"].as_str().expect("an id"));
        assert_eq!(app.client.get(&path).await.expect(200).json()["name"], name);
        let body = json!({ "to": "41793026898", "applicationId": world.application, "messageId": world.message, "placeholders": { "who": "A" } });
        let key = if name.is_ascii() && !name.contains(' ') { name } else { "plain" };
        app.client.send(app.client.request("POST", "/v1/otp").header("idempotency-key", key).json(&body)).await.expect(200);
    }
    // Fields that are nobody's to set change nothing.
    let extra = json!({
        "name": "Extra", "tenantId": "0".repeat(32), "applicationId": "0".repeat(32), "id": "0".repeat(32), "createdAt": "2000-01-01T00:00:00Z", "role": "admin",
    });
    let created = app.client.post("/2fa/2/applications", extra).await;
    assert!(created.status == 400 || created.json()["applicationId"] != "0".repeat(32), "{}", created.text);
    world.is_unharmed().await;
}

/// What the server answers to these bytes, read until it closes or falls silent.
fn raw(app: &App, request: &[u8]) -> String {
    let port = app.client.base.rsplit(':').next().expect("a port");
    let mut connection = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server listens");
    connection.set_read_timeout(Some(Duration::from_secs(2))).expect("a timeout");
    // The server may close before it has read everything.
    let _ = connection.write_all(request);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(size) = connection.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..size]);
        if size == 0 || answer.len() > 100_000 {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_are_bounded_and_framing_is_unambiguous() {
    let world = World::start().await;
    let app = &world.app;
    for path in ["/2fa/2/applications", "/v1/otp/x", "/v1/routes", "/nowhere"] {
        let long = app.client.get(&format!("{path}?x={}", "x".repeat(9 * 1024))).await.expect(414);
        envelope(path, &long).expect("the dialect's envelope");
        let request = app.client.request("GET", path).header("x-one", "x".repeat(9 * 1024)).header("x-two", "x".repeat(9 * 1024));
        let large = app.client.send(request).await.expect(431);
        envelope(path, &large).expect("the dialect's envelope");
    }
    let long = app.client.get(&format!("/2fa/2/applications/{}", "x".repeat(9 * 1024))).await.expect(414);
    envelope("/2fa", &long).expect("the dialect's envelope");

    let authorization = app.client.authorization.clone().expect("a credential");
    let head = |line: &str, more: &str| {
        format!("{line} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\n{more}\r\n")
    };
    let verify = format!("POST /2fa/2/pin/{}/verify", world.pin_id);
    let wrong = r#"{"pin":"0000000000"}"#;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096)).repeat(20);
    let requests = [
        ("too large in pieces", format!("{}{chunk}0\r\n\r\n", head(&verify, "transfer-encoding: chunked\r\n")), Some("413")),
        ("two hosts", head("GET /2fa/2/applications", "host: y\r\n"), Some("400")),
        ("two credentials", head("GET /2fa/2/applications", "authorization: App x\r\n"), Some("400")),
        ("two lengths", format!("{}{wrong}", head(&verify, "content-length: 20\r\ncontent-length: 3\r\n")), None),
        ("signed length", format!("{}{wrong}", head(&verify, "content-length: +20\r\n")), None),
        ("negative length", format!("{}{wrong}", head(&verify, "content-length: -1\r\n")), None),
        (
            "length and pieces",
            format!("{}0\r\n\r\n", head(&verify, "content-length: 20\r\ntransfer-encoding: chunked\r\n")),
            None,
        ),
        ("unknown coding", format!("{}{wrong}", head(&verify, "transfer-encoding: xchunked\r\n")), None),
        ("bad piece", format!("{}zz\r\n", head(&verify, "transfer-encoding: chunked\r\n")), None),
        ("folded header", head("GET /2fa/2/applications", "x-a: b\r\n c\r\n"), None),
        ("bad header name", head("GET /2fa/2/applications", "x a: b\r\n"), None),
        ("bad version", "GET / HTTP/9.9\r\nhost: x\r\n\r\n".to_owned(), None),
        ("no request", "\u{16}\u{3}\u{1}hello\r\n\r\n".to_owned(), None),
        ("many headers", head("GET /2fa/2/applications", &"a: b\r\n".repeat(5_000)), None),
    ];
    for (name, request, status) in requests {
        let answer = raw(app, request.as_bytes());
        let got = answer.split(' ').nth(1).unwrap_or_default();
        assert!(answer.is_empty() || got.starts_with('4'), "{name}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{name} was taken for several requests: {answer}");
        assert!(status.is_none_or(|status| got == status), "{name}: {answer}");
    }
    world.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_holds_no_connection() {
    let app = App::start().await;
    let port = app.client.base.rsplit(':').next().expect("a port").to_owned();
    let slow = |path: &'static str| {
        let port = port.clone();
        tokio::task::spawn_blocking(move || {
            let mut connection = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server listens");
            connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
            let head =
                format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{");
            connection.write_all(head.as_bytes()).expect("a head");
            let mut answer = String::new();
            connection.read_to_string(&mut answer).expect("an answer, and the end");
            answer
        })
    };
    // What needs no credential, and what has it among its fields.
    for answer in futures::future::join_all(["/v1/session", "/api/v1/otp/send_otp"].map(slow)).await {
        let answer = answer.expect("no panic");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{answer}");
    }
}
