//! Sends a new PIN: idempotency, lock, limits, record and job in one script.

use std::time::Duration;

use pinfold_core::alphabet::Alphabet;
use pinfold_core::caps::Budget;
use pinfold_core::channel::Channel;
use pinfold_core::event::Kind;
use pinfold_core::id::{ApplicationId, MessageId, PinId, TenantId};
use pinfold_core::keys::{Digest, KeyVersion, Purpose};
use pinfold_core::life::{Refusal, SendOutcome, WhenLive};
use pinfold_core::limits::Limits;
use pinfold_core::span::Rate;
use pinfold_core::window::EXACT_EVENTS;

use crate::caps;
use crate::function::{Function, Packed};
use crate::guard::{self, Found, Guarded};
use crate::job::Job;
use crate::record::{Flags, Record, time};
use crate::{Error, Hot, Timer};

/// A PIN to send.
#[derive(Debug)]
pub struct Send<'a> {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id.
    pub pin: PinId,
    /// Its application, whose window counts it.
    pub application: ApplicationId,
    /// Its template; the application's id for the built-in text.
    pub message: MessageId,
    /// The keyed hash of number and application.
    pub subject: Digest,
    /// The way to the person.
    pub channel: Channel,
    /// What the record says beside.
    pub flags: Flags,
    /// The application's limits.
    pub limits: &'a Limits,
    /// The caps that a queued message has to pass.
    pub budget: Budget,
    /// The guesses of this PIN.
    pub attempts: u8,
    /// The life of this PIN in milliseconds.
    pub time_to_live_ms: u64,
    /// The version of the tenant key used.
    pub key_version: KeyVersion,
    /// The code's length.
    pub length: u8,
    /// The code's alphabet.
    pub alphabet: Alphabet,
    /// The code's keyed digest.
    pub digest: Digest,
    /// The sealed envelope.
    pub sealed: &'a [u8],
    /// Set when the PIN must be found by its number.
    pub pointer: Option<Pointer>,
    /// What becomes of the PIN that the pointer leads to now, while that one waits; without a pointer nothing does.
    pub when_live: WhenLive,
    /// The pause that must lie between two messages of the number, in milliseconds; 0 for none. Where the number's limit is past
    /// [`EXACT_EVENTS`], only messages that asked for a pause themselves count as the one before.
    pub pause_ms: u64,
    /// The caller's idempotency key.
    pub idempotency: Option<Idempotency>,
    /// How long the first step of a fallback plan waits, when there is one that waits. A message that is kept back failed,
    /// and the step starts at once.
    pub fallback: Option<Duration>,
    /// Whether a message is queued; without, only the record is written, and an event that says so.
    pub is_queued: bool,
    /// What else counts the message.
    pub caller_limits: &'a [CallerLimit],
    /// The trace context, as a `traceparent` header.
    pub trace: Option<&'a str>,
}

/// A limit that a caller defined for something that it names, such as an address of a client.
#[derive(Debug, Clone, Copy)]
pub struct CallerLimit {
    /// The keyed hash of limit and name.
    pub key: [u8; 16],
    /// How many messages in which time.
    pub rate: Rate,
}

impl CallerLimit {
    /// Limits as the scripts read them.
    pub(crate) fn pack(limits: &[Self]) -> Vec<u8> {
        let one = |numbers: Packed, limit: &Self| numbers.u32(limit.rate.attempts()).ms(limit.rate.window_ms());
        limits.iter().fold(Packed::default(), one).bytes().to_vec()
    }
}

impl Send<'_> {
    /// What few sends ask for: what to do when the latest PIN waits, and the pause.
    fn wishes(&self) -> Option<[u8; 7]> {
        let when_live = match self.when_live {
            WhenLive::Join if self.pointer.is_some() => 1,
            WhenLive::Supersede if self.pointer.is_some() => 2,
            _ => 0,
        };
        if when_live == 0 && self.pause_ms == 0 {
            return None;
        }
        let mut wishes = [when_live; 7];
        wishes[1..].copy_from_slice(&self.pause_ms.to_be_bytes()[2..]);
        Some(wishes)
    }

    /// The wait of the first fallback timer and the timer, if there is one.
    fn first_timer(&self) -> Option<Vec<u8>> {
        let timer = |failed| Timer { tenant: self.tenant, pin: self.pin, steps_taken: 0, failed }.encode();
        let (wait, timer) = match self.fallback {
            _ if !self.flags.has_plan => return None,
            _ if !self.is_queued => (Duration::ZERO, timer(Some(1))),
            wait => (wait?, timer(None)),
        };
        Some([&(wait.as_millis() as u64).to_be_bytes()[2..], &timer].concat())
    }
}

