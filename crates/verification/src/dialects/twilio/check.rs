//! Checks a code, by the number that it went to or by the verification's SID. A wrong one is an answer; a verification that
//! is over is gone.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, web};
use pinfold_core::id::PinId;
use pinfold_core::life::{Terminal, Verdict};
use pinfold_core::recipient::Recipient;
use pinfold_http::Form;
use pinfold_http::clock::now_ms;
use pinfold_http::twilio::{Refusals, id, sid, time};
use pinfold_http::{Authorized, Caller, Code, PinVerify, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::note::{Note, bound};
use super::verifications::{TRANSACTION, transaction};
use super::{Service, channel_name, not_offered};
use crate::State;
use crate::cancel::cancel;
use crate::dialects::otp_v1::wire::international;
use crate::verify::{Judged, Typed, Which, judge};

/// A code to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioVerificationCheckRequest)]
pub(crate) struct CheckRequest {
    /// The code as the person typed it.
    #[schema(min_length = 4, max_length = 10, example = "123456")]
    code: Option<String>,
    /// The number or address that it went to; this, or the verification's SID.
    #[schema(example = "+15017122661")]
    to: Option<String>,
    /// The verification.
    verification_sid: Option<String>,
    /// What the transaction moves, as it was sent.
    amount: Option<String>,
    /// Who gets it, as it was sent.
    payee: Option<String>,
    #[schema(ignore)]
    sna_client_token: Option<String>,
}

/// What the check came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioVerificationCheck)]
struct CheckView {
    /// The verification.
    #[schema(example = "VE0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    service_sid: String,
    account_sid: String,
    /// The number or address, canonical.
    #[schema(example = "+15017122661")]
    to: String,
    /// The way of the last message.
    #[schema(value_type = String, example = "sms")]
    channel: &'static str,
    /// `approved`, `pending`, or `canceled` because it was meant for another transaction.
    #[schema(value_type = String, example = "approved")]
    status: &'static str,
    /// Whether the code was right.
    valid: bool,
    amount: Option<String>,
    payee: Option<String>,
    date_created: String,
    date_updated: String,
    /// Nothing: there is no silent network authentication.
    sna_attempts_error_codes: Vec<Value>,
}

/// Checks a code.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/VerificationCheck",
    operation_id = "twilio_verifications.check",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = CheckRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What it came to", body = CheckView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    request: HttpRequest,
    path: web::Path<String>,
    form: Form<CheckRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = form.value;
    if asked.sna_client_token.is_some() {
        return Err(not_offered("There is no silent network authentication here."));
    }
    let given = transaction(asked.amount.as_deref(), asked.payee.as_deref())?;
    let service = Service::find(&state, &caller, &request, &path).await?;
    let which = service.which(&state, &caller, &asked, given.is_some()).await?;
    let code = asked.code.as_deref().ok_or_else(|| Problem::field("Code", "must be given"))?;
    let given = given.map(|(amount, payee)| bound(amount, payee));
    let typed = Typed { field: "Code", guess: code, bound: given.as_deref() };
    let judged = judge(&state, &service.snapshot, &caller, which, typed, None).await?;
    let (status, valid) = match judged.verdict {
        Verdict::Verified { .. } => ("approved", true),
        Verdict::Terminal(Terminal::Exhausted) => {
            let left_ms = judged.record.expires_ms.saturating_sub(judged.now_ms);
            return Err(Problem::new(Code::NumberLocked).numbered(60202).retry_after_ms(left_ms));
        }
        Verdict::Wrong { .. } if is_of_another(&judged, given.as_deref()) => {
            end(&state, &caller, judged.pin).await?;
            ("canceled", false)
        }
        Verdict::Wrong { .. } | Verdict::Alien => ("pending", false),
        _ => return Err(Problem::new(Code::NotFound)),
    };
    let note = Note::read(judged.note.as_deref());
    Ok(HttpResponse::Ok().json(CheckView {
        sid: sid("VE", judged.pin),
        service_sid: service.place.service_sid.clone(),
        account_sid: service.place.account_sid.clone(),
        to: international(&judged.recipient),
        channel: channel_name(judged.record.channel),
        status,
        valid,
        amount: note.amount,
        payee: note.payee,
        date_created: time(judged.record.created_ms),
        date_updated: time(now_ms()),
        sna_attempts_error_codes: Vec::new(),
    }))
}

/// Whether the code was sent for another transaction than the one that is checked. Such a code is good for neither.
fn is_of_another(judged: &Judged, given: Option<&str>) -> bool {
    judged.bound.as_deref() != given
}

/// Cancels; one that ended by itself in between is fine.
async fn end(state: &State, caller: &Caller, pin: PinId) -> Result<(), Problem> {
    match cancel(state, caller, pin).await {
        Err(problem) if problem.code != Code::PinOver => Err(problem),
        _ => Ok(()),
    }
}

impl Service {
    /// Which verification a check means.
    ///
    /// # Errors
    /// 60221 when it says neither number nor SID, 404, and 60206 when it leaves out what the code is bound to.
    async fn which(&self, state: &State, caller: &Caller, asked: &CheckRequest, is_bound: bool) -> Result<Which, Problem> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(sid) = given(&asked.verification_sid) {
            let found = self.verification(state, caller, id("VE", &sid)?).await?;
            if found.envelope.bound.is_some() && !is_bound {
                return Err(Problem::new(Code::InvalidField).numbered(60206));
            }
            return Ok(Which::Pin(found.pin));
        }
        let to = given(&asked.to).ok_or_else(|| Problem::new(Code::InvalidField).numbered(60221))?;
        let recipient = Recipient::parse(&to).map_err(|error| Problem::field("To", error.to_string()))?;
        let purpose = if is_bound { TRANSACTION } else { "" };
        Ok(Which::latest(&self.snapshot.keys, self.id, &recipient, purpose))
    }
}
