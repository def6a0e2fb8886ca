//! The reference model: maps instead of Redis keys, the same decisions in the same order.

use std::collections::HashMap;

use super::{CancelOutcome, FallBackOutcome, Refusal, ResendOutcome, SendOutcome, Status, Terminal, Verdict, WhenLive};
use crate::fallback::Skip;
use crate::fraud::{Guard, Hit, Mode, Place};
use crate::id::PinId;
use crate::limits::{self, Limits, Lockout};
use crate::span::Rate;
use crate::spray::{Budget, Source};
use crate::window::{EXACT_EVENTS, Window};

/// A send, as the model sees it: numbers, applications and codes are small integers.
#[derive(Debug, Clone)]
pub struct ModelSend {
    /// The PIN to create.
    pub pin: PinId,
    /// Its number.
    pub number: u8,
    /// Its application.
    pub application: u8,
    /// The right code.
    pub code: u8,
    /// The application's limits.
    pub limits: Limits,
    /// Idempotency key and a stand-in for the request's body.
    pub idempotency: Option<(u8, u8)>,
    /// What else counts it: limits that the caller defined, by stand-ins for what they count.
    pub caller_limits: Vec<(u8, Rate)>,
    /// Whether it becomes its number's latest PIN, and what becomes of the one that is.
    pub by_number: Option<WhenLive>,
    /// The pause between two messages that the request wants, in milliseconds; 0 for none.
    pub pause_ms: u64,
    /// Whether the fraud guard records or blocks, and the places that it counts by.
    pub guard: (Mode, Vec<Place>),
}

/// A resend.
#[derive(Debug, Clone)]
pub struct ModelResend {
    /// The PIN.
    pub pin: PinId,
    /// A new code that replaces the old one.
    pub new_code: Option<u8>,
    /// Whether it is a push message.
    pub is_push: bool,
    /// The application's limits.
    pub limits: Limits,
    /// What else counts it.
    pub caller_limits: Vec<(u8, Rate)>,
    /// The pause between two messages that the request wants, in milliseconds; 0 for none.
    pub pause_ms: u64,
    /// Whether the fraud guard records or blocks, and the places that it counts by.
    pub guard: (Mode, Vec<Place>),
}

/// A step of a fallback plan.
#[derive(Debug, Clone)]
pub struct ModelFallBack {
    /// The PIN.
    pub pin: PinId,
    /// Steps taken and messages sent, as they were when somebody looked.
    pub seen: (u8, u8),
    /// Why the step has no message, when that is known before.
    pub skip: Option<Skip>,
    /// Whether somebody waits for the answer: then a refusal leaves the step next.
    pub is_asked_for: bool,
    /// Whether it is a push message.
    pub is_push: bool,
    /// The application's limits.
    pub limits: Limits,
}

/// A guess.
#[derive(Debug, Clone)]
pub struct ModelVerify {
    /// The PIN.
    pub pin: PinId,
    /// The guessed code.
    pub code: u8,
    /// The key under which a lost success may be asked for again.
    pub idempotency: Option<u8>,
    /// Where it comes from, what that may be wrong, and whether that refuses it.
    pub source: Option<(u8, Budget, bool)>,
}

#[derive(Debug, Clone)]
struct Life {
    number: u8,
    application: u8,
    code: u8,
    status: Status,
    may_repeat: bool,
    attempts: u8,
    used: u8,
    deliveries: u8,
    steps_taken: u8,
    created_ms: u64,
    expires_ms: u64,
    success_key: Option<u8>,
}

impl Life {
    fn terminal(&self, now: u64) -> Option<Terminal> {
        match self.status {
            Status::Verified if !self.may_repeat => Some(Terminal::AlreadyVerified),
            Status::Exhausted => Some(Terminal::Exhausted),
            Status::Canceled => Some(Terminal::Canceled),
            Status::Waiting | Status::Verified => (now >= self.expires_ms).then_some(Terminal::Expired),
        }
    }
}

#[derive(Debug, Clone)]
struct Number {
    locked_until_ms: u64,
    locks: u8,
    verify: Rate,
    lock_after: Rate,
    failures: Window,
    sends: Window,
    /// When the last message was that asked for a pause, where the window of messages does not know.
    noted_ms: Option<u64>,
    verifies: Window,
}

