//! Sends a new PIN: idempotency, lock, limits, record and job in one script.

use std::sync::LazyLock;

use pinfold_core::alphabet::Alphabet;
use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, MessageId, PinId, TenantId};
use pinfold_core::keys::{Digest, KeyVersion};
use pinfold_core::life::{Refusal, SendOutcome};
use pinfold_core::limits::Limits;

use crate::job::Job;
use crate::record::{Flags, Record};
use crate::script::{Numbers, Script, script};
use crate::{Error, Hot};

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
    /// Set when the number's latest PIN must be found by the number.
    pub pointer: Option<Pointer>,
    /// The caller's idempotency key.
    pub idempotency: Option<Idempotency>,
    /// Whether a message is queued; without, only the record is written.
    pub is_queued: bool,
    /// The trace context, as a `traceparent` header.
    pub trace: Option<&'a str>,
}

/// Makes a PIN findable by its number.
#[derive(Debug, Clone, Copy)]
pub struct Pointer {
    /// The keyed hash of number, application and purpose.
    pub key: Digest,
    /// The code's digest for this number.
    pub digest: Digest,
}

/// An idempotency key, hashed.
#[derive(Debug, Clone, Copy)]
pub struct Idempotency {
    /// The keyed hash of the key.
    pub key: [u8; 16],
    /// The keyed hash of operation and body.
    pub body: [u8; 16],
}

static SCRIPT: LazyLock<Script> = LazyLock::new(|| script!("window", "number", "send"));

impl Hot {
    /// Sends a PIN, in one round trip.
    ///
    /// # Errors
    /// When Redis cannot be asked; then nothing is known to have been sent.
    pub async fn send(&self, send: &Send<'_>) -> Result<SendOutcome, Error> {
        let names = self.names(send.tenant);
        let (pin, number, application) = (names.pin(send.pin), names.number(&send.subject), names.application(send.application));
        let jobs = names.partition.jobs();
        let idempotency_key = send.idempotency.map(|idempotency| names.idempotency(&idempotency.key));
        let latest_key = send.pointer.map(|pointer| names.latest(&pointer.key));
        let mut keys: Vec<&[u8]> = vec![pin.as_bytes(), &number, application.as_bytes(), jobs.as_bytes()];
        keys.extend(idempotency_key.as_deref());
        keys.extend(latest_key.as_deref());

        let limits = send.limits;
        let has = u8::from(idempotency_key.is_some()) | u8::from(latest_key.is_some()) << 1 | u8::from(!send.is_queued) << 2;
        let numbers = Numbers::default()
            .ms(self.clock_ms)
            .u32(limits.send_per_number.attempts())
            .ms(limits.send_per_number.window_ms())
            .u32(limits.send_per_application.attempts())
            .ms(limits.send_per_application.window_ms())
            .check_limits(limits)
            .ms(send.time_to_live_ms)
            .ms(self.settings.retention_seconds * 1_000)
            .u32(self.settings.backlog)
            .ms(self.lockout.memory_ms)
            .u8(has);
        let head = Record::head(send.flags, send.channel, limits.pin_attempts, send.key_version, send.length, send.alphabet);
        let body = Record::body(&send.digest, &send.subject, send.message, send.sealed);
        let mut job = Job::prefix(send.tenant, send.pin, send.channel, 0);
        job.extend([0, 1]);
        job.extend(send.trace.unwrap_or_default().as_bytes());
        let request = send.idempotency.map_or([0; 16], |idempotency| idempotency.body);
        let latest = send.pointer.map_or_else(Vec::new, |pointer| [send.pin.as_bytes().as_slice(), &pointer.digest].concat());
        let args: [&[u8]; 7] = [numbers.bytes(), &head, &body, &job, &request, &latest, send.pin.as_bytes()];

        let (code, first, second, repeated): (i64, u64, u64, Vec<u8>) = SCRIPT.run(self, &keys, &args).await?;
        Ok(match code {
            0 => SendOutcome::Accepted { created_ms: first, expires_ms: second },
            1 => SendOutcome::Repeated {
                pin: PinId::from_bytes(repeated.try_into().map_err(|_| Error::Foreign)?),
                created_ms: first,
                expires_ms: second,
            },
            2 => SendOutcome::KeyReused,
            code => SendOutcome::Refused(refusal(code, first)?),
        })
    }
}

/// The refusals that send and resend share, by the scripts' codes.
pub(crate) fn refusal(code: i64, retry_ms: u64) -> Result<Refusal, Error> {
    match code {
        3 => Ok(Refusal::Locked { retry_ms }),
        4 => Ok(Refusal::NumberLimit { retry_ms }),
        5 => Ok(Refusal::ApplicationLimit { retry_ms }),
        6 => Ok(Refusal::Backlog),
        _ => Err(Error::Foreign),
    }
}

impl Numbers {
    /// The limits that a number's checks follow.
    pub(crate) fn check_limits(self, limits: &Limits) -> Self {
        let window = |ms: u64| u32::try_from(ms).unwrap_or(u32::MAX);
        self.u32(limits.verify.attempts())
            .u32(window(limits.verify.window_ms()))
            .u32(limits.lock_after.attempts())
            .u32(window(limits.lock_after.window_ms()))
    }
}
