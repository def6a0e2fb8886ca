//! Sends a new PIN: canonical recipient first, then one script that checks limits, writes the record and queues the
//! message, or changes nothing.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use pinfold_core::access::Environment;
use pinfold_core::alphabet::{Alphabet, Classes};
use pinfold_core::channel::Channel;
use pinfold_core::email::{SENDER_MUST, is_sender};
use pinfold_core::envelope::Envelope;
use pinfold_core::fallback::{On, Plan, Step};
use pinfold_core::id::{ApplicationId, MessageId, PinId};
use pinfold_core::keys::purpose;
use pinfold_core::life::{SendOutcome, WhenLive};
use pinfold_core::message::{Body, Message, check_sender};
use pinfold_core::phone::Phone;
use pinfold_core::pin::Pin;
use pinfold_core::recipient::Recipient;
use pinfold_core::wording::Wording;
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::built_in_id;
use pinfold_redis::{CallerLimit, Flags, Idempotency, Pointer};

use crate::number_check::{self, NumberCheck};
use crate::state::{application, hot_problem};
use crate::{State, fraud};

/// A PIN to send.
#[derive(Debug)]
pub(crate) struct Send<'a> {
    /// The id of the new PIN; without, a random one.
    pub(crate) pin: Option<PinId>,
    /// Whether it is good once, whatever the application says; only Infobip's clients know codes that are good again.
    pub(crate) is_once: bool,
    pub(crate) application: ApplicationId,
    /// The template; without, the application's built-in text.
    pub(crate) message: Option<MessageId>,
    pub(crate) channel: Channel,
    pub(crate) to: To<'a>,
    /// The sender, instead of the template's.
    pub(crate) sender: Option<String>,
    pub(crate) placeholders: BTreeMap<String, String>,
    /// The life in milliseconds, instead of the application's.
    pub(crate) time_to_live_ms: Option<u64>,
    /// The length, instead of the template's.
    pub(crate) length: Option<u8>,
    /// The alphabet, instead of the template's.
    pub(crate) alphabet: Option<Alphabet>,
    /// The guesses, instead of the application's; the operator's ceiling stands above both.
    pub(crate) attempts: Option<u8>,
    /// A text of the request's own, instead of the template's.
    pub(crate) wording: Option<Wording>,
    /// A code chosen by the caller.
    pub(crate) code: Option<&'a str>,
    /// Set when the PIN will be verified by its number: what it is for, empty for anything.
    pub(crate) purpose: Option<&'a str>,
    /// What becomes of the number's latest PIN for this purpose, while that one waits.
    pub(crate) when_live: WhenLive,
    /// The pause that must lie between two messages of the number, in milliseconds; 0 for none.
    pub(crate) pause_ms: u64,
    /// What the dialect must know again when it answers later; sealed, and gone with the PIN.
    pub(crate) note: Option<String>,
    /// What the code is bound to beside its number, such as a transaction: a check that does not say the same fails.
    pub(crate) bound: Option<String>,
    /// What else counts the message.
    pub(crate) caller_limits: Vec<CallerLimit>,
    /// The person's address, as the caller states it.
    pub(crate) end_user_ip: Option<IpAddr>,
    /// A key of the caller's own, by which the fraud guard counts.
    pub(crate) risk_key: Option<&'a str>,
    pub(crate) idempotency: Option<Idempotency>,
    /// The fallback plan, instead of the template's; without steps for none.
    pub(crate) fallback: Option<Vec<Step>>,
    /// Further addresses of the same person.
    pub(crate) others: Vec<Recipient>,
    /// Whether the message is kept back when the number's line takes none.
    pub(crate) checks_line: bool,
    pub(crate) trace: Option<&'a str>,
}

impl<'a> Send<'a> {
    /// A PIN with the application's built-in text and limits, and no further wishes.
    pub(crate) fn new(application: ApplicationId, channel: Channel, to: impl Into<To<'a>>) -> Self {
        Self {
            pin: None,
            is_once: true,
            application,
            message: None,
            channel,
            to: to.into(),
            sender: None,
            placeholders: BTreeMap::new(),
            time_to_live_ms: None,
            length: None,
            alphabet: None,
            attempts: None,
            wording: None,
            code: None,
            purpose: None,
            when_live: WhenLive::Replace,
            pause_ms: 0,
            note: None,
            bound: None,
            caller_limits: Vec::new(),
            end_user_ip: None,
            risk_key: None,
            idempotency: None,
            fallback: None,
            others: Vec::new(),
            checks_line: false,
            trace: None,
        }
    }
}

/// Who gets a PIN, as the request says it, or already read.
#[derive(Debug)]
pub(crate) enum To<'a> {
    Text(&'a str),
    /// Reading a number is a good part of what a send costs: whoever had to look at it hands it on.
    Read(Recipient),
}

impl<'a> From<&'a str> for To<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for To<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<Phone> for To<'_> {
    fn from(phone: Phone) -> Self {
        Self::Read(Recipient::Phone(phone))
    }
}