impl Number {
    fn new(limits: &Limits) -> Self {
        Self {
            locked_until_ms: 0,
            locks: 0,
            verify: limits.verify,
            lock_after: limits.lock_after,
            failures: Window::default(),
            sends: Window::default(),
            noted_ms: None,
            verifies: Window::default(),
        }
    }

    fn lock(&self, now: u64) -> Result<(), Refusal> {
        if self.locked_until_ms > now { Err(Refusal::Locked { retry_ms: self.locked_until_ms - now }) } else { Ok(()) }
    }

    /// Counts a failed check; the one that reaches the budget locks, longer each time.
    fn fail(&mut self, lockout: &Lockout, now: u64) {
        self.failures = self.failures.after(self.lock_after, now);
        if self.failures.admits(self.lock_after, now).is_ok() {
            return;
        }
        if now > self.locked_until_ms + lockout.memory_ms {
            self.locks = 0;
        }
        let step = usize::from(self.locks).min(lockout.locks_ms.len() - 1);
        self.locked_until_ms = now + lockout.locks_ms[step];
        self.locks = self.locks.saturating_add(1);
        self.failures = Window::default();
    }
}

/// What a message has to pass.
struct Wanted<'a> {
    limits: &'a Limits,
    is_push: bool,
    pause_ms: u64,
    others: &'a [(u8, Rate)],
    guard: &'a (Mode, Vec<Place>),
}

/// All hot state of one tenant.
#[derive(Debug, Clone, Default)]
pub struct Model {
    lockout: Lockout,
    pins: HashMap<PinId, Life>,
    numbers: HashMap<(u8, u8), Number>,
    pushes: HashMap<(u8, u8), Window>,
    applications: HashMap<u8, Window>,
    others: HashMap<u8, Window>,
    sent: HashMap<u8, (u8, PinId, u64, u64)>,
    latest: HashMap<(u8, u8), PinId>,
    guard: Guard,
    sources: HashMap<u8, Source>,
    found: Option<(usize, Hit)>,
}

impl Model {
    /// An empty state with these lock durations.
    #[must_use]
    pub fn new(lockout: Lockout) -> Self {
        Self { lockout, ..Self::default() }
    }

    /// Whether all windows take one more message, and what they are afterwards.
    fn spend_send(
        &mut self,
        number: (u8, u8),
        Wanted { limits, is_push, pause_ms, others, guard }: Wanted<'_>,
        now: u64,
    ) -> Result<(), Refusal> {
        self.found = None;
        let state = self.numbers.entry(number).or_insert_with(|| Number::new(limits));
        state.lock(now)?;
        if pause_ms > 0
            && let Some(last) = state.sends.last().or(state.noted_ms)
            && last + pause_ms > now
        {
            return Err(Refusal::TooSoon { retry_ms: last + pause_ms - now });
        }
        state.sends.admits(limits.send_per_number, now).map_err(|retry_ms| Refusal::NumberLimit { retry_ms })?;
        let pushes = self.pushes.entry(number).or_default();
        if is_push {
            pushes.admits(limits::pushes(), now).map_err(|retry_ms| Refusal::PushLimit { retry_ms })?;
        }
        let application = self.applications.entry(number.0).or_default();
        application.admits(limits.send_per_application, now).map_err(|retry_ms| Refusal::ApplicationLimit { retry_ms })?;
        for (key, rate) in others {
            let window = self.others.entry(*key).or_default();
            window.admits(*rate, now).map_err(|retry_ms| Refusal::CallerLimit { retry_ms })?;
        }
        let judged = self.guard.send(guard.0, &guard.1, now);
        self.found = judged.hit;
        if judged.is_refused {
            return Err(Refusal::Fraud);
        }
        for (key, rate) in others {
            let window = self.others.entry(*key).or_default();
            *window = window.after(*rate, now);
        }
        state.sends = state.sends.after(limits.send_per_number, now);
        if pause_ms > 0 && limits.send_per_number.attempts() > EXACT_EVENTS {
            state.noted_ms = Some(now);
        }
        if is_push {
            *pushes = pushes.after(limits::pushes(), now);
        }
        state.verify = limits.verify;
        state.lock_after = limits.lock_after;
        *application = application.after(limits.send_per_application, now);
        Ok(())
    }

