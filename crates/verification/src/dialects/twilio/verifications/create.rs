//! Sends a verification. While one to the same number waits, it is sent again instead: the same SID, the same code, the
//! same end. A code of the caller's own, and one for a transaction, always begin anew.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_core::id::MessageId;
use pinfold_core::life::WhenLive;
use pinfold_core::phone::Line;
use pinfold_core::recipient::Recipient;
use pinfold_http::Form;
use pinfold_http::clock::now_ms;
use pinfold_http::dialect::TwilioError;
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, Caller, Code, PinSend, Problem};
use pinfold_redis::CallerLimit;

use super::super::note::{Note, bound};
use super::super::sentences::Saying;
use super::super::{Service, not_offered};
use super::TRANSACTION;
use super::fields::{VerificationRequest, transaction};
use super::limits::limits;
use super::view::{Standing, VerificationView};
use crate::State;
use crate::dialects::trace;
use crate::fraud::address;
use crate::resend::{Resend, resend};
use crate::send::{Send, Sent, check_carries, parse_recipient, send};

/// How long a verification lives for the vendor's clients; the operator's ceiling stands above it.
const LIFE_MS: u64 = 10 * 60_000;
/// The checks of a verification.
const CHECKS: u8 = 5;

/// Sends a verification.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Verifications",
    operation_id = "twilio_verifications.create",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = VerificationRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 201, description = "The verification", body = VerificationView),
        (status = 400, description = "A parameter is missing or past its bound", body = TwilioError),
        Refusals,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    form: Form<VerificationRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = form.value;
    let service = Service::find(&state, &caller, &request, &path).await?;
    let application = service.application()?;
    let channel = asked.channel()?;
    asked.check()?;
    let recipient = parse_recipient("To", &asked.to, channel)?;
    refuse_landline(&service, channel, &recipient)?;
    let transaction = transaction(asked.amount.as_deref(), asked.payee.as_deref())?;
    if transaction.is_some() && !service.settings.psd2_enabled {
        return Err(Problem::new(Code::Forbidden).numbered(60214));
    }
    if asked.custom_code.is_some() && !service.settings.custom_code_enabled {
        return Err(not_offered("The service does not take codes of the caller's own: set CustomCodeEnabled."));
    }
    let template = match asked.template_sid.as_deref().filter(|sid| !sid.is_empty()) {
        // The service's own template is for the channels that it fits; the others have the standard text.
        None => service.settings.default_template.filter(|id| carries(&service, *id, channel)),
        Some(sid) => Some(id::<MessageId>("HJ", sid).map_err(|_| unknown_template())?),
    };
    let template = transaction.is_none().then_some(template).flatten();
    let saying = Saying {
        locale: asked.locale.as_deref(),
        name: asked.custom_friendly_name.as_deref().unwrap_or(&application.name),
        transaction,
        has_warning: service.settings.do_not_share_warning_enabled,
        app_hash: asked.app_hash.as_deref().filter(|_| channel == Channel::Sms),
    };
    let wording = if template.is_none() { Some(saying.wording()?) } else { None };
    let caller_limits = limits(&state, &service, asked.rate_limits.as_deref()).await?;
    let note = Note {
        attempts: vec![(now_ms(), channel)],
        amount: transaction.map(|(amount, _)| amount.to_owned()),
        payee: transaction.map(|(_, payee)| payee.to_owned()),
    };
    let begins_anew = transaction.is_some() || asked.custom_code.is_some();
    let trace = trace(&request);
    let pin = Send {
        message: template,
        placeholders: asked.substitutions()?,
        wording,
        time_to_live_ms: Some(LIFE_MS.min(state.ceilings.time_to_live_ms)),
        attempts: Some(CHECKS),
        length: Some(service.settings.code_length),
        code: asked.custom_code.as_deref(),
        purpose: Some(if transaction.is_some() { TRANSACTION } else { "" }),
        bound: transaction.map(|(amount, payee)| bound(amount, payee)),
        when_live: if begins_anew { WhenLive::Supersede } else { WhenLive::Join },
        note: Some(note.text()),
        end_user_ip: address("DeviceIp", asked.device_ip.as_deref())?,
        caller_limits: caller_limits.clone(),
        trace: trace.as_deref(),
        ..Send::new(service.id, channel, recipient)
    };
    let sent = send(&state, &caller, pin).await.map_err(named)?;
    if sent.is_joined {
        return again(&state, &caller, &service, &sent, channel, caller_limits, trace.as_deref()).await;
    }
    let told = (&sent.recipient, note);
    let view = VerificationView::new(sent.pin, told, channel, sent.created_ms, Standing("pending"), &service.place);
    Ok(HttpResponse::Created().json(view))
}

/// Sends the verification that waits again.
async fn again(
    state: &State,
    caller: &Caller,
    service: &Service,
    sent: &Sent,
    channel: Channel,
    caller_limits: Vec<CallerLimit>,
    trace: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let found = service.verification(state, caller, sent.pin).await?;
    let (to, mut note) = found.told();
    let added = Note { attempts: vec![(now_ms(), channel)], ..Note::default() };
    let resent = Resend {
        channel: Some(channel),
        note: Some(added.text()),
        merge: Some(Note::merge),
        caller_limits,
        trace,
        ..Resend::new(sent.pin)
    };
    note.attempts.extend(added.attempts);
    resend(state, &service.snapshot, caller, resent).await.map_err(named)?;
    let (created_ms, pending) = (found.record.created_ms, Standing("pending"));
    let view = VerificationView::new(sent.pin, (to, note), channel, created_ms, pending, &service.place);
    Ok(HttpResponse::Created().json(view))
}

/// Whether a template fits a channel.
fn carries(service: &Service, template: MessageId, channel: Channel) -> bool {
    service.snapshot.messages.get(&template).is_some_and(|message| check_carries(message, channel, true).is_ok())
}

/// # Errors
/// 60205 for a line that takes no SMS, where the service wants to know.
fn refuse_landline(service: &Service, channel: Channel, recipient: &Recipient) -> Result<(), Problem> {
    if channel == Channel::Sms
        && service.settings.skip_sms_to_landlines
        && matches!(recipient, Recipient::Phone(phone) if phone.line() != Line::Reachable)
        && service.snapshot.test_code(service.id, recipient).is_none()
    {
        return Err(Problem::new(Code::Forbidden).numbered(60205));
    }
    Ok(())
}

fn unknown_template() -> Problem {
    Problem::field("TemplateSid", "must be a template of the service")
}

/// The same problem with the fields as this dialect calls them. The service was found, so what is missing is a template.
pub(super) fn named(mut problem: Problem) -> Problem {
    if problem.code == Code::NotFound {
        return unknown_template();
    }
    let names = BTreeMap::from([
        ("to", "To"),
        ("code", "CustomCode"),
        ("messageId", "TemplateSid"),
        ("pinId", "Channel"),
        ("ttlSeconds", "To"),
    ]);
    for error in &mut problem.fields {
        if let Some(name) = names.get(error.field.as_ref()) {
            error.field = (*name).into();
        } else if error.field.starts_with("placeholders") {
            error.field = "TemplateCustomSubstitutions".into();
        }
    }
    problem
}
