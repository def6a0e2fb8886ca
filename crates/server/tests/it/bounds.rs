//! Every field of every operation has its bounds: what is past them is refused with the field's name, and changes nothing.

use serde_json::{Value, json};

use crate::hostile::{Bad, World, bad, field};

/// `base` with one field another.
fn with(base: &Value, name: &str, value: Value) -> Value {
    let mut body = base.clone();
    match name.split_once('.') {
        None => body[name] = value,
        Some((outer, inner)) => body[outer] = with(&body[outer], inner, value),
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_takes_what_is_past_its_bound() {
    let world = World::start().await;
    let (application, message, email) = (&world.application, &world.message, &world.email);
    let one = format!("/2fa/2/applications/{application}");
    let mut table = Vec::new();
    // Applications: spans, rates, numbers, names.
    let spans = [
        "0",
        "0s",
        "-1s",
        "1.5m",
        "1e3s",
        "99999999999999999999d",
        "5M",
        " 5m",
        "5m ",
        "٥m",
        "15m1s",
        "",
        "s5",
        "5 m",
        "9223372036854775808ms",
        "18446744073709551616ms",
        "366d",
        "16m",
        "5\u{0}m",
        "+5m",
        "0x5m",
        "5mm",
    ];
    let rates = [
        "1/0s",
        "0/1d",
        "4294967296/1s",
        "9223372036854775808/1s",
        "-1/1s",
        "1",
        "/1s",
        "1/",
        "1//1s",
        "1/1",
        "1 / 1s",
        "1.5/1s",
        "1/1.5s",
        "٣/1d",
        "",
        "1/366d",
        "+1/1s",
        "1e3/1s",
        "1/1s/1s",
    ];
    for span in spans {
        let body = json!({ "name": "x", "configuration": { "pinTimeToLive": span } });
        let expected = if span.contains('\0') { None } else { Some("pinTimeToLive") };
        table.push(Bad { field: expected, ..field("POST", "/2fa/2/applications", "", &body) });
        table.push(Bad { field: expected, ..field("PUT", &one, "", &body) });
    }
    for name in ["verifyPinLimit", "sendPinPerApplicationLimit", "sendPinPerPhoneNumberLimit", "lockAfterFailures"] {
        for rate in rates {
            let body = json!({ "name": "x", "configuration": { name: rate } });
            table.push(field("POST", "/2fa/2/applications", name, &body));
        }
        table.push(field("PUT", &one, name, &json!({ "configuration": { name: 3 } })));
    }
    table.push(field(
        "POST",
        "/2fa/2/applications",
        "verifyPinLimit",
        &json!({ "name": "x", "configuration": { "verifyPinLimit": "1/2d" } }),
    ));
    for attempts in ["0", "-1", "11", "256", "300", "4294967299", "3.5", "\"3\"", "18446744073709551615", "true", "[3]"] {
        let body = format!(r#"{{"name":"x","configuration":{{"pinAttempts":{attempts}}}}}"#);
        table.push(Bad { field: Some("pinAttempts"), status: Some(400), ..bad("POST", "/2fa/2/applications", body) });
    }
    table.push(bad("POST", "/2fa/2/applications", r#"{"name":"x","configuration":{"pinAttempts":1e400}}"#));
    for (name, value) in [
        ("enabled", json!("true")),
        ("configuration", json!([])),
        ("configuration", json!("x")),
        ("name", json!(1)),
        ("name", json!(null)),
    ] {
        table.push(field("POST", "/2fa/2/applications", name, &with(&json!({ "name": "x" }), name, value)));
    }
    for name in ["", &"x".repeat(10_240), "a\r\nb", "a\nb", "a\u{7f}b", "\u{1b}[31m"] {
        table.push(field("POST", "/2fa/2/applications", "name", &json!({ "name": name })));
        table.push(field("PUT", &one, "name", &json!({ "name": name })));
        table.push(field("POST", "/settings/2/api-keys", "name", &json!({ "name": name })));
        table.push(field("POST", "/v1/connections", "name", &json!({ "name": name, "provider": { "kind": "simulator" } })));
    }
    // Templates for SMS and voice.
    let base = json!({ "messageText": "Code {{pin}}", "pinType": "NUMERIC" });
    let (create, change) = (format!("{one}/messages"), format!("{one}/messages/{message}"));
    let long = "x".repeat(1_531) + "{{pin}}";
    for text in [
        "",
        "no pin",
        "{{pin}} {{}}",
        "{{pin}} {{a b}}",
        "{{pin}} {{open",
        "{{pin}}\r",
        "{{pin}}\u{2028}x",
        "{{pin}}\u{85}x",
        "{{pin}}\u{202e}",
        "{{pin}}\u{1b}[0m",
        "{{ pin }}",
        "{pin}",
        "<pin>",
        &long,
    ] {
        table.push(field("POST", &create, "messageText", &with(&base, "messageText", json!(text))));
        table.push(field("PUT", &change, "messageText", &json!({ "messageText": text })));
    }
    let fields = [
        ("pinType", json!("EMOJI")),
        ("pinType", json!("numeric")),
        ("pinType", json!(1)),
        ("language", json!("xx")),
        ("language", json!("EN")),
        ("pinLength", json!(3)),
        ("pinLength", json!(11)),
        ("pinLength", json!(-6)),
        ("pinLength", json!("6")),
        ("pinLength", json!(6.5)),
        ("pinLength", json!(4_294_967_302_u64)),
        ("speechRate", json!(0.4)),
        ("speechRate", json!(2.1)),
        ("speechRate", json!("1")),
        ("repeatDTMF", json!("abc")),
        ("repeatDTMF", json!("12345")),
        ("repeatDTMF", json!("")),
        ("voiceName", json!("a b")),
        ("voiceName", json!("<speak>")),
        ("senderId", json!("a\r\nBcc: x@y.z")),
        ("senderId", json!("a,b")),
        ("senderId", json!("")),
        ("senderId", json!("12345678901234567")),
        ("senderId", json!("<a@b.c>")),
        ("senderId", json!("a\tb")),
        ("senderId", json!(" a")),
        ("senderId", json!("ünï")),
        ("pinPlaceholder", json!("x")),
        ("pinPlaceholder", json!("")),
        ("pinPlaceholder", json!("pin")),
        ("regional.indiaDlt", json!({})),
        ("regional.indiaDlt.principalEntityId", json!("1".repeat(31))),
        ("regional.indiaDlt.principalEntityId", json!("a\nb")),
        ("autofill.webOrigin", json!("exa\nmple.com")),
        ("autofill.webOrigin", json!("example.com #123")),
        ("autofill.webOrigin", json!("https://example.com")),
        ("autofill.androidHash", json!("short")),
        ("autofill.androidHash", json!("12345678\n01")),
    ];
    for (name, value) in &fields {
        let name: &'static str = name;
        let shown = name.rsplit('.').next().unwrap_or(name);
        let shown = if shown == "indiaDlt" { "principalEntityId" } else { shown };
        let value = if name.ends_with("principalEntityId") {
            json!({ "regional": { "indiaDlt": { "principalEntityId": value } } })
        } else {
            with(&json!({}), name, value.clone())
        };
        let mut body = base.clone();
        for (name, value) in value.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        table.push(field("POST", &create, shown, &body));
        table.push(field("PUT", &change, shown, &value));
    }
    // Templates for e-mail.
    let base = json!({ "emailTemplateId": 1 });
    let (create, change) = (format!("{one}/email/messages"), format!("{one}/email/messages/{email}"));
    for (name, value) in [
        ("emailTemplateId", json!("x")),
        ("emailTemplateId", json!(1.5)),
        ("emailTemplateId", json!(9_223_372_036_854_775_808_u64)),
        ("from", json!("a@b.example, c@d.example")),
        ("from", json!("a@b.example\r\nBcc: x@y.example")),
        ("from", json!("nobody")),
        ("from", json!("")),
        ("from", json!("A\u{0}B <a@b.example>".replace('\0', "\u{7f}"))),
        ("subject", json!("a\r\nBcc: x@y.example")),
        ("subject", json!("")),
        ("subject", json!("{{pin}}")),
        ("subject", json!("x".repeat(201))),
        ("text", json!("no pin")),
        ("html", json!("<p>no pin</p>")),
        ("landingPageId", json!("x")),
        ("landingPageId", json!("1_2_3")),
        ("pinLength", json!(3)),
        ("pinType", json!("x")),
    ] {
        table.push(field("POST", &create, name, &with(&base, name, value.clone())));
        table.push(field("PUT", &change, name, &with(&json!({}), name, value)));
    }
    // Sends.
    let base = json!({ "applicationId": application, "messageId": message, "to": "41793026728", "placeholders": { "who": "A" } });
    let mail = json!({ "applicationId": application, "messageId": email, "to": "a@b.example", "placeholders": { "who": "A" } });
    let generic =
        json!({ "applicationId": application, "messageId": message, "to": "+41793026728", "placeholders": { "who": "A" } });
    let too_many: serde_json::Map<String, Value> = (0..30).map(|name| (format!("n{name}"), json!("x"))).collect();
    let mut values = vec![
        json!({}),
        json!({ "pin": "123456", "who": "A" }),
        json!({ "who": "A", "other": "x" }),
        json!({ "who": "x".repeat(161) }),
        json!(too_many),
        json!({ "who": "A", &"n".repeat(10_240): "x" }),
        json!({ "who": "A", "../x": "x" }),
        json!({ "who": 1 }),
        json!({ "who": ["x"] }),
        json!([]),
        json!("x"),
    ];
    for breaking in
        ["\n", "\r", "\r\n", "\u{2028}", "\u{2029}", "\u{85}", "\u{202e}", "\u{200b}", "\u{b}", "\u{c}", "\u{7f}", "\u{feff}"]
    {
        values.push(json!({ "who": format!("x{breaking}@evil.example #123456") }));
    }
    for value in values {
        for (path, base) in
            [("/2fa/2/pin", &base), ("/2fa/2/pin/voice", &base), ("/2fa/2/pin/email", &mail), ("/v1/otp", &generic)]
        {
            table.push(field("POST", path, "placeholders", &with(base, "placeholders", value.clone())));
        }
        if value != json!({}) && value != json!([]) {
            let body = json!({ "placeholders": value });
            table.push(field("POST", &format!("/2fa/2/pin/{}/resend", world.pin_id), "placeholders", &body));
            table.push(field("POST", &format!("/v1/otp/{}/resend", world.pin_id), "placeholders", &body));
        }
    }
    for from in ["a\r\nb", "a,b", "", "12345678901234567", "<x>", " x", "a\u{7f}", "a;b", "\"a\""] {
        for (path, base) in
            [("/2fa/2/pin", &base), ("/2fa/2/pin/voice", &base), ("/2fa/2/pin/email", &mail), ("/v1/otp", &generic)]
        {
            table.push(field("POST", path, "from", &with(base, "from", json!(from))));
        }
    }
    for to in [
        json!(41_793_026_728_u64),
        json!(null),
        json!(["41793026728"]),
        json!({}),
        json!(""),
        json!("x"),
        json!("41793026728\r\n"),
        json!("4".repeat(10_240)),
        json!("+0"),
        json!("+999999999999"),
        json!("--------------------------------------------------------------------------------"),
    ] {
        for (path, base) in
            [("/2fa/2/pin", &base), ("/2fa/2/pin/voice", &base), ("/2fa/2/pin/email", &mail), ("/v1/otp", &generic)]
        {
            table.push(field("POST", path, "to", &with(base, "to", to.clone())));
        }
    }
    table.push(field("POST", "/2fa/2/pin", "trackDelivery", &with(&base, "trackDelivery", json!("yes"))));
    table.push(field("POST", "/v1/otp", "channel", &with(&generic, "channel", json!("pigeon"))));
    table.push(field("POST", "/v1/otp", "messageId", &with(&generic, "channel", json!("email"))));
    for name in ["applicationId", "messageId"] {
        table.push(field("POST", "/2fa/2/pin", name, &with(&base, name, json!(17))));
        for id in ["", "x", "..", "*", "{}", ":", "%", &"A".repeat(10_240), "0933f3bc087d2a617ac6dcb2ef5b8a6", "é"] {
            let body = with(&base, name, json!(id));
            table.push(bad("POST", "/2fa/2/pin", body.to_string()));
            table.push(bad("POST", "/v1/otp", with(&generic, name, json!(id)).to_string()));
        }
    }
    // Keys, routes, connections.
    for (name, value) in [
        ("allowedIPs", json!(["x"])),
        ("allowedIPs", json!(["10.0.0.0/33"])),
        ("allowedIPs", json!("127.0.0.1")),
        ("validFrom", json!("yesterday")),
        ("validTo", json!("2000-01-01T00:00:00Z")),
        ("permissions", json!(["ROOT"])),
        ("permissions", json!(["PUBLIC_API", "WEB_SDK"])),
        ("scopes", json!(["everything"])),
        ("scopes", json!("pin:send")),
        ("scopeGuids", json!(["a b"])),
        ("accountId", json!("0".repeat(32))),
        ("defaultApplicationId", json!("x")),
        ("environment", json!("moon")),
    ] {
        table.push(field("POST", "/settings/2/api-keys", name, &with(&json!({ "name": "x" }), name, value)));
    }
    for provider in [
        json!({}),
        json!({ "kind": "pigeon" }),
        json!({ "kind": "http" }),
        json!({ "kind": "http", "url": "ftp://example.com" }),
        json!({ "kind": "http", "url": "http://user:pass@example.com/" }),
        json!({ "kind": "http", "url": "x" }),
        json!({ "kind": "http", "url": "https://example.com/", "headers": { "a\r\nb": "x" } }),
        json!({ "kind": "http", "url": "https://example.com/", "headers": { "a": "x\r\ny: z" } }),
        json!({ "kind": "http", "url": "https://example.com/", "method": "BREW" }),
        json!({ "kind": "smtp", "host": "mail.example.com", "port": 0, "from": "a@b.example" }),
        json!({ "kind": "smtp", "host": "mail.example.com", "port": 65536, "from": "a@b.example" }),
        json!({ "kind": "smtp", "host": "a b", "port": 25, "from": "a@b.example" }),
        json!({ "kind": "smtp", "host": "mail.example.com", "port": 25, "from": "a@b.example\r\nBcc: c@d.example" }),
        json!({ "kind": "simulator", "extra": 1 }),
        json!([]),
        json!(null),
    ] {
        table.push(Bad {
            status: Some(400),
            ..bad("POST", "/v1/connections", json!({ "name": "x", "provider": provider }).to_string())
        });
    }
    table.push(field("PUT", "/v1/routes/sms", "connectionId", &json!({ "connectionId": "0".repeat(32) })));
    table.push(field("PUT", "/v1/routes/sms", "connectionId", &json!({ "connectionId": 1 })));
    table.push(bad("PUT", "/v1/routes/pigeon", json!({ "connectionId": "0".repeat(32) }).to_string()));
    table.push(field("POST", "/v1/message-previews", "messageText", &json!({ "messageText": "no pin" })));
    // Sessions and tokens.
    table.extend(
        ["", "{}", "[]", r#"{"username":1,"password":2}"#, r#"{"username":"a","username":"b","password":"c"}"#]
            .map(|body| bad("POST", "/auth/1/session", body)),
    );
    table.extend(
        ["grant_type=password", "client_id=a&client_id=b&client_secret=c&grant_type=client_credentials", "%ff=%ff"]
            .map(|body| bad("POST", "/auth/1/oauth2/token", body)),
    );

    assert!(table.len() > 400, "{}", table.len());
    world.refuses(&table).await;
    let applications = world.app.client.get("/2fa/2/applications").await.expect(200).json();
    assert_eq!(applications.as_array().map(Vec::len), Some(2), "none was made");
    for to in ["41793026728", "a@b.example"] {
        assert_eq!(world.app.messages(to).await.len(), 0, "nothing was sent");
    }
    world.is_unharmed().await;
}