    /// Sends a new PIN.
    pub fn send(&mut self, send: &ModelSend, now: u64) -> SendOutcome {
        if let Some((key, body)) = send.idempotency
            && let Some(&(first, pin, created_ms, expires_ms)) = self.sent.get(&key)
        {
            return if first == body { SendOutcome::Repeated { pin, created_ms, expires_ms } } else { SendOutcome::KeyReused };
        }
        let number = (send.application, send.number);
        let live = send.by_number.filter(|then| *then != WhenLive::Replace).and_then(|_| self.waiting(number, now));
        if let (Some(WhenLive::Join), Some((pin, expires_ms))) = (send.by_number, live) {
            return SendOutcome::Live { pin, created_ms: self.pins[&pin].created_ms, expires_ms };
        }
        let wanted = Wanted {
            limits: &send.limits,
            is_push: false,
            pause_ms: send.pause_ms,
            others: &send.caller_limits,
            guard: &send.guard,
        };
        if let Err(refusal) = self.spend_send(number, wanted, now) {
            return SendOutcome::Refused(refusal);
        }
        if let Some(older) = live.and_then(|(pin, _)| self.pins.get_mut(&pin)) {
            older.status = Status::Canceled;
        }
        if send.by_number.is_some() {
            self.latest.insert(number, send.pin);
        }
        let expires_ms = now + send.limits.time_to_live.millis();
        let life = Life {
            number: send.number,
            application: send.application,
            code: send.code,
            status: Status::Waiting,
            may_repeat: send.limits.allow_multiple_verifications,
            attempts: send.limits.pin_attempts,
            used: 0,
            deliveries: 1,
            steps_taken: 0,
            created_ms: now,
            expires_ms,
            success_key: None,
        };
        self.pins.insert(send.pin, life);
        if let Some((key, body)) = send.idempotency {
            self.sent.insert(key, (body, send.pin, now, expires_ms));
        }
        SendOutcome::Accepted { created_ms: now, expires_ms }
    }

    /// The number's latest PIN and its end, if it still waits.
    fn waiting(&self, number: (u8, u8), now: u64) -> Option<(PinId, u64)> {
        let pin = *self.latest.get(&number)?;
        let life = self.pins.get(&pin).filter(|life| life.status == Status::Waiting && now < life.expires_ms)?;
        Some((pin, life.expires_ms))
    }

    /// Sends a PIN again: same id, same expiry, same attempts.
    pub fn resend(&mut self, resend: &ModelResend, now: u64) -> ResendOutcome {
        let Some(life) = self.pins.get(&resend.pin) else { return ResendOutcome::Unknown };
        if let Some(terminal) = life.terminal(now) {
            return ResendOutcome::Terminal(terminal);
        }
        let number = (life.application, life.number);
        let wanted = Wanted {
            limits: &resend.limits,
            is_push: resend.is_push,
            pause_ms: resend.pause_ms,
            others: &resend.caller_limits,
            guard: &resend.guard,
        };
        if let Err(refusal) = self.spend_send(number, wanted, now) {
            return ResendOutcome::Refused(refusal);
        }
        let Some(life) = self.pins.get_mut(&resend.pin) else { return ResendOutcome::Unknown };
        life.deliveries = life.deliveries.saturating_add(1);
        life.code = resend.new_code.unwrap_or(life.code);
        ResendOutcome::Accepted { deliveries: life.deliveries, expires_ms: life.expires_ms }
    }

