//! Sends a living PIN again: same id, same expiry, same attempts; on request with a new code.

use pinfold_core::caps::Budget;
use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, PinId, TenantId};
use pinfold_core::keys::Digest;
use pinfold_core::life::{ResendOutcome, Terminal};
use pinfold_core::limits::{Limits, pushes};

use crate::caps;
use crate::function::{Function, Packed};
use crate::guard::{self, Found, Guarded};
use crate::job::Job;
use crate::keys::TenantKeyNames;
use crate::send::{CallerLimit, Idempotency, Pointer, number_life, refusal};
use crate::{Error, Hot, Record};

/// A PIN to send again. What it says of the PIN comes from [`Hot::peek`]; when the code was replaced in between, or
/// with a new envelope when any message was queued, the resend changes nothing and answers `None`.
#[derive(Debug)]
pub struct Resend<'a> {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id.
    pub pin: PinId,
    /// Its application.
    pub application: ApplicationId,
    /// The record that was read.
    pub record: &'a Record,
    /// The way to the person, which may differ from the first one.
    pub channel: Channel,
    /// The application's limits.
    pub limits: &'a Limits,
    /// The caps that the message has to pass.
    pub budget: Budget,
    /// The digest of a new code; the old one dies at once.
    pub new_digest: Option<Digest>,
    /// A new sealed envelope, when what it says changed.
    pub new_sealed: Option<&'a [u8]>,
    /// The new code's pointer, when the record has one.
    pub pointer: Option<Pointer>,
    /// The pause that must lie between two messages of the number, in milliseconds; 0 for none.
    pub pause_ms: u64,
    /// The caller's idempotency key.
    pub idempotency: Option<Idempotency>,
    /// What else counts the message.
    pub caller_limits: &'a [CallerLimit],
    /// The trace context, as a `traceparent` header.
    pub trace: Option<&'a str>,
}

impl Hot {
    /// Queues a PIN's message again, in one round trip; `None` when the record changed since it was read.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn resend(&self, resend: &Resend<'_>) -> Result<Option<ResendOutcome>, Error> {
        Ok(self.resend_guarded(resend, None).await?.map(|(outcome, _)| outcome))
    }

    /// The same for a message that has to pass the fraud guard; with what the guard found, whether that refuses it or not.
    ///
    /// # Errors
    /// See [`Self::resend`].
    pub async fn resend_guarded(
        &self,
        resend: &Resend<'_>,
        guarded: Option<Guarded<'_>>,
    ) -> Result<Option<(ResendOutcome, Found)>, Error> {
        let names = self.names(resend.tenant);
        let (pin, number, application) =
            (names.pin(resend.pin), names.number(&resend.record.subject), names.application(resend.application));
        let jobs = names.partition.jobs();
        let idempotency_key = resend.idempotency.map(|idempotency| names.idempotency(&idempotency.key));
        let mut keys: Vec<&[u8]> = vec![pin.as_bytes(), &number, application.as_bytes(), jobs.as_bytes()];
        keys.extend(idempotency_key.as_deref());
        let windows: Vec<_> = resend.caller_limits.iter().map(|limit| names.caller_limit(&limit.key)).collect();
        keys.extend(windows.iter().map(Vec::as_slice));
        let push = push_window(&names, resend.channel, &resend.record.subject);
        keys.extend(push.as_ref().map(|(key, _)| key.as_slice()));
        let guard = guarded.and_then(|guarded| guard::given(&names, &guarded));
        keys.extend(guard.as_ref().map(|(key, _)| key.as_bytes()));
        let caps = caps::given(&names, &resend.budget, resend.application);
        keys.extend(caps.as_ref().map(|(key, _)| key.as_slice()));

        let limits = resend.limits;
        let per_number = limits.send_per_number_of(resend.record.flags.is_test);
        let numbers = Packed::default()
            .ms(self.clock_ms)
            .u32(per_number.attempts())
            .ms(per_number.window_ms())
            .u32(limits.send_per_application.attempts())
            .ms(limits.send_per_application.window_ms())
            .check_limits(limits)
            .ms(number_life(limits, per_number, resend.record.expires_ms - resend.record.created_ms))
            .u32(self.settings.backlog)
            .u32(self.settings.tenant_backlog())
            .ms(self.lockout.memory_ms)
            .u8(resend.channel.code())
            .u8(resend.record.generation)
            .u8(resend.record.deliveries)
            .u8(u8::from(idempotency_key.is_some())
                | u8::from(push.is_some()) << 5
                | if guard.is_some() { guard::BIT } else { 0 }
                | if caps.is_some() { caps::BIT } else { 0 });
        let job = Job::prefix(resend.tenant, resend.pin, resend.channel, 0);
        let digest = resend.new_digest.as_ref().map_or(&[][..], |digest| digest);
        let request = resend.idempotency.map_or([0; 16], |idempotency| idempotency.body);
        let latest = resend.pointer.map_or_else(Vec::new, |pointer| pointer.entry(resend.pin, &pin));
        let caller_limits = CallerLimit::pack(resend.caller_limits);
        let pause = (resend.pause_ms > 0).then(|| Packed::default().ms(resend.pause_ms));
        let mut args: Vec<&[u8]> = vec![
            numbers.bytes(),
            &job,
            resend.trace.unwrap_or_default().as_bytes(),
            digest,
            resend.new_sealed.unwrap_or_default(),
            &request,
            &latest,
            &caller_limits,
        ];
        args.extend(pause.as_ref().map(Packed::bytes));
        args.extend(push.as_ref().map(|(_, rate)| rate.bytes()));
        args.extend(guard.as_ref().map(|(_, given)| given.as_slice()));
        args.extend(caps.as_ref().map(|(_, given)| given.as_slice()));

        let (code, first, expires_ms, hit): (i64, u64, u64, Vec<u8>) = Function::Resend.call(self, &keys, &args).await?;
        let outcome = match code {
            0 => ResendOutcome::Accepted { deliveries: u8::try_from(first).unwrap_or(u8::MAX), expires_ms },
            1 => ResendOutcome::Repeated,
            2 => ResendOutcome::KeyReused,
            7 => ResendOutcome::Unknown,
            8 => ResendOutcome::Terminal(terminal(first)?),
            10 => return Ok(None),
            code => ResendOutcome::Refused(refusal(code, first)?),
        };
        Ok(Some((outcome, guard::hit(&hit)?)))
    }
}

/// The window of a recipient's push messages and its limit, for a message that is one.
pub(crate) fn push_window(names: &TenantKeyNames, channel: Channel, subject: &Digest) -> Option<(Vec<u8>, Packed)> {
    let rate = pushes();
    let limit = || Packed::default().u32(rate.attempts()).ms(rate.window_ms());
    (channel == Channel::Push).then(|| (names.pushes(subject), limit()))
}

/// The ends of a PIN, by the scripts' codes.
pub(crate) fn terminal(code: u64) -> Result<Terminal, Error> {
    match code {
        1 => Ok(Terminal::AlreadyVerified),
        2 => Ok(Terminal::Exhausted),
        3 => Ok(Terminal::Canceled),
        4 => Ok(Terminal::Expired),
        _ => Err(Error::Foreign),
    }
}
