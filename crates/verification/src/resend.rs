//! Sends a living PIN again, on the same or another channel: same id, same expiry, same attempts. A caller may ask for a
//! new code; then the old one dies at once.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use pinfold_core::channel::Channel;
use pinfold_core::id::PinId;
use pinfold_core::keys::purpose;
use pinfold_core::life::{ResendOutcome, Terminal};
use pinfold_core::message::Body;
use pinfold_core::recipient::Recipient;
use pinfold_core::wording::Wording;
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::Snapshot;
use pinfold_redis::{CallerLimit, Idempotency, Pointer, Record};

use crate::state::{hot_problem, message};
use crate::{State, fraud};

/// A PIN to send again.
#[derive(Debug)]
pub(crate) struct Resend<'a> {
    pub(crate) pin: PinId,
    /// The channel; without, that of the last message.
    pub(crate) channel: Option<Channel>,
    /// New values of placeholders; without, those of the send.
    pub(crate) placeholders: Option<BTreeMap<String, String>>,
    /// A text of the request's own; without, that of the send.
    pub(crate) wording: Option<Wording>,
    /// What the dialect must know again; without, what it noted before.
    pub(crate) note: Option<String>,
    /// What a new note takes over of the one before.
    pub(crate) merge: Option<fn(before: &str, new: &str) -> String>,
    /// The pause that must lie between two messages of the number, in milliseconds; 0 for none.
    pub(crate) pause_ms: u64,
    /// The person's address, if it is known.
    pub(crate) end_user_ip: Option<IpAddr>,
    /// Replaces the code.
    pub(crate) has_new_code: bool,
    pub(crate) idempotency: Option<Idempotency>,
    /// What else counts the message.
    pub(crate) caller_limits: Vec<CallerLimit>,
    pub(crate) trace: Option<&'a str>,
}

impl Resend<'_> {
    /// The same message again.
    pub(crate) fn new(pin: PinId) -> Self {
        Self {
            pin,
            channel: None,
            placeholders: None,
            wording: None,
            note: None,
            merge: None,
            pause_ms: 0,
            end_user_ip: None,
            has_new_code: false,
            idempotency: None,
            caller_limits: Vec::new(),
            trace: None,
        }
    }
}

/// A PIN that was sent again.
#[derive(Debug)]
pub(crate) struct Resent {
    pub(crate) recipient: Recipient,
    pub(crate) channel: Channel,
    pub(crate) created_ms: u64,
    pub(crate) expires_ms: u64,
    pub(crate) deliveries: u8,
    /// Guesses spent before.
    pub(crate) attempts_used: u8,
}

/// Sends a PIN again, and says over which channel and how many messages it had by now.
///
/// # Errors
/// 400 with the fields, 403, 404, 409 when the PIN is over, 422, 429 with `Retry-After`, 503.
pub(crate) async fn resend(
    state: &State,
    snapshot: &Arc<Snapshot>,
    caller: &Caller,
    resend: Resend<'_>,
) -> Result<Resent, Problem> {
    // The record may change between reading and resending; then it is read again.
    for _ in 0..3 {
        let record =
            state.hot.peek(caller.tenant, resend.pin).await.map_err(hot_problem)?.ok_or_else(|| Problem::new(Code::NotFound))?;
        if let Some(resent) = attempt(state, snapshot, caller, &resend, &record).await? {
            return Ok(resent);
        }
    }
    Err(Problem::new(Code::Unavailable).detail("The PIN is changed by too many requests at once.").retry_after_ms(1_000))
}

