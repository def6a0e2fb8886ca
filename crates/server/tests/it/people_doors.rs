//! The operations about people and tenants, as the tests of closed doors ask for them.

use serde_json::{Value, json};

use crate::doors::Door;

/// What people come in by: no credential is asked for, and none helps.
const ENTRANCES: [&str; 10] = [
    "people.sign_up",
    "people.confirm_sign_up",
    "people.request_reset",
    "people.reset",
    "sessions.log_in",
    "sessions.passkey",
    "sessions.passkey_options",
    "invitations.accept",
    "single_sign_on.start",
    "single_sign_on.callback",
];

/// Whether an operation is a person's at the console: no API key opens it.
pub fn is_for_people(door: &Door) -> bool {
    door.scope.is_none() && !ENTRANCES.contains(&door.operation) && pinfold_http::visit::is_for_visitors(&door.path)
}

/// Every one of them.
pub fn doors(person: &str, invitation: &str, tenant: &str) -> Vec<Door> {
    let of_scope = |operation, method, path: String, body: Option<Value>, scope, names| Door {
        operation,
        method,
        path,
        body,
        scope: Some(scope),
        names,
    };
    let of_people = |operation, method, path: &str, body: Option<Value>| Door {
        operation,
        method,
        path: path.to_owned(),
        body,
        scope: None,
        names: false,
    };
    let (member, asked) = (format!("/v1/members/{person}"), format!("/v1/invitations/{invitation}"));
    let (role, token) = (Some(json!({ "role": "viewer" })), Some(json!({ "token": "pfl_x" })));
    let invite = Some(json!({ "email": "x@example.com", "role": "viewer" }));
    let suspension = format!("/v1/operator/tenants/{tenant}/suspension");
    let sign_up = json!({ "email": "x@example.com", "password": "four grey horses", "name": "x", "organization": "x" });
    let login = json!({ "email": "x@example.com", "password": "four grey horses" });
    let reset = json!({ "token": "pfl_x", "password": "four grey horses" });
    let named = Some(json!({ "name": "x" }));
    let provider = json!({ "issuer": "https://login.example.com", "clientId": "x", "clientSecret": "x" });
    let back = format!("/v1/session/single-sign-on/callback/{tenant}");
    vec![
        of_scope("single_sign_on.get", "GET", "/v1/single-sign-on".into(), None, "members:manage", false),
        of_scope("single_sign_on.set", "PUT", "/v1/single-sign-on".into(), Some(provider), "members:manage", false),
        of_scope("single_sign_on.delete", "DELETE", "/v1/single-sign-on".into(), None, "members:manage", false),
        of_people("single_sign_on.start", "GET", "/v1/session/single-sign-on", None),
        of_people("single_sign_on.callback", "GET", &back, None),
        of_scope("members.list", "GET", "/v1/members".into(), None, "config:read", false),
        of_scope("members.update", "PUT", member.clone(), role, "members:manage", true),
        of_scope("members.remove", "DELETE", member, None, "members:manage", true),
        of_scope("invitations.list", "GET", "/v1/invitations".into(), None, "members:manage", false),
        of_scope("invitations.create", "POST", "/v1/invitations".into(), invite, "members:manage", false),
        of_scope("invitations.delete", "DELETE", asked, None, "members:manage", true),
        of_scope("tenants.get", "GET", "/v1/tenant".into(), None, "config:read", false),
        of_scope("tenants.update", "PUT", "/v1/tenant".into(), named.clone(), "tenant:manage", false),
        of_scope("tenants.export", "POST", "/v1/tenant/export".into(), None, "tenant:manage", false),
        of_scope("tenants.off_board", "DELETE", "/v1/tenant".into(), Some(json!({ "slug": "x" })), "tenant:manage", false),
        of_people("people.sign_up", "POST", "/v1/sign-up", Some(sign_up)),
        of_people("people.confirm_sign_up", "POST", "/v1/sign-up/confirmations", token.clone()),
        of_people("people.request_reset", "POST", "/v1/password-resets", Some(json!({ "email": "x@example.com" }))),
        of_people("people.reset", "POST", "/v1/password-resets/confirmations", Some(reset)),
        of_people("people.rename", "PUT", "/v1/me", named.clone()),
        of_people("people.change_password", "PUT", "/v1/me/password", Some(json!({ "password": "four grey horses" }))),
        of_people("sessions.log_in", "POST", "/v1/session", Some(login)),
        of_people("sessions.get", "GET", "/v1/session", None),
        of_people("sessions.log_out", "DELETE", "/v1/session", None),
        of_people("sessions.switch_tenant", "PUT", "/v1/session/tenant", Some(json!({ "tenantId": tenant }))),
        of_people("sessions.confirm", "POST", "/v1/session/confirmation", Some(json!({ "password": "x" }))),
        of_people("sessions.second_factor", "POST", "/v1/session/second-factor", Some(json!({ "totp": "000000" }))),
        of_people("sessions.list", "GET", "/v1/me/sessions", None),
        of_people("sessions.end", "DELETE", &format!("/v1/me/sessions/{tenant}"), None),
        of_people("members.leave", "DELETE", &format!("/v1/me/memberships/{tenant}"), None),
        of_people("sessions.passkey_options", "POST", "/v1/session/passkey-options", None),
        of_people("sessions.passkey", "POST", "/v1/session/passkey", Some(json!({ "ceremony": "x", "credential": {} }))),
        of_people("passkeys.list", "GET", "/v1/me/passkeys", None),
        of_people("passkeys.options", "POST", "/v1/me/passkeys/options", None),
        of_people("passkeys.create", "POST", "/v1/me/passkeys", Some(json!({ "name": "x", "ceremony": "x", "credential": {} }))),
        of_people("passkeys.delete", "DELETE", &format!("/v1/me/passkeys/{tenant}"), None),
        of_people("factors.get", "GET", "/v1/me/factors", None),
        of_people("factors.offer_totp", "POST", "/v1/me/totp", None),
        of_people("factors.confirm_totp", "POST", "/v1/me/totp/confirmation", Some(json!({ "code": "000000" }))),
        of_people("factors.delete_totp", "DELETE", "/v1/me/totp", None),
        of_people("factors.recovery_codes", "POST", "/v1/me/recovery-codes", None),
        of_people("invitations.accept", "POST", "/v1/invitations/acceptances", token),
        of_people("tenants.create", "POST", "/v1/tenants", named),
        of_people("operators.tenants", "GET", "/v1/operator/tenants", None),
        of_people("operators.suspend", "PUT", &suspension, Some(json!({ "reason": "x" }))),
        of_people("operators.resume", "DELETE", &suspension, None),
        of_people("operators.health", "GET", "/v1/operator/health", None),
        of_people("operators.dead_letters", "GET", "/v1/operator/dead-letters", None),
        of_people("operators.replay", "POST", "/v1/operator/dead-letters/replay", Some(json!({}))),
    ]
}
