//! The doors of Twilio's operations, for the tests of closed doors.

use serde_json::{Value, json};

use crate::doors::Door;

/// Every operation of the dialect on a tenant's application, template and PIN.
pub fn doors(application: &str, message: &str, pin: &str) -> Vec<Door> {
    let sid = |kind: &str, id: &str| format!("{kind}{}", id.to_lowercase());
    let service = format!("/v2/Services/{}", sid("VA", application));
    let below = |rest: &str| format!("{service}/{rest}");
    let (limit, bucket, hook) = (sid("RK", message), sid("BL", message), sid("YW", message));
    let person = below("Entities/ff483d1ff591898a9942916050d2ca3f");
    let app = format!("{person}/Factors/{}", sid("YF", message));
    let challenge = format!("{person}/Challenges/{}", sid("YC", message));
    let country = json!({ "Country": "CA", "MessagingServiceSid": format!("MG{}", "0".repeat(32)) });
    let endpoint = json!({ "FriendlyName": "h", "EventTypes": "*", "WebhookUrl": "https://example.com/hook" });
    let enroll = json!({ "FriendlyName": "f", "FactorType": "totp" });
    let verification = below(&format!("Verifications/{}", sid("VE", pin)));
    let (read, write) = ("config:read", "config:write");
    let door = |operation, method, path: &str, body: Value, scope, names| Door {
        operation,
        method,
        path: path.to_owned(),
        body: (!body.is_null()).then_some(body),
        scope: Some(scope),
        names,
    };
    let none = || Value::Null;
    vec![
        door("twilio_services.create", "POST", "/v2/Services", json!({ "FriendlyName": "x" }), write, false),
        door("twilio_services.list", "GET", "/v2/Services", none(), read, false),
        door("twilio_services.fetch", "GET", &service, none(), read, true),
        door("twilio_services.update", "POST", &service, json!({ "FriendlyName": "x" }), write, true),
        door("twilio_services.delete", "DELETE", &service, none(), write, true),
        door("twilio_rate_limits.create", "POST", &below("RateLimits"), json!({ "UniqueName": "ip" }), write, true),
        door("twilio_rate_limits.list", "GET", &below("RateLimits"), none(), read, true),
        door("twilio_rate_limits.fetch", "GET", &below(&format!("RateLimits/{limit}")), none(), read, true),
        door("twilio_rate_limits.update", "POST", &below(&format!("RateLimits/{limit}")), json!({}), write, true),
        door("twilio_rate_limits.delete", "DELETE", &below(&format!("RateLimits/{limit}")), none(), write, true),
        door(
            "twilio_buckets.create",
            "POST",
            &below(&format!("RateLimits/{limit}/Buckets")),
            json!({ "Max": "4", "Interval": "60" }),
            write,
            true,
        ),
        door("twilio_buckets.list", "GET", &below(&format!("RateLimits/{limit}/Buckets")), none(), read, true),
        door("twilio_buckets.fetch", "GET", &below(&format!("RateLimits/{limit}/Buckets/{bucket}")), none(), read, true),
        door("twilio_buckets.update", "POST", &below(&format!("RateLimits/{limit}/Buckets/{bucket}")), json!({}), write, true),
        door("twilio_buckets.delete", "DELETE", &below(&format!("RateLimits/{limit}/Buckets/{bucket}")), none(), write, true),
        door("twilio_messaging_configurations.create", "POST", &below("MessagingConfigurations"), country.clone(), write, true),
        door("twilio_messaging_configurations.list", "GET", &below("MessagingConfigurations"), none(), read, true),
        door("twilio_messaging_configurations.fetch", "GET", &below("MessagingConfigurations/CA"), none(), read, true),
        door("twilio_messaging_configurations.update", "POST", &below("MessagingConfigurations/CA"), country, write, true),
        door("twilio_messaging_configurations.delete", "DELETE", &below("MessagingConfigurations/CA"), none(), write, true),
        door("twilio_safe_numbers.add", "POST", "/v2/SafeList/Numbers", json!({ "PhoneNumber": "+15017122661" }), write, false),
        door("twilio_safe_numbers.fetch", "GET", "/v2/SafeList/Numbers/+15017122661", none(), read, false),
        door("twilio_safe_numbers.remove", "DELETE", "/v2/SafeList/Numbers/+15017122661", none(), write, false),
        door("twilio_templates.list", "GET", "/v2/Templates", none(), read, false),
        door("twilio_webhooks.create", "POST", &below("Webhooks"), endpoint.clone(), write, true),
        door("twilio_webhooks.list", "GET", &below("Webhooks"), none(), read, true),
        door("twilio_webhooks.fetch", "GET", &below(&format!("Webhooks/{hook}")), none(), read, true),
        door("twilio_webhooks.update", "POST", &below(&format!("Webhooks/{hook}")), endpoint, write, true),
        door("twilio_webhooks.delete", "DELETE", &below(&format!("Webhooks/{hook}")), none(), write, true),
        door(
            "twilio_verifications.create",
            "POST",
            &below("Verifications"),
            json!({ "To": "+41793026727", "Channel": "sms" }),
            "pin:send",
            true,
        ),
        door("twilio_verifications.fetch", "GET", &verification, none(), "pin:send", true),
        door("twilio_verifications.update", "POST", &verification, json!({ "Status": "canceled" }), "pin:verify", true),
        door(
            "twilio_verifications.check",
            "POST",
            &below("VerificationCheck"),
            json!({ "Code": "000000", "VerificationSid": sid("VE", pin) }),
            "pin:verify",
            true,
        ),
        door("twilio_attempts.list", "GET", "/v2/Attempts", none(), "reports:read", false),
        door("twilio_attempts.summary", "GET", "/v2/Attempts/Summary", none(), "reports:read", false),
        door("twilio_attempts.fetch", "GET", &format!("/v2/Attempts/{}", sid("VL", pin)), none(), "reports:read", true),
        door(
            "twilio_entities.create",
            "POST",
            &below("Entities"),
            json!({ "Identity": "ff483d1ff591898a9942916050d2ca3f" }),
            "pin:send",
            true,
        ),
        door("twilio_entities.list", "GET", &below("Entities"), none(), "pin:send", true),
        door("twilio_entities.fetch", "GET", &person, none(), "pin:send", true),
        door("twilio_entities.delete", "DELETE", &person, none(), "pin:send", true),
        door("twilio_factors.create", "POST", &format!("{person}/Factors"), enroll, "pin:send", true),
        door("twilio_factors.list", "GET", &format!("{person}/Factors"), none(), "pin:send", true),
        door("twilio_factors.fetch", "GET", &app, none(), "pin:send", true),
        door("twilio_factors.update", "POST", &app, json!({ "AuthPayload": "123456" }), "pin:verify", true),
        door("twilio_factors.delete", "DELETE", &app, none(), "pin:send", true),
        door(
            "twilio_challenges.create",
            "POST",
            &format!("{person}/Challenges"),
            json!({ "FactorSid": sid("YF", message), "AuthPayload": "123456" }),
            "pin:verify",
            true,
        ),
        door("twilio_challenges.list", "GET", &format!("{person}/Challenges"), none(), "pin:send", true),
        door("twilio_challenges.fetch", "GET", &challenge, none(), "pin:send", true),
        door("twilio_challenges.update", "POST", &challenge, json!({ "AuthPayload": "123456" }), "pin:verify", true),
    ]
}