/// Makes a PIN findable by its number, as the latest for a purpose.
#[derive(Debug, Clone, Copy)]
pub struct Pointer {
    /// What the PIN is for.
    pub purpose: Purpose,
    /// The code's digest for this number and purpose.
    pub digest: Digest,
}

impl Pointer {
    /// What is kept: the purpose, the id, the digest, and the id as it stands at the end of the key.
    pub(crate) fn entry(&self, pin: PinId, key: &str) -> Vec<u8> {
        [self.purpose.as_slice(), pin.as_bytes(), &self.digest, &key.as_bytes()[key.len() - 22..]].concat()
    }
}

/// An idempotency key, hashed.
#[derive(Debug, Clone, Copy)]
pub struct Idempotency {
    /// The keyed hash of the key.
    pub key: [u8; 16],
    /// The keyed hash of operation and body.
    pub body: [u8; 16],
}

impl Hot {
    /// Sends a PIN, in one round trip.
    ///
    /// # Errors
    /// When Redis cannot be asked; then nothing is known to have been sent.
    pub async fn send(&self, send: &Send<'_>) -> Result<SendOutcome, Error> {
        Ok(self.send_guarded(send, None).await?.0)
    }

    /// The same for a PIN that has to pass the fraud guard; with what the guard found, whether that refuses it or not.
    ///
    /// # Errors
    /// See [`Self::send`].
    pub fn send_guarded<'a>(
        &'a self,
        send: &Send<'_>,
        guarded: Option<Guarded<'_>>,
    ) -> impl Future<Output = Result<(SendOutcome, Found), Error>> + use<'a> {
        let names = self.names(send.tenant);
        let (pin, number, application) = (names.pin(send.pin), names.number(&send.subject), names.application(send.application));
        let stream = if send.is_queued { names.partition.jobs() } else { names.partition.events() };
        let idempotency_key = send.idempotency.map(|idempotency| names.idempotency(&idempotency.key));
        let mut keys: Vec<&[u8]> = vec![pin.as_bytes(), &number, application.as_bytes(), stream.as_bytes()];
        keys.extend(idempotency_key.as_deref());
        let windows: Vec<_> = send.caller_limits.iter().map(|limit| names.caller_limit(&limit.key)).collect();
        keys.extend(windows.iter().map(Vec::as_slice));
        let timer = send.first_timer();
        let due = timer.as_ref().map(|_| names.partition.due());
        keys.extend(due.as_deref().map(str::as_bytes));
        let guard = guarded.and_then(|guarded| guard::given(&names, &guarded));
        keys.extend(guard.as_ref().map(|(key, _)| key.as_bytes()));
        let caps = caps::given(&names, &send.budget, send.application);
        keys.extend(caps.as_ref().map(|(key, _)| key.as_slice()));

        let limits = send.limits;
        let per_number = limits.send_per_number_of(send.flags.is_test);
        let wishes = send.wishes();
        let has = u8::from(idempotency_key.is_some())
            | u8::from(send.pointer.is_some()) << 1
            | u8::from(!send.is_queued) << 2
            | u8::from(timer.is_some()) << 3
            | u8::from(wishes.is_some()) << 4
            | u8::from(!windows.is_empty()) << 5
            | if guard.is_some() { guard::BIT } else { 0 }
            | if caps.is_some() { caps::BIT } else { 0 };
        let numbers = Packed::default()
            .ms(self.clock_ms)
            .u32(per_number.attempts())
            .ms(per_number.window_ms())
            .u32(limits.send_per_application.attempts())
            .ms(limits.send_per_application.window_ms())
            .check_limits(limits)
            .ms(send.time_to_live_ms)
            .u32(self.settings.backlog)
            .u32(self.settings.tenant_backlog())
            .ms(self.lockout.memory_ms)
            .u8(has);
        let head = Record::head(send.flags, send.channel, send.attempts, send.length, send.alphabet);
        let body = Record::body(send.key_version, &send.digest, &send.subject, send.message, send.sealed);
        let entry = if send.is_queued {
            let mut job = Job::prefix(send.tenant, send.pin, send.channel, 0);
            job.extend([0, 1]);
            job.extend(send.trace.unwrap_or_default().as_bytes());
            job
        } else {
            [[Kind::Skipped as u8].as_slice(), send.tenant.as_bytes(), send.pin.as_bytes()].concat()
        };
        let (pin_life, number_life, application_life) = self.key_lives(send, per_number);
        let request = send.idempotency.map(|idempotency| [idempotency.body, *send.pin.as_bytes()].concat());
        let latest = send.pointer.map(|pointer| pointer.entry(send.pin, &pin));
        let mut args: Vec<&[u8]> = Vec::with_capacity(11);
        args.extend([numbers.bytes(), &head, &body, &entry]);
        args.extend([pin_life.as_bytes(), number_life.as_bytes(), application_life.as_bytes()]);
        args.extend(request.as_deref());
        args.extend(wishes.as_ref().map(<[u8; 7]>::as_slice));
        let caller_limits = (!windows.is_empty()).then(|| CallerLimit::pack(send.caller_limits));
        args.extend(caller_limits.as_deref());
        args.extend(timer.as_deref());
        args.extend(latest.as_deref());
        args.extend(guard.as_ref().map(|(_, given)| given.as_slice()));
        args.extend(caps.as_ref().map(|(_, given)| given.as_slice()));

        let asking = Function::Send.call::<Vec<u8>>(self, &keys, &args);
        async move { outcome(&asking.await?).ok_or(Error::Foreign)? }
    }
}