impl From<Recipient> for To<'_> {
    fn from(recipient: Recipient) -> Self {
        Self::Read(recipient)
    }
}

/// A PIN that was sent, now or by an earlier request with the same idempotency key.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) pin: PinId,
    pub(crate) recipient: Recipient,
    pub(crate) created_ms: u64,
    pub(crate) expires_ms: u64,
    /// What was known of the number; its message was kept back when that is against it.
    pub(crate) number: NumberCheck,
    /// Whether it waited already and nothing was done; never without [`WhenLive::Join`].
    pub(crate) is_joined: bool,
}

/// Sends a new PIN, or gives the earlier answer of the same idempotency key, or the PIN that waits where that is asked for.
///
/// # Errors
/// 400 with the fields, 403, 404, 422, 429 with `Retry-After`, 503.
#[expect(clippy::manual_async_fn, reason = "an async fn has room for its arguments twice, and this one's are large")]
pub(crate) fn send<'a>(
    state: &'a State,
    caller: &'a Caller,
    send: Send<'a>,
) -> impl Future<Output = Result<Sent, Problem>> + use<'a> {
    async move {
        let snapshot = &state.snapshot_with(caller.tenant, send.application, send.message).await?;
        let application = application(snapshot, send.application)?;
        let message_id = send.message.unwrap_or_else(|| built_in_id(send.application));
        let message = snapshot
            .messages
            .get(&message_id)
            .filter(|message| message.application == send.application)
            .ok_or_else(|| Problem::new(Code::NotFound))?;
        check_carries(message, send.channel, send.message.is_some())?;
        let recipient = match send.to {
            To::Read(recipient) => check_reached("to", Some(recipient), send.channel)?,
            To::Text(text) => parse_recipient("to", text, send.channel)?,
        };
        if let Some(sender) = &send.sender {
            check_from(send.channel, sender)?;
        }
        // A text of the request's own has no placeholders.
        if send.wording.is_none() || matches!(message.body, Body::Email(_)) {
            message.check_values("placeholders", &send.placeholders)?;
        }
        let limits = &application.limits;
        let time_to_live_ms = send.time_to_live_ms.unwrap_or_else(|| limits.time_to_live.millis());

        let has_own_plan = send.fallback.is_some();
        let own_plan = match send.fallback {
            Some(steps) if !steps.is_empty() => Some(Plan::new(steps, Some(send.channel), time_to_live_ms)?),
            Some(_) | None => None,
        };
        let plan = match (has_own_plan, &own_plan) {
            (true, plan) => plan.as_ref(),
            (false, _) => snapshot.fallbacks.get(&message_id),
        };

        // Whatever the request says of its code: that of a test number is fixed, and its messages stay here.
        let test_code = snapshot.test_code(application.id, &recipient);
        let is_test = test_code.is_some();
        let is_sandbox = is_test || caller.messages() == Environment::Sandbox;
        let pin_id = send.pin.unwrap_or_else(PinId::random);
        let guarded = fraud::Sent {
            pin: pin_id,
            message: message_id,
            subject: snapshot.keys.subject(application.id, &recipient),
            channel: send.channel,
            address: send.end_user_ip,
            key: send.risk_key,
            is_sandbox,
            is_test,
        };
        let screened = state.screen(snapshot, &guarded, &recipient, &send.others)?;
        let subject = guarded.subject;

        let number = match send.checks_line && !is_test {
            true => number_check::check(state, snapshot, application.id, &recipient, is_sandbox).await,
            false => NumberCheck::NotAsked,
        };

        // Made in one go: what is still there while Redis is asked has its room in the state of every send.
        let (asking, recipient) = {
            let keys = &snapshot.keys;
            let key_version = keys.current();
            let own = send.code.map(|code| state.chosen(code)).transpose()?;
            let chosen = test_code.cloned().or(own);
            let (alphabet, length) = match &chosen {
                None => (send.alphabet.unwrap_or(message.alphabet), send.length.unwrap_or(message.pin_length)),
                Some(code) => (Alphabet::Chosen, u8::try_from(code.expose().len()).unwrap_or(u8::MAX)),
            };
            let code = match &chosen {
                None => keys.derive_pin(key_version, pin_id, 0, alphabet, length).map_err(Problem::internal)?,
                Some(code) => code.clone(),
            };
            let code = code.bound_to(send.bound.as_deref());
            let digest = keys.pin_digest(key_version, pin_id, &code).map_err(Problem::internal)?;
            let pointer = match send.purpose {
                None => None,
                Some(name) => {
                    let purpose = purpose(name);
                    let digest = keys.number_digest(key_version, &subject, purpose, &code).map_err(Problem::internal)?;
                    Some(Pointer { purpose, digest })
                }
            };
            let flags = Flags {
                may_repeat: limits.allow_multiple_verifications && !send.is_once,
                is_sandbox,
                is_chosen: chosen.is_some(),
                is_test,
                has_pointer: pointer.is_some(),
                has_plan: plan.is_some(),
            };
            let first = plan.and_then(|plan| plan.step(0)).filter(|step| step.on != On::Failure);
            let fallback = first.map(|step| Duration::from_secs(step.after.into()));
            let others = if plan.is_some() { send.others } else { Vec::new() };
            let envelope = Envelope {
                others,
                fallback: own_plan,
                recipient,
                sender: send.sender,
                placeholders: send.placeholders,
                chosen,
                purpose: send.purpose.filter(|purpose| !purpose.is_empty()).map(str::to_owned),
                wording: send.wording,
                note: send.note,
                bound: send.bound,
            };
            let sealed = keys.seal_envelope(key_version, pin_id, &envelope).map_err(Problem::internal)?;
            let request = pinfold_redis::Send {
                tenant: caller.tenant,
                pin: pin_id,
                application: application.id,
                message: message_id,
                subject,
                channel: send.channel,
                flags,
                limits,
                budget: snapshot.budget(application.id, flags.is_sandbox),
                attempts: send.attempts.map_or(limits.pin_attempts, |attempts| attempts.min(state.ceilings.pin_attempts)),
                time_to_live_ms,
                key_version,
                length,
                alphabet,
                digest,
                sealed: &sealed,
                pointer,
                when_live: send.when_live,
                pause_ms: send.pause_ms,
                idempotency: send.idempotency,
                fallback,
                is_queued: !number.is_against(),
                caller_limits: &send.caller_limits,
                trace: send.trace,
            };
            (state.hot.send_guarded(&request, screened.guarded()), envelope.recipient)
        };
        let (outcome, found) = asking.await.map_err(hot_problem)?;
        state.make_sure(caller.tenant, application.durability).await?;
        state.tell_found(snapshot, &guarded, &screened, found);
        let sent = |pin, created_ms, expires_ms| Sent { pin, recipient, created_ms, expires_ms, number, is_joined: false };
        match outcome {
            SendOutcome::Accepted { created_ms, expires_ms } => Ok(sent(pin_id, created_ms, expires_ms)),
            SendOutcome::Repeated { pin, created_ms, expires_ms } => Ok(sent(pin, created_ms, expires_ms)),
            SendOutcome::Live { pin, created_ms, expires_ms } => {
                Ok(Sent { is_joined: true, ..sent(pin, created_ms, expires_ms) })
            }
            SendOutcome::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
            SendOutcome::Refused(refusal) => Err(refusal.into()),
        }
    }
}

