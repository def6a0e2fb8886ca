//! Every operation as the tests of closed doors ask for it.

use serde_json::{Value, json};

use crate::closed_doors::bearer;
use crate::support::App;
use crate::support::person::Person;

/// How an operation is asked for and what it needs.
pub struct Door {
    pub operation: &'static str,
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
    /// The scope; none for what needs no API key of its own.
    pub scope: Option<&'static str>,
    /// Whether its path names something that belongs to a tenant.
    pub names: bool,
}

pub const NOBODY: &str = "00000000000000000000000000000000";

/// What a tenant has, by the names in paths.
#[derive(Clone)]
pub struct Things {
    pub application: String,
    pub message: String,
    pub email: String,
    pub pin: String,
    pub key: String,
    pub connection: String,
    pub account: String,
    pub endpoint: String,
    pub webhook: String,
    pub template: String,
    pub fragment: String,
    pub slug: String,
    pub entry: String,
    pub person: String,
    pub invitation: String,
}

impl Things {
    pub fn nobodys() -> Self {
        let id = NOBODY.to_owned();
        Self {
            application: id.clone(),
            message: id.clone(),
            email: id.clone(),
            pin: id.clone(),
            key: id.clone(),
            connection: id.clone(),
            account: id.clone(),
            endpoint: id.clone(),
            webhook: id.clone(),
            template: hyphenated(&id),
            fragment: hyphenated(&id),
            slug: "nobodys".to_owned(),
            entry: id.clone(),
            person: id.clone(),
            invitation: id,
        }
    }