/// Reads the function's answer: a code, then what belongs to it.
fn outcome(answer: &[u8]) -> Option<Result<(SendOutcome, Found), Error>> {
    let (code, rest) = answer.split_first()?;
    let found = match code {
        0 => guard::hit(rest.get(12..)?),
        22 => guard::hit(rest),
        _ => Ok(None),
    };
    let outcome = match code {
        0 => SendOutcome::Accepted { created_ms: time(rest)?, expires_ms: time(rest.get(6..)?)? },
        22 => SendOutcome::Refused(Refusal::Fraud),
        1 => SendOutcome::Repeated {
            pin: PinId::from_bytes(*rest.first_chunk()?),
            created_ms: time(rest.get(16..)?)?,
            expires_ms: time(rest.get(22..)?)?,
        },
        2 => SendOutcome::KeyReused,
        13 => SendOutcome::Live {
            pin: PinId::from_bytes(*rest.first_chunk()?),
            created_ms: time(rest.get(16..)?)?,
            expires_ms: time(rest.get(22..)?)?,
        },
        code => match refusal(i64::from(*code), time(rest)?) {
            Ok(refusal) => SendOutcome::Refused(refusal),
            Err(error) => return Some(Err(error)),
        },
    };
    Some(found.map(|found| (outcome, found)))
}

impl Hot {
    /// How long the keys of a PIN, its number and its application live, in milliseconds, as text.
    fn key_lives(&self, send: &Send<'_>, per_number: Rate) -> (String, String, String) {
        let limits = send.limits;
        let pin_life = send.time_to_live_ms + self.settings.retention_seconds * 1_000;
        // What leads to the PIN lives as long as it.
        let leading = if send.pointer.is_some() { pin_life } else { 0 };
        let application = limits.send_per_application;
        // Two buckets make an approximate window, so its key outlives the current one.
        let buckets = if application.attempts() > EXACT_EVENTS { 2 } else { 1 };
        (
            pin_life.to_string(),
            number_life(limits, per_number, send.time_to_live_ms).max(leading).to_string(),
            (buckets * application.window_ms()).to_string(),
        )
    }
}

/// How long a number must be remembered: its messages, and checks and failures until the PIN's end and after.
pub(crate) fn number_life(limits: &Limits, per_number: Rate, life_ms: u64) -> u64 {
    per_number.window_ms().max(life_ms + limits.verify.window_ms().max(limits.lock_after.window_ms()))
}

/// The refusals that send and resend share, by the scripts' codes.
pub(crate) fn refusal(code: i64, retry_ms: u64) -> Result<Refusal, Error> {
    match code {
        3 => Ok(Refusal::Locked { retry_ms }),
        4 => Ok(Refusal::NumberLimit { retry_ms }),
        5 => Ok(Refusal::ApplicationLimit { retry_ms }),
        6 => Ok(Refusal::Backlog),
        12 => Ok(Refusal::TenantBacklog),
        20 => Ok(Refusal::DailyCap { retry_ms }),
        21 => Ok(Refusal::MonthlyCap { retry_ms }),
        14 => Ok(Refusal::TooSoon { retry_ms }),
        15 => Ok(Refusal::CallerLimit { retry_ms }),
        22 => Ok(Refusal::Fraud),
        23 => Ok(Refusal::PushLimit { retry_ms }),
        _ => Err(Error::Foreign),
    }
}

impl Packed {
    /// The limits that a number's checks follow.
    pub(crate) fn check_limits(self, limits: &Limits) -> Self {
        let window = |ms: u64| u32::try_from(ms).unwrap_or(u32::MAX);
        self.u32(limits.verify.attempts())
            .u32(window(limits.verify.window_ms()))
            .u32(limits.lock_after.attempts())
            .u32(window(limits.lock_after.window_ms()))
    }
}