    /// Takes the next step of a PIN's fallback plan, if nobody took it before.
    pub fn fall_back(&mut self, step: &ModelFallBack, now: u64) -> FallBackOutcome {
        let Some(life) = self.pins.get(&step.pin) else { return FallBackOutcome::Unknown };
        if life.status == Status::Verified {
            return FallBackOutcome::Terminal(Terminal::AlreadyVerified);
        }
        if let Some(terminal) = life.terminal(now) {
            return FallBackOutcome::Terminal(terminal);
        }
        if (life.steps_taken, life.deliveries) != step.seen {
            return FallBackOutcome::Moved;
        }
        let number = (life.application, life.number);
        let guard = Default::default();
        let wanted = Wanted { limits: &step.limits, is_push: step.is_push, pause_ms: 0, others: &[], guard: &guard };
        let spent = match step.skip {
            Some(skip) => Err(skip),
            None => match self.spend_send(number, wanted, now) {
                Ok(()) => Ok(()),
                Err(refusal) if step.is_asked_for => return FallBackOutcome::Refused(refusal),
                Err(Refusal::Locked { .. }) => Err(Skip::Locked),
                Err(Refusal::NumberLimit { .. }) => Err(Skip::NumberLimit),
                Err(Refusal::PushLimit { .. }) => Err(Skip::PushLimit),
                Err(Refusal::ApplicationLimit { .. }) => Err(Skip::ApplicationLimit),
                Err(Refusal::DailyCap { .. }) => Err(Skip::DailyCap),
                Err(Refusal::MonthlyCap { .. }) => Err(Skip::MonthlyCap),
                Err(
                    refusal @ (Refusal::Backlog
                    | Refusal::TenantBacklog
                    | Refusal::CallerLimit { .. }
                    | Refusal::Fraud
                    | Refusal::Throttled { .. }
                    | Refusal::TooSoon { .. }),
                ) => {
                    return FallBackOutcome::Refused(refusal);
                }
            },
        };
        let Some(life) = self.pins.get_mut(&step.pin) else { return FallBackOutcome::Unknown };
        life.steps_taken += 1;
        if let Err(skip) = spent {
            return FallBackOutcome::Skipped(skip);
        }
        life.deliveries = life.deliveries.saturating_add(1);
        FallBackOutcome::Started { deliveries: life.deliveries }
    }

    /// What the fraud guard found of the last message.
    #[must_use]
    pub fn found(&self) -> Option<(usize, Hit)> {
        self.found
    }

    /// Counts a PIN that was verified, as processes do behind their answers.
    pub fn count_verified(&mut self, places: &[Place], now: u64) {
        self.guard.verified(places.iter().map(|place| place.name.as_slice()), now);
    }

    /// Ends a block.
    pub fn unblock(&mut self, place: &Place, now: u64) {
        self.guard.unblock(&place.name, now);
    }

    /// Judges a guess: it is spent before it is answered.
    pub fn verify(&mut self, verify: &ModelVerify, now: u64) -> Verdict {
        let Some(life) = self.pins.get_mut(&verify.pin) else { return Verdict::Unknown };
        let left = life.attempts - life.used;
        if life.status == Status::Verified
            && verify.idempotency.is_some()
            && life.success_key == verify.idempotency
            && life.code == verify.code
        {
            return Verdict::Verified { remaining: left };
        }
        if let Some(terminal) = life.terminal(now) {
            return Verdict::Terminal(terminal);
        }
        let Some(number) = self.numbers.get_mut(&(life.application, life.number)) else { return Verdict::Unknown };
        if let Err(refusal) = number.lock(now) {
            return Verdict::Refused(refusal);
        }
        if let Err(retry_ms) = number.verifies.admits(number.verify, now) {
            return Verdict::Refused(Refusal::Throttled { retry_ms });
        }
        if let Some((source, budget, refuses)) = verify.source {
            let source = self.sources.entry(source).or_default();
            if refuses && let Err(retry_ms) = source.admits(budget, now) {
                return Verdict::Refused(Refusal::Throttled { retry_ms });
            }
            if life.used == 0 {
                *source = source.after(budget, verify.code == life.code, now);
            }
        }
        life.used += 1;
        let remaining = life.attempts - life.used;
        if verify.code == life.code {
            // With nothing left to spend, even a PIN that may be verified again is used up by the next guess.
            life.status = if remaining == 0 && life.may_repeat { Status::Exhausted } else { Status::Verified };
            life.success_key = verify.idempotency;
            // Whoever knows the code does not guess: a success counts as no check.
            number.failures = Window::default();
            number.locks = 0;
            return Verdict::Verified { remaining };
        }
        number.verifies = number.verifies.after(number.verify, now);
        if remaining == 0 {
            life.status = Status::Exhausted;
        }
        number.fail(&self.lockout, now);
        Verdict::Wrong { remaining }
    }

    /// Ends a PIN by the caller's wish.
    pub fn cancel(&mut self, pin: PinId, now: u64) -> CancelOutcome {
        let Some(life) = self.pins.get_mut(&pin) else { return CancelOutcome::Unknown };
        if life.status == Status::Verified {
            return CancelOutcome::Terminal(Terminal::AlreadyVerified);
        }
        if let Some(terminal) = life.terminal(now) {
            return CancelOutcome::Terminal(terminal);
        }
        life.status = Status::Canceled;
        CancelOutcome::Canceled
    }
}

#[cfg(test)]
mod tests;
