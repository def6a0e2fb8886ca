//! Nothing that is kept or written down holds a PIN, an API key or a whole recipient: not Redis, in memory or on disk,
//! not PostgreSQL, not a log at the most talkative level, not the metrics.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use pinfold_testkit::Role;
use serde_json::{Value, json};

use crate::support::{App, Options};

/// A connection to Redis that speaks its protocol.
struct Wire(TcpStream);

impl Wire {
    fn open(url: &str) -> Self {
        let (login, place) = url.trim_start_matches("redis://").split_once('@').expect("a login");
        let connection = TcpStream::connect(place.split('/').next().expect("a place")).expect("the server listens");
        connection.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let mut wire = Self(connection);
        let password = login.split_once(':').map_or(login, |(_, password)| password);
        wire.ask(&[b"AUTH", password.as_bytes()]);
        wire
    }

    /// The answer as its text leaves, and nothing for the rest.
    fn ask(&mut self, words: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.0.write_all(&request).expect("Redis reads");
        let mut leaves = Vec::new();
        self.read(&mut leaves);
        leaves
    }

    fn read(&mut self, leaves: &mut Vec<Vec<u8>>) {
        let line = self.line();
        let (kind, rest) = line.split_first().expect("an answer has a kind");
        let number = || std::str::from_utf8(rest).ok().and_then(|text| text.parse::<i64>().ok()).unwrap_or(-1);
        match kind {
            b'$' => {
                let Ok(length) = usize::try_from(number()) else { return };
                let mut text = vec![0; length + 2];
                self.0.read_exact(&mut text).expect("the text comes");
                text.truncate(length);
                leaves.push(text);
            }
            b'*' => (0..number().max(0)).for_each(|_| self.read(leaves)),
            b'-' => panic!("{}", String::from_utf8_lossy(rest)),
            _ => leaves.push(rest.to_vec()),
        }
    }

    fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            self.0.read_exact(&mut byte).expect("the line comes");
            line.push(byte[0]);
        }
        line.truncate(line.len() - 2);
        line
    }
}

/// Every key and value, and every file that the server wrote.
fn redis_bytes(app: &App) -> Vec<(String, Vec<u8>)> {
    let mut wire = Wire::open(&app.redis.url());
    let mut memory = Vec::new();
    for key in wire.ask(&[b"KEYS", b"*"]) {
        let kind = wire.ask(&[b"TYPE", &key]).concat();
        let value = match kind.as_slice() {
            b"string" => wire.ask(&[b"GET", &key]),
            b"stream" => wire.ask(&[b"XRANGE", &key, b"-", b"+"]),
            b"zset" => wire.ask(&[b"ZRANGE", &key, b"0", b"-1", b"WITHSCORES"]),
            b"hash" => wire.ask(&[b"HGETALL", &key]),
            b"list" => wire.ask(&[b"LRANGE", &key, b"0", b"-1"]),
            b"set" => wire.ask(&[b"SMEMBERS", &key]),
            other => panic!("a key of kind {}", String::from_utf8_lossy(other)),
        };
        memory.extend_from_slice(&key);
        memory.push(b' ');
        memory.extend(value.concat());
        memory.push(b'\n');
    }
    assert!(memory.len() > 1_000, "there is something to look at");
    wire.ask(&[b"CONFIG", b"SET", b"rdbcompression", b"no"]);
    wire.ask(&[b"SAVE"]);
    let directory = wire.ask(&[b"CONFIG", b"GET", b"dir"]).pop().expect("a directory");
    let mut found = vec![("Redis' memory".to_owned(), memory)];
    files(Path::new(std::str::from_utf8(&directory).expect("a path")), &mut found);
    assert!(found.iter().any(|(name, bytes)| name.contains("aof") && bytes.len() > 10_000), "the append-only file is there");
    assert!(found.iter().any(|(name, _)| name.ends_with("dump.rdb")), "the snapshot is there");
    found
}

fn files(directory: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.file_name().is_some_and(|name| name != "redis.conf") {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
        }
    }
}

