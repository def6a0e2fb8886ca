//! Every answer of every dialect, as a client sees it: one snapshot per operation and kind of answer, from the real stack, with ids,
//! times and secrets written as what they are. They hold the recorded shapes of the vendors; `INSTA_UPDATE=always` writes them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pinfold_core::totp::{Totp, TotpSecret};
use pinfold_http::clock::now_ms;
use serde_json::{Value, json};

use crate::support::{Answer, App, Client};

/// Where the dialects' paths begin.
const DIALECTS: [&str; 8] = ["/2fa/", "/auth/", "/settings/", "/v1/otp", "/verify/", "/api/", "/one-time-password-sms/", "/v2/"];

/// Operations that tell what is recorded.
const RECORDED: [&str; 5] =
    ["pins.report", "iprog.list", "twilio_attempts.fetch", "twilio_attempts.list", "twilio_attempts.summary"];

/// What stands for values that differ from run to run.
const REDACTED: [(&str, &str); 11] = [
    (r"pf_(live|sandbox)_[A-Za-z0-9_-]+(…|\.\.\.)?", "[secret]"),
    (r#"("(?:access_)?token"|"access_token"): "[^"]+""#, r#"$1: "[secret]""#),
    (r#""Secret": "[A-Z2-7]+""#, r#""Secret": "[secret]""#),
    (r#""secret": "[A-Z2-7]+""#, r#""secret": "[secret]""#),
    (r"secret=[A-Z2-7]+", "secret=[secret]"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[id]"),
    (r"\b([A-Z]{2})[0-9a-f]{32}\b", "$1[id]"),
    (r"\b[0-9A-Fa-f]{32}\b", "[id]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", "[time]"),
    (r"\b1\d{12}\b", "[ms]"),
    (r"127\.0\.0\.1:\d+", "[host]"),
];

/// An operation asked for once. Names in braces stand for what earlier answers brought.
struct Step(&'static str, &'static str, Value, &'static [(&'static str, &'static str)]);

/// A dialect's story: its operations in an order in which they answer.
struct Story<'a> {
    app: &'a App,
    client: Client,
    is_form: bool,
    known: BTreeMap<String, String>,
    seen: BTreeSet<String>,
}

impl<'a> Story<'a> {
    fn new(app: &'a App, client: Client, known: &[(&str, &str)]) -> Self {
        let known = known.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { app, client, is_form: false, known, seen: BTreeSet::new() }
    }

    /// With the codes sent to numbers (`{code:…}`, `{wrong:…}`) and of authenticator apps (`{totp:0}`, `{totp:1}`) filled in.
    async fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        while let Some(from) = ["{code:", "{wrong:", "{totp:"].iter().find_map(|mark| text.find(mark)) {
            let end = from + text[from..].find('}').expect("an end");
            let (kind, of) = text[from + 1..end].split_once(':').expect("two parts");
            let value = match kind {
                "code" => self.app.pin_of(of).await,
                "wrong" => App::wrong(&self.app.pin_of(of).await),
                _ => {
                    let secret = TotpSecret::from_base32(&self.known["secret"]).expect("base32");
                    let step = Totp::default().step_at(now_ms()) + of.parse::<u64>().expect("a number");
                    Totp::default().code(&secret, step).to_string()
                }
            };
            text.replace_range(from..=end, &value);
        }
        for (name, value) in &self.known {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.client.request(method, &self.filled(path).await);
        let body: Value = serde_json::from_str(&self.filled(&body.to_string()).await).expect("JSON");
        self.client
            .send(match (&body, self.is_form) {
                (Value::Null, _) => request,
                (body, true) => crate::twilio::form(request, body),
                (body, false) => request.json(body),
            })
            .await
    }

    /// Asks for all of them and holds each answer against its snapshot, named by operation and kind.
    async fn tell(&mut self, steps: Vec<Step>) {
        for Step(name, request, body, captures) in steps {
            let (method, path) = request.split_once(' ').expect("a method and a path");
            let mut answer = self.ask(method, path, &body).await;
            if RECORDED.contains(&name) {
                // What became of PINs is recorded a moment later: asked until it stays the same.
                let mut same = 0;
                for _ in 0..100 {
                    if same == 10 {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    let again = self.ask(method, path, &body).await;
                    same = if again.status == 200 && again.text == answer.text { same + 1 } else { 0 };
                    answer = again;
                }
            }
            let json = answer.json();
            for (name, pointer) in captures {
                let found = json.pointer(pointer).and_then(Value::as_str);
                let found = found.unwrap_or_else(|| panic!("{name} is not at {pointer} of {}", answer.text));
                self.known.insert((*name).to_owned(), found.to_owned());
            }
            let kind = answer.header("content-type").unwrap_or("none").to_owned();
            let body = if answer.text.is_empty() { "nothing".to_owned() } else { pretty(&json) };
            let retry = if answer.retry_after().is_some() { "\nretry-after: [seconds]" } else { "" };
            insta::assert_snapshot!(name, format!("{} {kind}{retry}\n{body}", answer.status));
            self.seen.insert(name.split('@').next().unwrap_or_default().to_owned());
        }
    }
}

fn pretty(json: &Value) -> String {
    serde_json::to_string_pretty(json).expect("JSON")
}

fn step(name: &'static str, request: &'static str, body: Value) -> Step {
    Step(name, request, body, &[])
}

/// Remembers values of the answer by names.
fn keep(step: Step, captures: &'static [(&'static str, &'static str)]) -> Step {
    Step(step.0, step.1, step.2, captures)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_every_dialect_has_its_shape() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, redacted) in REDACTED {
        settings.add_filter(pattern, redacted);
    }
    let _bound = settings.bind_to_scope();
    let app = App::start().await;
    let mut seen = BTreeSet::new();
    seen.extend(infobip(&app).await);
    seen.extend(generic(&app).await);
    seen.extend(small_dialects(&app).await);
    seen.extend(twilio(&app).await);
    seen.extend(vonage(&app).await);
    let document = app.client.anonymous().get("/openapi.json").await.expect(200).json();
    let paths = document["paths"].as_object().expect("paths");
    let of_dialects = paths.iter().filter(|(path, _)| DIALECTS.iter().any(|start| path.starts_with(start)));
    let documented: BTreeSet<String> = of_dialects
        .flat_map(|(_, methods)| methods.as_object().into_iter().flatten())
        .filter_map(|(_, operation)| operation["operationId"].as_str().map(str::to_owned))
        .collect();
    let without: Vec<_> = documented.difference(&seen).collect();
    assert!(documented.len() > 80 && without.is_empty(), "operations without a snapshot: {without:?}");
}

async fn infobip(app: &App) -> BTreeSet<String> {
    let mut story = Story::new(app, app.client.clone(), &[]);
    let limits = json!({ "pinAttempts": 5, "allowMultiplePinVerifications": false, "pinTimeToLive": "5m", "verifyPinLimit": "1000/1s",
        "sendPinPerApplicationLimit": "100000/1d", "sendPinPerPhoneNumberLimit": "3/1h" });
    let text = json!({ "messageText": "Your pin is {{pin}}", "pinType": "NUMERIC", "pinLength": 6 });
    let start = json!({ "applicationId": "{app}", "messageId": "{message}", "to": "41793026701" });
    let mail = json!({ "applicationId": "{app}", "messageId": "{email}", "to": "john.smith@example.com" });
    let key = json!({ "name": "shapes" });
    let demo = json!({ "username": "anyone", "password": app.demo["API_KEY"] });
    let tokens = format!("/auth/1/oauth2/token?client_id=a&client_secret={}&grant_type=client_credentials", app.demo["API_KEY"]);
    story.known.insert("tokens".into(), tokens);
    story
        .tell(vec![
            keep(
                step("applications.create", "POST /2fa/2/applications", json!({ "name": "Shapes", "configuration": limits })),
                &[("app", "/applicationId")],
            ),
            step("applications.create@bad", "POST /2fa/2/applications", json!({ "name": "" })),
            step("applications.get", "GET /2fa/2/applications/{app}", Value::Null),
            step("applications.get@unknown", "GET /2fa/2/applications/00000000000000000000000000000000", Value::Null),
            step("applications.update", "PUT /2fa/2/applications/{app}", json!({ "name": "Renamed" })),
            step("applications.list", "GET /2fa/2/applications", Value::Null),
            keep(step("messages.create", "POST /2fa/2/applications/{app}/messages", text.clone()), &[("message", "/messageId")]),
            step("messages.get", "GET /2fa/2/applications/{app}/messages/{message}", Value::Null),
            step("messages.update", "PUT /2fa/2/applications/{app}/messages/{message}", text),
            step("messages.list", "GET /2fa/2/applications/{app}/messages", Value::Null),
            keep(
                step(
                    "email_messages.create",
                    "POST /2fa/2/applications/{app}/email/messages",
                    json!({ "emailTemplateId": 1234 }),
                ),
                &[("email", "/messageId")],
            ),
            step(
                "email_messages.update",
                "PUT /2fa/2/applications/{app}/email/messages/{email}",
                json!({ "emailTemplateId": 9 }),
            ),
            keep(step("pins.send", "POST /2fa/2/pin", start.clone()), &[("pin", "/pinId")]),
            step("pins.verify@wrong", "POST /2fa/2/pin/{pin}/verify", json!({ "pin": "{wrong:41793026701}" })),
            step("pins.resend", "POST /2fa/2/pin/{pin}/resend", json!({})),
            step("pins.resend_voice", "POST /2fa/2/pin/{pin}/resend/voice", json!({})),
            step("pins.send@limited", "POST /2fa/2/pin", start.clone()),
            step("pins.send@bad", "POST /2fa/2/pin", json!({ "applicationId": "{app}", "messageId": "{message}", "to": "12" })),
            step("pins.verify@unknown", "POST /2fa/2/pin/00000000000000000000000000000000/verify", json!({ "pin": "123456" })),
            keep(
                step(
                    "pins.send_voice",
                    "POST /2fa/2/pin/voice",
                    json!({ "applicationId": "{app}", "messageId": "{message}",
                "to": "41793026702" }),
                ),
                &[("call", "/pinId")],
            ),
            keep(step("pins.send_email", "POST /2fa/2/pin/email", mail), &[("mail", "/pinId")]),
            step("pins.resend_email", "POST /2fa/2/pin/{mail}/resend/email", json!({})),
            step("pins.verify", "POST /2fa/2/pin/{mail}/verify", json!({ "pin": "{code:john.smith@example.com}" })),
            step("pins.report", "GET /2fa/2/applications/{app}/verifications?msisdn=john.smith@example.com", Value::Null),
            keep(step("api_keys.create", "POST /settings/2/api-keys", key.clone()), &[("key", "/id"), ("account", "/accountId")]),
            step("api_keys.get", "GET /settings/2/api-keys/{key}", Value::Null),
            step("api_keys.update", "PUT /settings/2/api-keys/{key}", json!({ "name": "renamed", "enabled": false })),
            step("api_keys.list", "GET /settings/2/api-keys?name=renamed", Value::Null),
            step("api_keys.create_v1", "POST /settings/1/accounts/{account}/api-keys", key),
        ])
        .await;
    let session = keep(step("sessions.open", "POST /auth/1/session", demo), &[("session", "/token")]);
    story.tell(vec![session, step("tokens.issue", "POST {tokens}", Value::Null)]).await;
    story.client = app.client.with(&format!("IBSSO {}", story.known["session"]));
    story.tell(vec![step("sessions.close", "DELETE /auth/1/session", Value::Null)]).await;
    story.client = app.client.anonymous();
    story.tell(vec![step("applications.list@nobody", "GET /2fa/2/applications", Value::Null)]).await;
    story.seen
}

async fn generic(app: &App) -> BTreeSet<String> {
    let limits = json!({ "sendPinPerPhoneNumberLimit": "3/1h" });
    let mut story = Story::new(app, app.bearer_of(limits).await, &[]);
    story
        .tell(vec![
            keep(step("otp.send", "POST /v1/otp", json!({ "to": "41793026711" })), &[("pin", "/requestId")]),
            step("otp.status", "GET /v1/otp/{pin}", Value::Null),
            step("otp.verify@wrong", "POST /v1/otp/verify", json!({ "to": "41793026711", "code": "{wrong:41793026711}" })),
            step("otp.resend", "POST /v1/otp/{pin}/resend", json!({})),
            step("otp.next", "POST /v1/otp/{pin}/next", Value::Null),
            step("otp.verify", "POST /v1/otp/verify", json!({ "to": "41793026711", "code": "{code:41793026711}" })),
            step("otp.send@bad", "POST /v1/otp", json!({ "to": "12" })),
            keep(step("otp.send@other", "POST /v1/otp", json!({ "to": "41793026712" })), &[("pin", "/requestId")]),
            step("otp.cancel", "DELETE /v1/otp/{pin}", Value::Null),
            step("otp.status@unknown", "GET /v1/otp/00000000000000000000000000000000", Value::Null),
        ])
        .await;
    story.seen
}

async fn small_dialects(app: &App) -> BTreeSet<String> {
    let (application, _) = app.new_application(json!({ "sendPinPerPhoneNumberLimit": "1/1h" })).await;
    app.client.put(&format!("/2fa/2/applications/{application}"), json!({ "slug": "shapes" })).await.expect(200);
    let key = json!({ "name": "small", "defaultApplicationId": application });
    let key = app.client.post("/settings/2/api-keys", key).await.expect(200).json();
    let client = app.client.with(&format!("Bearer {}", key["apiKeySecret"].as_str().expect("a key")));
    let mut story = Story::new(app, client, &[]);
    let (v1, v2) = (json!({ "destination": "6598765431" }), json!({ "destination": "6598765432" }));
    let look = json!({ "destination": "6598765432", "clientIp": "192.0.2.1" });
    let filipino = |otp: &str| json!({ "phone_number": "639171234567", "otp": otp });
    let camara = json!({ "phoneNumber": "+41793026721", "message": "{{code}} is your code" });
    let validate = |code: &str| json!({ "authenticationId": "{camara}", "code": code });
    story
        .tell(vec![
            keep(step("eight_x_eight.v1.send", "POST /verify/v1/shapes", v1.clone()), &[("v1", "/resourceUri")]),
            step("eight_x_eight.v1.send@early", "POST /verify/v1/shapes", v1),
            step("eight_x_eight.v1.send@bad", "POST /verify/v1/shapes", json!({ "destination": "12" })),
            step("eight_x_eight.v1.check@wrong", "GET {v1}?code={wrong:6598765431}", Value::Null),
            step("eight_x_eight.v1.check", "GET {v1}?code={code:6598765431}", Value::Null),
            step("eight_x_eight.v1.check@used", "GET {v1}?code={code:6598765431}", Value::Null),
            keep(step("eight_x_eight.v2.send", "POST /api/v2/subaccounts/shapes/sessions", v2.clone()), &[("v2", "/verifyUri")]),
            step("eight_x_eight.v2.send@early", "POST /api/v2/subaccounts/shapes/sessions", v2),
            step("eight_x_eight.v2.check@waiting", "GET {v2}", Value::Null),
            step("eight_x_eight.v2.check", "GET {v2}?code={code:6598765432}", Value::Null),
            step(
                "eight_x_eight.v2.check@unknown",
                "GET /api/v2/subaccounts/shapes/sessions/00000000000000000000000000000000",
                Value::Null,
            ),
            step("eight_x_eight.v2.coverage", "POST /api/v2/subaccounts/shapes/sma/coverage", look),
            step("iprog.send", "POST /api/v1/otp/send_otp", filipino("")),
            step("iprog.send@limited", "POST /api/v1/otp/send_otp", filipino("")),
            step("iprog.verify@wrong", "POST /api/v1/otp/verify_otp", filipino("{wrong:639171234567}")),
            step("iprog.verify", "POST /api/v1/otp/verify_otp", filipino("{code:639171234567}")),
            step("iprog.list", "GET /api/v1/otp", Value::Null),
            keep(
                step("camara.send_code", "POST /one-time-password-sms/v1/send-code", camara.clone()),
                &[("camara", "/authenticationId")],
            ),
            step("camara.send_code@limited", "POST /one-time-password-sms/v1/send-code", camara),
            step("camara.validate_code@wrong", "POST /one-time-password-sms/v1/validate-code", validate("{wrong:41793026721}")),
            step("camara.validate_code", "POST /one-time-password-sms/v1/validate-code", validate("{code:41793026721}")),
            step("camara.validate_code@used", "POST /one-time-password-sms/v1/validate-code", validate("{code:41793026721}")),
        ])
        .await;
    story.client = app.client.anonymous();
    story
        .tell(vec![
            step(
                "eight_x_eight.v2.send@nobody",
                "POST /api/v2/subaccounts/shapes/sessions",
                json!({ "destination": "6598765432" }),
            ),
            step("iprog.send@nobody", "POST /api/v1/otp/send_otp", filipino("")),
            step("camara.validate_code@nobody", "POST /one-time-password-sms/v1/validate-code", validate("123456")),
        ])
        .await;
    story.seen
}

async fn vonage(app: &App) -> BTreeSet<String> {
    let mut story = Story::new(app, app.bearer_of(json!({ "sendPinPerPhoneNumberLimit": "100/1h" })).await, &[]);
    let flow =
        |to: &str| json!({ "brand": "ACME", "workflow": [{ "channel": "sms", "to": to }, { "channel": "voice", "to": to }] });
    let fragment = |text: &str| json!({ "channel": "sms", "locale": "en-us", "text": text });
    story
        .tell(vec![
            keep(step("vonage.start", "POST /v2/verify", flow("41793026731")), &[("request", "/request_id")]),
            step("vonage.start@concurrent", "POST /v2/verify", flow("41793026731")),
            step("vonage.start@bad", "POST /v2/verify", flow("12")),
            step("vonage.check@wrong", "POST /v2/verify/{request}", json!({ "code": "{wrong:41793026731}" })),
            step("vonage.check", "POST /v2/verify/{request}", json!({ "code": "{code:41793026731}" })),
            step("vonage.check@used", "POST /v2/verify/{request}", json!({ "code": "{code:41793026731}" })),
            keep(step("vonage.start@other", "POST /v2/verify", flow("41793026732")), &[("request", "/request_id")]),
            step("vonage.next_workflow", "POST /v2/verify/{request}/next_workflow", json!({})),
            step("vonage.cancel", "DELETE /v2/verify/{request}", Value::Null),
            step("vonage.cancel@unknown", "DELETE /v2/verify/{request}", Value::Null),
            keep(
                step("vonage_templates.create", "POST /v2/verify/templates", json!({ "name": "shapes" })),
                &[("set", "/template_id")],
            ),
            step("vonage_templates.get", "GET /v2/verify/templates/{set}", Value::Null),
            step("vonage_templates.update", "PATCH /v2/verify/templates/{set}", json!({ "name": "renamed" })),
            step("vonage_templates.list", "GET /v2/verify/templates", Value::Null),
            keep(
                step("vonage_fragments.create", "POST /v2/verify/templates/{set}/template_fragments", fragment("${code}")),
                &[("fragment", "/template_fragment_id")],
            ),
            step("vonage_fragments.create@bad", "POST /v2/verify/templates/{set}/template_fragments", fragment("no code")),
            step("vonage_fragments.get", "GET /v2/verify/templates/{set}/template_fragments/{fragment}", Value::Null),
            step(
                "vonage_fragments.update",
                "PATCH /v2/verify/templates/{set}/template_fragments/{fragment}",
                json!({ "text": "${code}!" }),
            ),
            step("vonage_fragments.list", "GET /v2/verify/templates/{set}/template_fragments", Value::Null),
            step("vonage_fragments.delete", "DELETE /v2/verify/templates/{set}/template_fragments/{fragment}", Value::Null),
            step("vonage_templates.delete", "DELETE /v2/verify/templates/{set}", Value::Null),
        ])
        .await;
    story.client = app.client.anonymous();
    story.tell(vec![step("vonage.start@nobody", "POST /v2/verify", flow("41793026731"))]).await;
    story.seen
}

async fn twilio(app: &App) -> BTreeSet<String> {
    // A tenant of its own has one template; the demo tenant's come in any order.
    let (client, ..) = app.stranger("shapes").await;
    let mut story = Story::new(app, client, &[("person", "ff483d1ff591898a9942916050d2ca3f")]);
    story.is_form = true;
    story.tell(vec![step("twilio_templates.list", "GET /v2/Templates", Value::Null)]).await;
    story.client = app.bearer();
    let sms = |to: &str| json!({ "To": to, "Channel": "sms" });
    let country = |code: &str| json!({ "Country": code, "MessagingServiceSid": format!("MG{}", "0".repeat(32)) });
    let hook = json!({ "FriendlyName": "h", "EventTypes": "*", "WebhookUrl": "https://example.com/hook" });
    let check = |code: &str| json!({ "To": "+41793026741", "Code": code });
    let ask = |code: &str| json!({ "FactorSid": "{factor}", "AuthPayload": code });
    story
        .tell(vec![
            keep(step("twilio_services.create", "POST /v2/Services", json!({ "FriendlyName": "Shapes" })), &[("va", "/sid")]),
            step("twilio_services.create@bad", "POST /v2/Services", json!({})),
            step("twilio_services.fetch", "GET /v2/Services/{va}", Value::Null),
            step("twilio_services.update", "POST /v2/Services/{va}", json!({ "FriendlyName": "Renamed" })),
            step("twilio_services.list", "GET /v2/Services?PageSize=1", Value::Null),
            keep(
                step("twilio_rate_limits.create", "POST /v2/Services/{va}/RateLimits", json!({ "UniqueName": "ip" })),
                &[("rk", "/sid")],
            ),
            step("twilio_rate_limits.fetch", "GET /v2/Services/{va}/RateLimits/{rk}", Value::Null),
            step("twilio_rate_limits.update", "POST /v2/Services/{va}/RateLimits/{rk}", json!({ "Description": "per address" })),
            step("twilio_rate_limits.list", "GET /v2/Services/{va}/RateLimits", Value::Null),
            keep(
                step(
                    "twilio_buckets.create",
                    "POST /v2/Services/{va}/RateLimits/{rk}/Buckets",
                    json!({ "Max": "4", "Interval": "60" }),
                ),
                &[("bl", "/sid")],
            ),
            step("twilio_buckets.fetch", "GET /v2/Services/{va}/RateLimits/{rk}/Buckets/{bl}", Value::Null),
            step("twilio_buckets.update", "POST /v2/Services/{va}/RateLimits/{rk}/Buckets/{bl}", json!({ "Max": "5" })),
            step("twilio_buckets.list", "GET /v2/Services/{va}/RateLimits/{rk}/Buckets", Value::Null),
            step("twilio_buckets.delete", "DELETE /v2/Services/{va}/RateLimits/{rk}/Buckets/{bl}", Value::Null),
            step("twilio_rate_limits.delete", "DELETE /v2/Services/{va}/RateLimits/{rk}", Value::Null),
            step("twilio_messaging_configurations.create", "POST /v2/Services/{va}/MessagingConfigurations", country("CA")),
            step("twilio_messaging_configurations.fetch", "GET /v2/Services/{va}/MessagingConfigurations/CA", Value::Null),
            step("twilio_messaging_configurations.update", "POST /v2/Services/{va}/MessagingConfigurations/CA", country("CA")),
            step("twilio_messaging_configurations.list", "GET /v2/Services/{va}/MessagingConfigurations", Value::Null),
            step("twilio_messaging_configurations.delete", "DELETE /v2/Services/{va}/MessagingConfigurations/CA", Value::Null),
            step("twilio_safe_numbers.add", "POST /v2/SafeList/Numbers", json!({ "PhoneNumber": "+15017122661" })),
            step("twilio_safe_numbers.fetch", "GET /v2/SafeList/Numbers/+15017122661", Value::Null),
            step("twilio_safe_numbers.remove", "DELETE /v2/SafeList/Numbers/+15017122661", Value::Null),
            keep(step("twilio_webhooks.create", "POST /v2/Services/{va}/Webhooks", hook.clone()), &[("yw", "/sid")]),
            step("twilio_webhooks.fetch", "GET /v2/Services/{va}/Webhooks/{yw}", Value::Null),
            step("twilio_webhooks.update", "POST /v2/Services/{va}/Webhooks/{yw}", hook),
            step("twilio_webhooks.list", "GET /v2/Services/{va}/Webhooks", Value::Null),
            step("twilio_webhooks.delete", "DELETE /v2/Services/{va}/Webhooks/{yw}", Value::Null),
            keep(
                step("twilio_verifications.create", "POST /v2/Services/{va}/Verifications", sms("+41793026741")),
                &[("ve", "/sid"), ("vl", "/send_code_attempts/0/attempt_sid")],
            ),
            step("twilio_verifications.create@bad", "POST /v2/Services/{va}/Verifications", sms("12")),
            step("twilio_verifications.fetch", "GET /v2/Services/{va}/Verifications/{ve}", Value::Null),
            step("twilio_verifications.check@wrong", "POST /v2/Services/{va}/VerificationCheck", check("{wrong:41793026741}")),
            step("twilio_verifications.check", "POST /v2/Services/{va}/VerificationCheck", check("{code:41793026741}")),
            step("twilio_verifications.check@used", "POST /v2/Services/{va}/VerificationCheck", check("{code:41793026741}")),
            keep(
                step("twilio_verifications.create@other", "POST /v2/Services/{va}/Verifications", sms("+41793026742")),
                &[("ve", "/sid")],
            ),
            step("twilio_verifications.update", "POST /v2/Services/{va}/Verifications/{ve}", json!({ "Status": "canceled" })),
            step("twilio_attempts.fetch", "GET /v2/Attempts/{vl}", Value::Null),
            step("twilio_attempts.list", "GET /v2/Attempts?PageSize=1&ChannelData.To=%2B41793026741", Value::Null),
            step("twilio_attempts.summary", "GET /v2/Attempts/Summary?VerifyServiceSid={va}", Value::Null),
            step("twilio_entities.create", "POST /v2/Services/{va}/Entities", json!({ "Identity": "{person}" })),
            step("twilio_entities.fetch", "GET /v2/Services/{va}/Entities/{person}", Value::Null),
            step("twilio_entities.list", "GET /v2/Services/{va}/Entities", Value::Null),
            keep(
                step(
                    "twilio_factors.create",
                    "POST /v2/Services/{va}/Entities/{person}/Factors",
                    json!({ "FriendlyName": "f", "FactorType": "totp" }),
                ),
                &[("factor", "/sid"), ("secret", "/binding/secret")],
            ),
            step("twilio_factors.fetch", "GET /v2/Services/{va}/Entities/{person}/Factors/{factor}", Value::Null),
            step(
                "twilio_factors.update",
                "POST /v2/Services/{va}/Entities/{person}/Factors/{factor}",
                json!({ "AuthPayload": "{totp:0}" }),
            ),
            step("twilio_factors.list", "GET /v2/Services/{va}/Entities/{person}/Factors", Value::Null),
            keep(
                step("twilio_challenges.create", "POST /v2/Services/{va}/Entities/{person}/Challenges", ask("{totp:1}")),
                &[("yc", "/sid")],
            ),
            step("twilio_challenges.fetch", "GET /v2/Services/{va}/Entities/{person}/Challenges/{yc}", Value::Null),
            step(
                "twilio_challenges.update",
                "POST /v2/Services/{va}/Entities/{person}/Challenges/{yc}",
                json!({ "AuthPayload": "000000" }),
            ),
            step("twilio_challenges.list", "GET /v2/Services/{va}/Entities/{person}/Challenges", Value::Null),
            step("twilio_factors.delete", "DELETE /v2/Services/{va}/Entities/{person}/Factors/{factor}", Value::Null),
            step("twilio_entities.delete", "DELETE /v2/Services/{va}/Entities/{person}", Value::Null),
            step("twilio_services.delete", "DELETE /v2/Services/{va}", Value::Null),
            step("twilio_services.fetch@unknown", "GET /v2/Services/{va}", Value::Null),
        ])
        .await;
    story.client = app.client.anonymous();
    story.tell(vec![step("twilio_services.list@nobody", "GET /v2/Services", Value::Null)]).await;
    story.seen
}
