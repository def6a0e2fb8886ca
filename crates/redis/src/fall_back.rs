//! Takes the next step of a PIN's fallback plan: once, under the limits that a resend follows.

use pinfold_core::caps::Budget;
use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Facts};
use pinfold_core::fallback::{On, Skip, Step};
use pinfold_core::id::{ApplicationId, PinId, TenantId};
use pinfold_core::life::FallBackOutcome;
use pinfold_core::limits::Limits;

use crate::caps;
use crate::function::{Function, Packed};
use crate::job::Job;
use crate::resend::{push_window, terminal};
use crate::send::{Idempotency, number_life, refusal};
use crate::{Error, Hot, Record, Timer};

/// A step to take. When the PIN went on since its record was read, nothing happens.
#[derive(Debug)]
pub struct FallBack<'a> {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id.
    pub pin: PinId,
    /// Its application.
    pub application: ApplicationId,
    /// The record that was read.
    pub record: &'a Record,
    /// The way of the step's message.
    pub channel: Channel,
    /// Why it has no message, when that is known before.
    pub skip: Option<Skip>,
    /// The step after it.
    pub following: Option<Step>,
    /// Whether somebody waits for the answer: then a limit refuses, and the step stays next. Otherwise it is passed over.
    pub is_asked_for: bool,
    /// The application's limits.
    pub limits: &'a Limits,
    /// The caps that the message has to pass.
    pub budget: Budget,
    /// The caller's idempotency key.
    pub idempotency: Option<Idempotency>,
}

impl Hot {
    /// Takes a step, in one round trip.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn fall_back(&self, step: &FallBack<'_>) -> Result<FallBackOutcome, Error> {
        let (names, record) = (self.names(step.tenant), step.record);
        let (pin, number, application) =
            (names.pin(step.pin), names.number(&record.subject), names.application(step.application));
        let (jobs, events, due) = (names.partition.jobs(), names.partition.events(), names.partition.due());
        let idempotency_key = step.idempotency.map(|idempotency| names.idempotency(&idempotency.key));
        let mut keys: Vec<&[u8]> = vec![pin.as_bytes(), &number, application.as_bytes()];
        keys.extend([jobs.as_bytes(), events.as_bytes(), due.as_bytes()]);
        keys.extend(idempotency_key.as_deref());
        let push = push_window(&names, step.channel, &record.subject);
        keys.extend(push.as_ref().map(|(key, _)| key.as_slice()));
        let caps = caps::given(&names, &step.budget, step.application);
        keys.extend(caps.as_ref().map(|(key, _)| key.as_slice()));

        let limits = step.limits;
        let per_number = limits.send_per_number_of(record.flags.is_test);
        let has_timer = step.following.is_some_and(|following| following.on != On::Failure);
        let numbers = Packed::default()
            .ms(self.clock_ms)
            .u32(per_number.attempts())
            .ms(per_number.window_ms())
            .u32(limits.send_per_application.attempts())
            .ms(limits.send_per_application.window_ms())
            .check_limits(limits)
            .ms(number_life(limits, per_number, record.expires_ms - record.created_ms))
            .u32(self.settings.backlog)
            .ms(self.lockout.memory_ms)
            .u8(step.channel.code())
            .u8(record.generation)
            .u8(record.deliveries)
            .u8(record.steps_taken)
            .ms(step.following.map_or(0, |following| u64::from(following.after) * 1_000))
            .u8(u8::from(idempotency_key.is_some())
                | u8::from(step.following.is_some()) << 1
                | u8::from(has_timer) << 2
                | u8::from(step.is_asked_for) << 3
                | u8::from(push.is_some()) << 4
                | if caps.is_some() { caps::BIT } else { 0 });
        let job = Job::prefix(step.tenant, step.pin, step.channel, 0);
        let facts =
            Facts { step: Some(record.steps_taken.saturating_add(1)), step_channel: Some(step.channel), ..Facts::default() };
        let facts = Detail { facts: Some(Box::new(facts)), ..Detail::default() }.encode();
        let request = step.idempotency.map_or([0; 16], |idempotency| idempotency.body);
        let reason = step.skip.map_or("", Skip::reason);
        let mut args: Vec<&[u8]> = vec![numbers.bytes(), &job, reason.as_bytes(), &facts, &request];
        args.extend(push.as_ref().map(|(_, rate)| rate.bytes()));
        args.extend(caps.as_ref().map(|(_, given)| given.as_slice()));

        let (code, value): (i64, u64) = Function::FallBack.call(self, &keys, &args).await?;
        Ok(match code {
            0 => FallBackOutcome::Started { deliveries: u8::try_from(value).unwrap_or(u8::MAX) },
            1 => FallBackOutcome::Repeated,
            2 => FallBackOutcome::KeyReused,
            7 => FallBackOutcome::Unknown,
            8 => FallBackOutcome::Terminal(terminal(value)?),
            10 => FallBackOutcome::Moved,
            11 => FallBackOutcome::Skipped(match value {
                3 => Skip::Locked,
                4 => Skip::NumberLimit,
                23 => Skip::PushLimit,
                5 => Skip::ApplicationLimit,
                20 => Skip::DailyCap,
                21 => Skip::MonthlyCap,
                _ => step.skip.ok_or(Error::Foreign)?,
            }),
            code => FallBackOutcome::Refused(refusal(code, value)?),
        })
    }

    /// Whether a request with this idempotency key was accepted within the last day.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn was_accepted(&self, tenant: TenantId, idempotency: Idempotency) -> Result<bool, Error> {
        let key = self.names(tenant).idempotency(&idempotency.key);
        let first: Option<Vec<u8>> = redis::cmd("GET").arg(key).query_async(&mut self.link()).await?;
        Ok(first.is_some_and(|first| first == idempotency.body))
    }

    /// Has a PIN's plan looked at now, because a message of it failed after a provider took it.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn look_at_plan(&self, timer: Timer) -> Result<(), Error> {
        let mut add = redis::cmd("XADD");
        add.arg(self.partition(timer.tenant).jobs()).arg("*").arg("j").arg(timer.encode());
        Ok(add.query_async::<()>(&mut self.link()).await?)
    }
}