async fn attempt(
    state: &State,
    snapshot: &Snapshot,
    caller: &Caller,
    resend: &Resend<'_>,
    record: &Record,
) -> Result<Option<Resent>, Problem> {
    let (message, application) = message(snapshot, record.message)?;
    let keys = &snapshot.keys;
    let mut envelope = keys.open_envelope(record.key_version, resend.pin, &record.sealed).map_err(Problem::internal)?;
    let channel = resend.channel.unwrap_or(record.channel);
    // A message may go to a further address of the person; the PIN stays that of the first one.
    let mut turned = envelope.clone();
    turned.turn_to(channel);
    check_reaches(channel, &turned.recipient, &message.body)?;

    let is_changed = resend.placeholders.is_some() || resend.wording.is_some() || resend.note.is_some();
    if let Some(values) = &resend.placeholders {
        message.check_values("placeholders", values)?;
        envelope.placeholders = values.clone();
    }
    envelope.wording = resend.wording.clone().or(envelope.wording);
    envelope.note = match (&resend.note, resend.merge, envelope.note) {
        (Some(new), Some(merge), Some(before)) => Some(merge(&before, new)),
        (Some(new), ..) => Some(new.clone()),
        (None, _, before) => before,
    };
    let reseal = || keys.seal_envelope(record.key_version, resend.pin, &envelope).map_err(Problem::internal);
    let new_sealed = if is_changed { Some(reseal()?) } else { None };
    let (mut new_digest, mut pointer) = (None, None);
    // The code of a test number stays what it is.
    if resend.has_new_code && !record.flags.is_test {
        if record.flags.is_chosen {
            return Err(Problem::field("newCode", "must be false: the code was chosen by the caller"));
        }
        let generation = record.generation.wrapping_add(1);
        let pin = keys
            .derive_pin(record.key_version, resend.pin, generation, record.alphabet, record.length)
            .map_err(Problem::internal)?
            .bound_to(envelope.bound.as_deref());
        new_digest = Some(keys.pin_digest(record.key_version, resend.pin, &pin).map_err(Problem::internal)?);
        if record.flags.has_pointer {
            let purpose = purpose(envelope.purpose.as_deref().unwrap_or_default());
            let digest = keys.number_digest(record.key_version, &record.subject, purpose, &pin).map_err(Problem::internal)?;
            pointer = Some(Pointer { purpose, digest });
        }
    }
    let guarded = fraud::Sent {
        pin: resend.pin,
        message: record.message,
        subject: record.subject,
        channel,
        address: resend.end_user_ip,
        key: None,
        is_sandbox: record.flags.is_sandbox,
        is_test: record.flags.is_test,
    };
    let screened = state.screen(snapshot, &guarded, &turned.recipient, &[])?;
    let request = pinfold_redis::Resend {
        tenant: caller.tenant,
        pin: resend.pin,
        application: application.id,
        record,
        channel,
        limits: &application.limits,
        budget: snapshot.budget(application.id, record.flags.is_sandbox),
        new_digest,
        new_sealed: new_sealed.as_deref(),
        pointer,
        pause_ms: resend.pause_ms,
        idempotency: resend.idempotency,
        caller_limits: &resend.caller_limits,
        trace: resend.trace,
    };
    let judged = state.hot.resend_guarded(&request, screened.guarded()).await.map_err(hot_problem)?;
    state.make_sure(caller.tenant, application.durability).await?;
    let outcome = judged.map(|(outcome, found)| {
        state.tell_found(snapshot, &guarded, &screened, found);
        outcome
    });
    let deliveries = match outcome {
        None => return Ok(None),
        Some(ResendOutcome::Accepted { deliveries, .. }) => deliveries,
        Some(ResendOutcome::Repeated) => record.deliveries,
        Some(ResendOutcome::KeyReused) => return Err(Problem::new(Code::IdempotencyKeyReused)),
        Some(ResendOutcome::Unknown) => return Err(Problem::new(Code::NotFound)),
        Some(ResendOutcome::Terminal(terminal)) => return Err(over(terminal)),
        Some(ResendOutcome::Refused(refusal)) => return Err(refusal.into()),
    };
    let (created_ms, expires_ms) = (record.created_ms, record.expires_ms);
    let attempts_used = record.attempts_used;
    Ok(Some(Resent { recipient: turned.recipient, channel, created_ms, expires_ms, deliveries, attempts_used }))
}

fn check_reaches(channel: Channel, recipient: &Recipient, body: &Body) -> Result<(), Problem> {
    // Texts travel on every channel; a mail's text is too long to be read out or sent by SMS.
    let fits = matches!(body, Body::Text(_)) || matches!(channel, Channel::Email | Channel::Push);
    if fits && recipient.is_reached_by(channel) {
        Ok(())
    } else {
        Err(Problem::field("pinId", format!("must be of a PIN that can be sent by {channel}")))
    }
}

/// Why a PIN takes nothing more, as a problem.
pub(crate) fn over(terminal: Terminal) -> Problem {
    Problem::new(Code::PinOver).detail(match terminal {
        Terminal::AlreadyVerified => "The PIN was verified.",
        Terminal::Exhausted => "The PIN has no attempts left.",
        Terminal::Canceled => "The PIN was canceled.",
        Terminal::Expired => "The PIN has expired.",
    })
}