/// A recipient that the channel reaches.
///
/// # Errors
/// 400 naming the field.
pub(crate) fn parse_recipient(field: &'static str, text: &str, channel: Channel) -> Result<Recipient, Problem> {
    check_reached(field, Recipient::parse(text).ok(), channel)
}

fn check_reached(field: &'static str, recipient: Option<Recipient>, channel: Channel) -> Result<Recipient, Problem> {
    match (channel, recipient) {
        // A push address is no text that a person writes.
        (Channel::Push, _) => Err(Problem::field("channel", "must be sms, voice or email")),
        (_, Some(recipient)) if recipient.is_reached_by(channel) => Ok(recipient),
        (Channel::Email, _) => Err(Problem::field(field, "must be one e-mail address, such as john.smith@example.com")),
        (..) => Err(Problem::field(field, "must be a phone number in international form, such as 41793026727")),
    }
}

/// Whether a template may travel on a channel; the built-in text may on all.
///
/// # Errors
/// 400 naming the field.
pub(crate) fn check_carries(message: &Message, channel: Channel, is_chosen: bool) -> Result<(), Problem> {
    match (&message.body, channel) {
        (Body::Email(_), Channel::Sms | Channel::Voice) => {
            Err(Problem::field("messageId", "must be a template for SMS and voice"))
        }
        (Body::Text(_), Channel::Email) if is_chosen => Err(Problem::field("messageId", "must be a template for e-mail")),
        _ => Ok(()),
    }
}

/// # Errors
/// 400 naming the field.
pub(crate) fn check_from(channel: Channel, sender: &str) -> Result<(), Problem> {
    match channel {
        Channel::Email if is_sender(sender) => Ok(()),
        Channel::Email => Err(Problem::field("from", SENDER_MUST)),
        Channel::Sms | Channel::Voice | Channel::Push => Ok(check_sender("from", sender)?),
    }
}

impl State {
    /// A code chosen by the caller.
    fn chosen(&self, code: &str) -> Result<Pin, Problem> {
        if !Classes::of(code).is_some_and(|classes| classes.within(Alphabet::Chosen)) {
            return Err(Problem::field("code", "must have only the letters A to Z and a to z and digits"));
        }
        self.ceilings.check_length("code", i64::try_from(code.len()).unwrap_or(i64::MAX))?;
        Ok(Pin::given(code))
    }
}