    pub async fn of(app: &App) -> Self {
        let (application, message, email) =
            (app.application().to_owned(), app.message().to_owned(), app.demo["EMAIL_MESSAGE_ID"].clone());
        let pin = app.send(&application, &message, "41793026727").await;
        let key = app.client.post("/settings/2/api-keys", json!({ "name": "x" })).await.expect(200).json();
        let connections = app.client.get("/v1/connections").await.expect(200).json();
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let connection = text(&connections["connections"][0]["id"]);
        let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["pin.sent"] });
        let endpoint = text(&app.client.post("/v1/webhook-endpoints", hook).await.expect(201).json()["id"]);
        let test = app.client.post(&format!("/v1/webhook-endpoints/{endpoint}/test"), json!({})).await;
        let webhook = text(&test.expect(202).json()["messageId"]);
        let (account, key) = (text(&key["accountId"]), text(&key["id"]));
        let vonage = bearer(&app.client);
        let template = vonage.post("/v2/verify/templates", json!({ "name": "x" })).await.expect(201).json();
        let template = text(&template["template_id"]);
        let fragment = json!({ "channel": "sms", "locale": "en-us", "text": "${code}" });
        let fragment = vonage.post(&format!("/v2/verify/templates/{template}/template_fragments"), fragment).await;
        let fragment = text(&fragment.expect(201).json()["template_fragment_id"]);
        let slug = app.demo["SUBACCOUNT_ID"].clone();
        let entry = json!({ "list": "allow", "kind": "prefix", "value": "41793" });
        let entry = text(&app.client.post("/v1/fraud/lists", entry).await.expect(201).json()["id"]);
        let mut owner = Person::new(app, &app.demo["CONSOLE_EMAIL"]);
        owner.log_in(&app.demo["CONSOLE_PASSWORD"]).await.expect(200);
        let person = text(&owner.get("/v1/session").await.expect(200).json()["person"]["id"]);
        let invite = json!({ "email": "asked@example.com", "role": "viewer" });
        let invitation = text(&owner.post("/v1/invitations", invite).await.expect(201).json()["id"]);
        Self {
            application,
            message,
            email,
            pin,
            connection,
            account,
            key,
            endpoint,
            webhook,
            template,
            fragment,
            slug,
            person,
            invitation,
            entry,
        }
    }

    /// Every operation on these things.
    pub fn doors(&self) -> Vec<Door> {
        let Self { application, message, email, pin, key, connection, account, endpoint, webhook, template, .. } = self;
        let Self { fragment, slug, entry, .. } = self;
        let sessions = format!("/api/v2/subaccounts/{slug}/sessions");
        let destination = json!({ "destination": "6598765432" });
        let look = json!({ "destination": "6598765432", "clientIp": "192.0.2.1" });
        let filipino = json!({ "phone_number": "639171234567", "otp": "000000" });
        let message_code = json!({ "phoneNumber": "+41793026727", "message": "{{code}}" });
        let code = json!({ "authenticationId": pin, "code": "000000" });
        let app = format!("/2fa/2/applications/{application}");
        let send = json!({ "applicationId": application, "messageId": message, "to": "41793026727" });
        let mail = json!({ "applicationId": application, "messageId": email, "to": "a@b.example" });
        let text = json!({ "messageText": "Code {{pin}}", "pinType": "NUMERIC" });
        let someone = json!({ "recipient": "41793026727" });
        let otp = json!({ "to": "41793026727", "applicationId": application });
        let guess = json!({ "to": "41793026727", "code": "000000", "requestId": pin, "applicationId": application });
        let hook = json!({ "url": "https://example.com/hook", "eventTypes": ["pin.sent"] });
        let plan = json!({ "steps": [{ "channel": "voice", "after": 30 }] });
        let widget = json!({ "applicationId": application });
        let since = json!({ "since": "2026-01-01T00:00:00Z" });
        let (hooks, one) = (|rest: &str| format!("/v1/webhook-endpoints{rest}"), format!("/{endpoint}"));
        let verification = json!({ "brand": "A", "workflow": [{ "channel": "sms", "to": "41793026727" }] });
        let words = json!({ "channel": "voice", "locale": "en-us", "text": "${code}" });
        let (request, one_fragment) = (hyphenated(pin), format!("/template_fragments/{fragment}"));
        let vonage = |rest: &str| format!("/v2/verify/templates/{template}{rest}");
        let phone = json!({ "name": "x", "provider": { "kind": "simulator" } });
        let door = |operation, method, path: String, body, scope, names| Door {
            operation,
            method,
            path,
            body,
            scope: Some(scope),
            names,
        };
        let open = |operation, method, path: &str, body| Door {
            operation,
            method,
            path: path.to_owned(),
            body,
            scope: None,
            names: false,
        };
        let mut doors = vec![
            door("applications.list", "GET", "/2fa/2/applications".into(), None, "config:read", false),
            door(
                "applications.create",
                "POST",
                "/2fa/2/applications".into(),
                Some(json!({ "name": "x" })),
                "config:write",
                false,
            ),
            door("applications.get", "GET", app.clone(), None, "config:read", true),
            door("applications.update", "PUT", app.clone(), Some(json!({ "name": "Mine now" })), "config:write", true),
            door("messages.list", "GET", format!("{app}/messages"), None, "config:read", true),
            door("messages.create", "POST", format!("{app}/messages"), Some(text.clone()), "config:write", true),
            door("messages.get", "GET", format!("{app}/messages/{message}"), None, "config:read", true),
            door("messages.update", "PUT", format!("{app}/messages/{message}"), Some(text), "config:write", true),
            door(
                "email_messages.create",
                "POST",
                format!("{app}/email/messages"),
                Some(json!({ "emailTemplateId": 1 })),
                "config:write",
                true,
            ),
            door(
                "email_messages.update",
                "PUT",
                format!("{app}/email/messages/{email}"),
                Some(json!({ "emailTemplateId": 2 })),
                "config:write",
                true,
            ),
            door("pins.report", "GET", format!("{app}/verifications?msisdn=41793026727"), None, "pin:send", true),
            door("pins.send", "POST", "/2fa/2/pin".into(), Some(send.clone()), "pin:send", true),
            door("pins.send_voice", "POST", "/2fa/2/pin/voice".into(), Some(send), "pin:send", true),
            door("pins.send_email", "POST", "/2fa/2/pin/email".into(), Some(mail), "pin:send", true),
            door("pins.resend", "POST", format!("/2fa/2/pin/{pin}/resend"), Some(json!({})), "pin:send", true),
            door("pins.resend_voice", "POST", format!("/2fa/2/pin/{pin}/resend/voice"), Some(json!({})), "pin:send", true),
            door("pins.resend_email", "POST", format!("/2fa/2/pin/{pin}/resend/email"), Some(json!({})), "pin:send", true),
            door("pins.verify", "POST", format!("/2fa/2/pin/{pin}/verify"), Some(json!({ "pin": "000000" })), "pin:verify", true),
            door("otp.send", "POST", "/v1/otp".into(), Some(otp), "pin:send", true),
            door("otp.verify", "POST", "/v1/otp/verify".into(), Some(guess), "pin:verify", true),
            door("otp.status", "GET", format!("/v1/otp/{pin}"), None, "pin:send", true),
            door("otp.resend", "POST", format!("/v1/otp/{pin}/resend"), Some(json!({})), "pin:send", true),
            door("otp.next", "POST", format!("/v1/otp/{pin}/next"), None, "pin:send", true),
            door("fallbacks.get", "GET", format!("/v1/messages/{message}/fallback"), None, "config:read", true),
            door("fallbacks.set", "PUT", format!("/v1/messages/{message}/fallback"), Some(plan), "config:write", true),
            door("fallbacks.delete", "DELETE", format!("/v1/messages/{message}/fallback"), None, "config:write", true),
            door("caps.get", "GET", "/v1/caps".into(), None, "config:read", false),
            door("caps.set", "PUT", "/v1/caps".into(), Some(json!({})), "config:write", false),
            door("caps.get_of_application", "GET", format!("/v1/applications/{application}/caps"), None, "config:read", true),
            door(
                "caps.set_of_application",
                "PUT",
                format!("/v1/applications/{application}/caps"),
                Some(json!({})),
                "config:write",
                true,
            ),
            door("durability.get", "GET", format!("/v1/applications/{application}/durability"), None, "config:read", true),
            door(
                "durability.set",
                "PUT",
                format!("/v1/applications/{application}/durability"),
                Some(json!({ "durability": "standard" })),
                "config:write",
                true,
            ),
            door("fraud.get_rules", "GET", "/v1/fraud/rules".into(), None, "config:read", false),
            door("fraud.set_rules", "PUT", "/v1/fraud/rules".into(), Some(json!({})), "config:write", false),
            door("fraud.list_entries", "GET", "/v1/fraud/lists".into(), None, "config:read", false),
            door(
                "fraud.add_entry",
                "POST",
                "/v1/fraud/lists".into(),
                Some(json!({ "list": "block", "kind": "prefix", "value": "999" })),
                "config:write",
                false,
            ),
            door("fraud.remove_entry", "DELETE", format!("/v1/fraud/lists/{entry}"), None, "config:write", true),
            door("fraud.list_decisions", "GET", "/v1/fraud/decisions".into(), None, "reports:read", false),
            door("fraud.replay", "POST", "/v1/fraud/replays".into(), Some(json!({})), "config:write", false),
            door("fraud.list_blocks", "GET", "/v1/fraud/blocks".into(), None, "config:read", false),
            door("fraud.unblock", "DELETE", format!("/v1/fraud/blocks/{entry}"), None, "config:write", true),
            door("alerts.acknowledge", "PUT", format!("/v1/alerts/{entry}/acknowledgement"), None, "alerts:manage", true),
            door("alerts.list", "GET", "/v1/alerts".into(), None, "reports:read", false),
            door("alerts.get_mutes", "GET", "/v1/alert-mutes".into(), None, "reports:read", false),
            door("alerts.set_mutes", "PUT", "/v1/alert-mutes".into(), Some(json!({ "mutes": [] })), "alerts:manage", false),
            door("number_lookup.get", "GET", "/v1/number-lookup".into(), None, "config:read", false),
            door(
                "number_lookup.set",
                "PUT",
                "/v1/number-lookup".into(),
                Some(json!({ "connectionId": connection })),
                "config:write",
                false,
            ),
            door("number_lookup.delete", "DELETE", "/v1/number-lookup".into(), None, "config:write", false),
            door("usage.get", "GET", "/v1/usage".into(), None, "config:read", false),
            door("eight_x_eight.v1.send", "POST", format!("/verify/v1/{slug}"), Some(destination.clone()), "pin:send", true),
            door("eight_x_eight.v1.check", "GET", format!("/verify/v1/{slug}/{pin}?code=000000"), None, "pin:verify", true),
            door("eight_x_eight.v2.send", "POST", sessions.clone(), Some(destination), "pin:send", true),
            door("eight_x_eight.v2.check", "GET", format!("{sessions}/{pin}"), None, "pin:verify", true),
            door(
                "eight_x_eight.v2.coverage",
                "POST",
                format!("/api/v2/subaccounts/{slug}/sma/coverage"),
                Some(look),
                "pin:send",
                true,
            ),
            door("iprog.send", "POST", "/api/v1/otp/send_otp".into(), Some(filipino.clone()), "pin:send", false),
            door("iprog.verify", "POST", "/api/v1/otp/verify_otp".into(), Some(filipino), "pin:verify", false),
            door("iprog.list", "GET", "/api/v1/otp".into(), None, "reports:read", false),
            door("camara.send_code", "POST", "/one-time-password-sms/v1/send-code".into(), Some(message_code), "pin:send", false),
            door(
                "camara.validate_code",
                "POST",
                "/one-time-password-sms/v1/validate-code".into(),
                Some(code),
                "pin:verify",
                true,
            ),
            door("otp.cancel", "DELETE", format!("/v1/otp/{pin}"), None, "pin:verify", true),
            door("api_keys.list", "GET", "/settings/2/api-keys".into(), None, "keys:manage", false),
            door("api_keys.create", "POST", "/settings/2/api-keys".into(), Some(json!({ "name": "x" })), "keys:manage", false),
            door("api_keys.get", "GET", format!("/settings/2/api-keys/{key}"), None, "keys:manage", true),
            door(
                "api_keys.update",
                "PUT",
                format!("/settings/2/api-keys/{key}"),
                Some(json!({ "name": "x", "enabled": false })),
                "keys:manage",
                true,
            ),
            door(
                "api_keys.create_v1",
                "POST",
                format!("/settings/1/accounts/{account}/api-keys"),
                Some(json!({ "name": "x" })),
                "keys:manage",
                true,
            ),
            door("keys.list", "GET", "/v1/api-keys".into(), None, "keys:manage", false),
            door(
                "keys.create",
                "POST",
                "/v1/api-keys".into(),
                Some(json!({ "name": "x", "scopes": ["pin:send"] })),
                "keys:manage",
                false,
            ),
            door("keys.get", "GET", format!("/v1/api-keys/{key}"), None, "keys:manage", true),
            door("keys.change", "PUT", format!("/v1/api-keys/{key}"), Some(json!({ "name": "x" })), "keys:manage", true),
            door("keys.revoke", "DELETE", format!("/v1/api-keys/{key}"), None, "keys:manage", true),
            door("keys.rotate", "POST", format!("/v1/api-keys/{key}/rotation"), Some(json!({})), "keys:manage", true),
            door("retention.get", "GET", "/v1/retention".into(), None, "config:read", false),
            door("retention.set", "PUT", "/v1/retention".into(), Some(json!({ "recipientDays": 30 })), "tenant:manage", false),
            door("recipients.reveal", "GET", format!("/v1/verifications/{pin}/recipient"), None, "recipients:reveal", true),
            door("recipients.export", "POST", "/v1/recipients/export".into(), Some(someone.clone()), "recipients:reveal", false),
            door("recipients.redact", "POST", "/v1/recipients/redaction".into(), Some(someone), "recipients:reveal", false),
            door("audit.list", "GET", "/v1/audit".into(), None, "audit:read", false),
            door("public_keys.get", "GET", format!("/v1/applications/{application}/public-key"), None, "keys:manage", true),
            door(
                "public_keys.set",
                "PUT",
                format!("/v1/applications/{application}/public-key"),
                Some(json!({ "publicKey": "x" })),
                "keys:manage",
                true,
            ),
            door("test_numbers.get", "GET", format!("/v1/applications/{application}/test-numbers"), None, "config:read", true),
            door(
                "test_numbers.set",
                "PUT",
                format!("/v1/applications/{application}/test-numbers"),
                Some(json!({ "testNumbers": [] })),
                "config:write",
                true,
            ),
            door("public_keys.delete", "DELETE", format!("/v1/applications/{application}/public-key"), None, "keys:manage", true),
            door("origins.list", "GET", "/v1/origins".into(), None, "config:read", false),
            door(
                "origins.set",
                "PUT",
                format!("/v1/origins/test:{application}"),
                Some(json!({ "applicationId": application })),
                "config:write",
                true,
            ),
            door("origins.delete", "DELETE", format!("/v1/origins/test:{application}"), None, "config:write", true),
            door("connections.list", "GET", "/v1/connections".into(), None, "config:read", false),
            door("connections.create", "POST", "/v1/connections".into(), Some(phone.clone()), "config:write", false),
            door("connections.get", "GET", format!("/v1/connections/{connection}"), None, "config:read", true),
            door("connections.update", "PUT", format!("/v1/connections/{connection}"), Some(phone), "config:write", true),
            door("connections.health", "GET", format!("/v1/connections/{connection}/health"), None, "config:read", true),
            door(
                "connections.test",
                "POST",
                format!("/v1/connections/{connection}/test"),
                Some(json!({ "to": "41793026727" })),
                "config:write",
                true,
            ),
            door("connections.delete", "DELETE", format!("/v1/connections/{connection}"), None, "config:write", true),
            door("webhook_endpoints.list", "GET", hooks(""), None, "config:read", false),
            door("webhook_endpoints.create", "POST", hooks(""), Some(hook.clone()), "config:write", false),
            door("webhook_endpoints.get", "GET", hooks(&one), None, "config:read", true),
            door("webhook_endpoints.update", "PUT", hooks(&one), Some(hook), "config:write", true),
            door("webhook_endpoints.delete", "DELETE", hooks(&one), None, "config:write", true),
            door(
                "webhook_endpoints.rotate_secret",
                "POST",
                hooks(&format!("{one}/secret")),
                Some(json!({})),
                "config:write",
                true,
            ),
            door("webhook_endpoints.test", "POST", hooks(&format!("{one}/test")), None, "config:write", true),
            door("webhook_endpoints.replay", "POST", hooks(&format!("{one}/replay")), Some(since), "config:write", true),
            door("webhook_messages.list", "GET", hooks(&format!("{one}/messages")), None, "config:read", true),
            door("webhook_messages.get", "GET", hooks(&format!("{one}/messages/{webhook}")), None, "config:read", true),
            door(
                "webhook_messages.replay",
                "POST",
                hooks(&format!("{one}/messages/{webhook}/replay")),
                None,
                "config:write",
                true,
            ),
            door(
                "connections.replace_receipt_url",
                "POST",
                format!("/v1/connections/{connection}/receipt-url"),
                None,
                "config:write",
                true,
            ),
            door("statistics.get", "GET", "/v1/statistics".into(), None, "reports:read", false),
            door("verifications.list", "GET", "/v1/verifications".into(), None, "reports:read", false),
            door("verifications.get", "GET", format!("/v1/verifications/{pin}"), None, "reports:read", true),
            door("verifications.attest", "POST", format!("/v1/verifications/{pin}/receipt"), None, "reports:read", true),
            door("routes.list", "GET", "/v1/routes".into(), None, "config:read", false),
            door("routes.set", "PUT", "/v1/routes/sms".into(), Some(json!({ "connectionId": connection })), "config:write", true),
            door("routes.delete", "DELETE", "/v1/routes/sms".into(), None, "config:write", false),
            door(
                "routes.set_prefix",
                "PUT",
                "/v1/routes/sms/41".into(),
                Some(json!({ "connectionId": connection })),
                "config:write",
                true,
            ),
            door("routes.delete_prefix", "DELETE", "/v1/routes/sms/41".into(), None, "config:write", false),
            door(
                "routes.explain",
                "POST",
                "/v1/route-explanations".into(),
                Some(json!({ "channel": "sms", "to": "41793026727" })),
                "config:read",
                false,
            ),
            door(
                "message_previews.create",
                "POST",
                "/v1/message-previews".into(),
                Some(json!({ "messageText": "{{pin}}" })),
                "config:read",
                false,
            ),
            door("vonage.start", "POST", "/v2/verify".into(), Some(verification), "pin:send", false),
            door("vonage.check", "POST", format!("/v2/verify/{request}"), Some(json!({ "code": "000000" })), "pin:verify", true),
            door("vonage.cancel", "DELETE", format!("/v2/verify/{request}"), None, "pin:verify", true),
            door("vonage.next_workflow", "POST", format!("/v2/verify/{request}/next_workflow"), None, "pin:send", true),
            door("vonage_templates.list", "GET", "/v2/verify/templates".into(), None, "config:read", false),
            door(
                "vonage_templates.create",
                "POST",
                "/v2/verify/templates".into(),
                Some(json!({ "name": "x" })),
                "config:write",
                false,
            ),
            door("vonage_templates.get", "GET", vonage(""), None, "config:read", true),
            door("vonage_templates.update", "PATCH", vonage(""), Some(json!({ "name": "mine" })), "config:write", true),
            door("vonage_templates.delete", "DELETE", vonage(""), None, "config:write", true),
            door("vonage_fragments.list", "GET", vonage("/template_fragments"), None, "config:read", true),
            door("vonage_fragments.create", "POST", vonage("/template_fragments"), Some(words.clone()), "config:write", true),
            door("vonage_fragments.get", "GET", vonage(&one_fragment), None, "config:read", true),
            door("vonage_fragments.update", "PATCH", vonage(&one_fragment), Some(words), "config:write", true),
            door("vonage_fragments.delete", "DELETE", vonage(&one_fragment), None, "config:write", true),
            open("sessions.open", "POST", "/auth/1/session", Some(json!({ "username": "x", "password": "y" }))),
            open("sessions.close", "DELETE", "/auth/1/session", None),
            open("tokens.issue", "POST", "/auth/1/oauth2/token?client_id=a&client_secret=b&grant_type=client_credentials", None),
            open("session_tokens.keys", "GET", "/.well-known/jwks.json", None),
            door("widget.mint", "POST", "/v1/widget/tokens".into(), Some(widget), "pin:send", true),
            open("widget.look", "POST", "/v1/widget/verification", None),
            open("widget.send", "POST", "/v1/widget/verification/send", None),
            open("widget.resend", "POST", "/v1/widget/verification/resend", None),
            open("widget.check", "POST", "/v1/widget/verification/check", None),
            open("widget.confirm", "POST", "/v1/confirmations", None),
            open("receipts.take", "POST", "/receipts/x", Some(json!({ "results": [] }))),
            open("receipts.take_by_get", "GET", "/receipts/x", None),
        ];
        doors.extend(crate::twilio_doors::doors(application, message, pin));
        doors.extend(crate::people_doors::doors(&self.person, &self.invitation, account));
        doors
    }
}

/// An id as dialects with hyphens have it.
pub fn hyphenated(id: &str) -> String {
    let id = id.to_lowercase();
    [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-")
}