/// The forms in which a secret could be written down.
fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes text");
        hex
    });
    let escaped = |start: &str| {
        secret.bytes().fold(String::new(), |mut text, byte| {
            write!(text, "{start}{byte:02x}").expect("a string takes text");
            text
        })
    };
    let texts = [
        secret.to_owned(),
        secret.to_lowercase(),
        secret.chars().rev().collect(),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(secret),
        hex.to_uppercase(),
        hex,
        escaped("%"),
        escaped("\\x"),
        escaped("\\u00"),
        secret.chars().map(String::from).collect::<Vec<_>>().join(", "),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, _)) = needle.split_first() else { return false };
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| byte == first) {
        if haystack[from + at..].starts_with(needle) {
            return true;
        }
        from += at + 1;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_kept_or_logged_holds_a_pin_a_key_or_a_recipient() {
    let settings = vec![("PINFOLD__PIN__LONGEST_CODE", "12".to_owned()), ("PINFOLD__TELEMETRY__LOG_LEVEL", "trace".to_owned())];
    let app = App::start_with(Options { settings, ..Options::default() }).await;
    let (application, _) = app.new_application(json!({})).await;
    let path = format!("/2fa/2/applications/{application}");
    let template = json!({ "pinType": "ALPHANUMERIC", "messageText": "{{who}} {{pin}}", "pinLength": 12 });
    let text = app.client.post(&format!("{path}/messages"), template).await.expect(200).json();
    let template = json!({ "emailTemplateId": 1, "text": "{{who}} {{pin}}", "pinType": "ALPHANUMERIC", "pinLength": 12 });
    let email = app.client.post(&format!("{path}/email/messages"), template).await.expect(200).json();
    let created = app.client.post("/settings/2/api-keys", json!({ "name": "x" })).await.expect(200).json();
    let created = created["apiKeySecret"].as_str().expect("the secret").to_owned();
    let session = app.client.post("/auth/1/session", json!({ "username": "x", "password": created })).await.expect(200).json();
    let session = session["token"].as_str().expect("a token").to_owned();
    let client = app.client.with(&format!("IBSSO {session}"));

    let last = |message: &Value| message["text"].as_str().unwrap_or_default().rsplit(' ').next().unwrap_or_default().to_owned();
    let (mut pins, mut recipients, mut tokens) = (BTreeSet::new(), Vec::new(), Vec::new());
    for number in 0..24 {
        let to =
            if number % 4 == 3 { format!("somebody.unusual{number}@mailbox.example") } else { format!("417935172{number:02}") };
        let is_mail = to.contains('@');
        let message = if is_mail { &email["messageId"] } else { &text["messageId"] };
        let body = json!({ "applicationId": application, "messageId": message, "to": to, "placeholders": { "who": "Zaphod" } });
        let route = if is_mail { "/2fa/2/pin/email" } else { "/2fa/2/pin" };
        let sent = client
            .send(client.request("POST", route).header("idempotency-key", format!("key-{number}")).json(&body))
            .await
            .expect(200)
            .json();
        let pin_id = sent["pinId"].as_str().expect("an id").to_owned();
        let pin = last(&app.wait_for_messages(&to, 1).await[0]);
        assert_eq!(pin.len(), 12);
        app.verify(&pin_id, &App::wrong(&pin).replace(':', "A").replace('[', "B")).await;
        if !is_mail {
            client.post(&format!("/2fa/2/pin/{pin_id}/resend/voice"), json!({})).await.expect(200);
            app.wait_for_messages(&to, 2).await;
        }
        if number % 2 == 0 {
            assert_eq!(app.verify(&pin_id, &pin).await["verified"], true);
        }
        if number % 5 == 0 {
            // A refusal, a malformed guess and a lost address must not show more.
            app.verify(&pin_id, &format!("{pin} ")).await;
            client.post(&format!("/2fa/2/pin/{pin_id}/verify"), json!({ "pin": format!("{pin:40}") })).await.expect(400);
            client.get(&format!("/2fa/2/applications/{application}/verifications?msisdn={to}")).await.expect(200);
        }
        pins.insert(pin);
        recipients.push(to);
    }
    for number in 0..6 {
        let (to, code) = (format!("417935173{number:02}"), format!("Ab{number}cdEFgh45{number}"));
        let body = json!({ "to": to, "code": code, "applicationId": application, "purpose": "login" });
        client.post("/v1/otp", body).await.expect(200);
        app.wait_for_messages(&to, 1).await;
        if number % 2 == 0 {
            let guess = json!({ "to": to, "code": code, "applicationId": application, "purpose": "login", "session": true });
            let judged = client.post("/v1/otp/verify", guess).await.expect(200).json();
            tokens.push(judged["sessionToken"].as_str().expect("a token").to_owned());
        }
        pins.insert(code);
        recipients.push(to);
    }
    // One that no phone takes, so that the queues and dead letters have something to show.
    let lost = json!({ "applicationId": application, "messageId": text["messageId"], "to": "41793519001", "placeholders": { "who": "x" } });
    client.post("/2fa/2/pin", lost).await.expect(200);
    recipients.push("41793519001".to_owned());
    tokio::time::sleep(Duration::from_millis(1_500)).await;

    let mut places = redis_bytes(&app);
    let dump = Command::new("pg_dump").args(["--dbname", &app.database.url_for(Role::Superuser)]).output().expect("pg_dump runs");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    assert!(contains(&dump.stdout, b"verified"), "the dump has rows");
    places.push(("PostgreSQL".to_owned(), dump.stdout));
    let mut written = Vec::new();
    for process in &app.processes {
        let log = process.log_text();
        written.push((format!("the log of {}", process.roles), log.into_bytes()));
        let metrics = app.client.http.get(format!("{}/metrics", process.url())).send().await.expect("metrics");
        written.push((format!("the metrics of {}", process.roles), metrics.text().await.expect("text").into_bytes()));
    }
    assert!(written.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 100_000, "the logs are talkative");
    places.extend(written);
    let (_, letters) = app.command(&["dead-letters", "list"]);
    places.push(("the list of dead letters".to_owned(), letters.into_bytes()));
    let (_, shown) = app.command(&["settings", "show"]);
    places.push(("the shown settings".to_owned(), shown.into_bytes()));

    let mut secrets: Vec<(&str, String)> = pins.into_iter().map(|pin| ("PIN", pin)).collect();
    secrets.extend([
        ("API key", app.demo["API_KEY"].clone()),
        ("API key", app.demo["SANDBOX_API_KEY"].clone()),
        ("API key", created),
    ]);
    secrets.push(("session", session));
    secrets.extend(tokens.into_iter().map(|token| ("session token", token)));
    for secret in ["MASTER_KEY", "INTERNAL_SECRET"] {
        secrets.push(("secret of the installation", app.environment[&format!("PINFOLD__SECURITY__{secret}")].clone()));
    }
    secrets.push(("value of a placeholder", "Zaphod".to_owned()));
    secrets.extend(recipients.iter().map(|to| ("recipient", to.clone())));
    // A number shows four digits at most, wherever it is shown.
    secrets.extend(recipients.iter().filter(|to| !to.contains('@')).map(|to| ("number's end", to[2..].to_owned())));
    let mut found = BTreeSet::new();
    for (place, bytes) in &places {
        for (kind, secret) in &secrets {
            // Reversed and spoken forms of a number are not ours to invent; a recipient may not be there as it is, or encoded.
            for form in forms(secret) {
                if contains(bytes, &form) {
                    found.insert(format!("{place}: a {kind} as {}", String::from_utf8_lossy(&form)));
                }
            }
        }
        let text = String::from_utf8_lossy(bytes);
        for masked in text.split('…').skip(1) {
            let digits = masked.chars().take_while(char::is_ascii_digit).count();
            assert!(digits <= 4, "{place}: a number shows {digits} digits");
        }
    }
    assert!(found.is_empty(), "{} hits:\n{}", found.len(), found.into_iter().take(40).collect::<Vec<_>>().join("\n"));
}
