//! Verifies a code by the number or address it went to, or by its request id; on request a session token comes with the
//! success.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::ApplicationId;
use pinfold_core::life::Verdict;
use pinfold_core::recipient::Recipient;
use pinfold_http::clock::rfc3339_seconds;
use pinfold_http::dialect::OtpError;
use pinfold_http::{Authorized, Body, Code, PinVerify, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{application, id};
use super::wire::check_purpose;
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::session_token::Verified;
use crate::settings::LONGEST_SESSION_S;
use crate::state::message;
use crate::status::word;
use crate::verify::{Judged, Which, verify};

/// A guess.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyOtpRequest {
    /// The number or address the code went to.
    #[schema(example = "+16175550123")]
    to: String,
    /// The code as the person typed it: a string, because leading zeros count.
    #[schema(example = "495021", min_length = 1, max_length = 32, pattern = "^[0-9A-Za-z]+$")]
    code: String,
    /// The request that sent it; without, the latest to this number for this purpose.
    request_id: Option<String>,
    /// The application; without, the API key's own.
    application_id: Option<String>,
    /// What the code is for, as it was sent.
    purpose: Option<String>,
    /// Whether a success comes with a session token.
    session: Option<bool>,
    /// The name of the person in the session token; without, the number or address.
    session_subject: Option<String>,
    /// The life of the session token in seconds; at most, and by default, a day.
    #[schema(minimum = 60, maximum = 86400)]
    session_seconds: Option<u64>,
}

/// What the guess was worth.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyOtpResponse {
    /// `valid`, `invalid`, `expired`, `exhausted`, `used` or `canceled`.
    #[schema(value_type = String, example = "valid")]
    status: &'static str,
    /// Whether it was right.
    matched: bool,
    /// Seconds until the code dies.
    remaining_seconds: u64,
    /// Guesses that are left.
    attempts_remaining: u8,
    /// When the code was first verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_login_at: Option<String>,
    /// When it was verified last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    /// A JWT that says `session: "2fa_verified"`; check it with `/.well-known/jwks.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
    /// When the session token ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_expires_at: Option<String>,
}

/// Verify a code.
#[utoipa::path(
    post,
    path = "/v1/otp/verify",
    operation_id = "otp.verify",
    tag = "Codes (generic)",
    params(("Idempotency-Key" = Option<String>, Header, description = "A success whose answer was lost is given again to the same key")),
    request_body = VerifyOtpRequest,
    responses(
        (status = 200, description = "Judged", body = VerifyOtpResponse),
        (status = 400, description = "A field breaks a bound; nothing was spent", body = OtpError),
        (status = 401, description = "No valid credential", body = OtpError),
        (status = 403, description = "Not allowed", body = OtpError),
        (status = 404, description = "No code was sent there", body = OtpError),
        (status = 413, description = "Body too large", body = OtpError),
        (status = 415, description = "Not JSON", body = OtpError),
        (status = 429, description = "Throttled or locked; nothing was spent, see Retry-After", body = OtpError),
        (status = 503, description = "Not available; see Retry-After", body = OtpError),
    )
)]
pub async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    request: HttpRequest,
    body: Body<VerifyOtpRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = body.value;
    let recipient = Recipient::parse(&asked.to).map_err(|error| Problem::field("to", error.to_string()))?;
    let purpose = check_purpose(asked.purpose.as_deref())?;
    check_session(&asked)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let application = application(&snapshot, &caller, asked.application_id.as_deref())?;
    let which = match asked.request_id.as_deref() {
        None => Which::latest(&snapshot.keys, application, &recipient, purpose),
        Some(request_id) => Which::Pin(state.of_number(&caller, id(request_id)?, &snapshot, application, &recipient).await?),
    };
    let idempotency = IdempotencyKey::of(&request)?;
    let judged = verify(&state, &snapshot, &caller, which, "code", &asked.code, idempotency).await?;
    let mut answer = VerifyOtpResponse::from(&judged);
    if answer.matched && asked.session == Some(true) {
        let (message, _) = message(&snapshot, judged.record.message)?;
        let (token, ends_ms) = state.signer.sign(&Verified {
            subject: asked.session_subject.as_deref(),
            recipient: &judged.recipient,
            application: message.application,
            pin: judged.pin,
            channel: judged.record.channel,
            seconds: asked.session_seconds.unwrap_or(state.settings.session_seconds),
            now_ms: judged.now_ms,
            is_test: judged.record.flags.is_test,
        })?;
        (answer.session_token, answer.session_expires_at) = (Some(token), Some(rfc3339_seconds(ends_ms)));
    }
    Ok(HttpResponse::Ok().json(answer))
}

fn check_session(asked: &VerifyOtpRequest) -> Result<(), Problem> {
    if asked.session_seconds.is_some_and(|seconds| !(60..=LONGEST_SESSION_S).contains(&seconds)) {
        return Err(Problem::field("sessionSeconds", format!("must be between 60 and {LONGEST_SESSION_S}")));
    }
    let is_name = |name: &str| (1..=255).contains(&name.len()) && !name.chars().any(char::is_control);
    if asked.session_subject.as_deref().is_some_and(|name| !is_name(name)) {
        return Err(Problem::field("sessionSubject", "must have 1 to 255 bytes and no control characters"));
    }
    Ok(())
}

impl State {
    /// The PIN of a request id, if it went to this recipient in this application: a guess for another is not even judged.
    async fn of_number(
        &self,
        caller: &pinfold_http::Caller,
        pin: pinfold_core::id::PinId,
        snapshot: &pinfold_postgres::Snapshot,
        application: ApplicationId,
        recipient: &Recipient,
    ) -> Result<pinfold_core::id::PinId, Problem> {
        let record = self.hot.peek(caller.tenant, pin).await.map_err(crate::state::hot_problem)?;
        let subject = snapshot.keys.subject(application, recipient);
        if record.is_some_and(|record| record.subject == subject) { Ok(pin) } else { Err(Problem::new(Code::NotFound)) }
    }
}

impl From<&Judged> for VerifyOtpResponse {
    fn from(judged: &Judged) -> Self {
        let (status, matched, attempts_remaining) = match judged.verdict {
            Verdict::Verified { remaining } => ("valid", true, if judged.record.flags.may_repeat { remaining } else { 0 }),
            Verdict::Wrong { remaining } => ("invalid", false, remaining),
            Verdict::Terminal(terminal) => (if word(terminal) == "verified" { "used" } else { word(terminal) }, false, 0),
            Verdict::Refused(_) | Verdict::Alien | Verdict::Unknown => ("invalid", false, 0),
        };
        let life_ms = judged.record.expires_ms.saturating_sub(judged.now_ms);
        Self {
            status,
            matched,
            remaining_seconds: life_ms / 1_000,
            attempts_remaining,
            first_login_at: judged.record.verified_ms.filter(|_| matched).map(rfc3339_seconds),
            last_used_at: matched.then(|| rfc3339_seconds(judged.now_ms)),
            session_token: None,
            session_expires_at: None,
        }
    }
}
