//! A tenant with one number, for tests that look at the hot state from outside.

#![allow(dead_code, reason = "each test binary uses its part")]

use pinfold_core::alphabet::{Alphabet, Classes};
use pinfold_core::caps::Budget;
use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, MessageId, PinId, TenantId};
use pinfold_core::keys::Digest;
use pinfold_core::life::{SendOutcome, Verdict, WhenLive};
use pinfold_core::limits::{Limits, Lockout};
use pinfold_redis::{Error, Flags, Found, Guarded, Guess, GuessOf, Hot, Idempotency, Pointer, Send, Settings};

pub const RIGHT: Digest = [1; 12];
pub const WRONG: Digest = [2; 12];

pub fn hot(url: &str) -> Hot {
    Hot::lazy(&Settings { url: url.to_owned().into(), ..Settings::default() }, &Lockout::default()).expect("settings are usable")
}

/// Limits wide enough to stay out of a test's way.
pub fn wide() -> Limits {
    let rate = |text: &str| text.parse().expect(text);
    Limits {
        verify: rate("100000/1s"),
        send_per_number: rate("100000/1h"),
        send_per_application: rate("1000000/1d"),
        lock_after: rate("100/1h"),
        ..Limits::default()
    }
}

#[derive(Clone)]
pub struct Person {
    pub tenant: TenantId,
    pub application: ApplicationId,
    pub subject: Digest,
    pub limits: Limits,
    pub budget: Budget,
    pub sealed: Vec<u8>,
}

impl Person {
    pub fn new(limits: Limits) -> Self {
        let subject = *PinId::random().as_bytes().first_chunk().expect("16 bytes");
        Self {
            tenant: TenantId::random(),
            application: ApplicationId::random(),
            subject,
            limits,
            budget: Budget::default(),
            sealed: vec![7; 36],
        }
    }

    pub async fn send_with(&self, hot: &Hot, pin: PinId, idempotency: Option<Idempotency>) -> SendOutcome {
        self.send_guarded(hot, pin, idempotency, None).await.0
    }

    pub async fn send_guarded(
        &self,
        hot: &Hot,
        pin: PinId,
        idempotency: Option<Idempotency>,
        guarded: Option<Guarded<'_>>,
    ) -> (SendOutcome, Found) {
        self.try_send_guarded(hot, pin, idempotency, guarded).await.expect("Redis answers")
    }

    async fn try_send_guarded(
        &self,
        hot: &Hot,
        pin: PinId,
        idempotency: Option<Idempotency>,
        guarded: Option<Guarded<'_>>,
    ) -> Result<(SendOutcome, Found), Error> {
        hot.send_guarded(&Send { idempotency, ..self.asked(pin) }, guarded).await
    }

    /// Sends a PIN that is found by its number.
    pub async fn send_by_number(&self, hot: &Hot, pin: PinId, pointer: Option<Pointer>, when_live: WhenLive) -> SendOutcome {
        hot.send(&Send { pointer, when_live, ..self.asked(pin) }).await.expect("Redis answers")
    }

    fn asked(&self, pin: PinId) -> Send<'_> {
        Send {
            tenant: self.tenant,
            pin,
            application: self.application,
            message: MessageId::from_bytes([3; 16]),
            subject: self.subject,
            channel: Channel::Sms,
            flags: Flags { may_repeat: self.limits.allow_multiple_verifications, ..Flags::default() },
            limits: &self.limits,
            budget: self.budget,
            attempts: self.limits.pin_attempts,
            time_to_live_ms: self.limits.time_to_live.millis(),
            key_version: 1,
            length: 6,
            alphabet: Alphabet::Numeric,
            digest: RIGHT,
            sealed: &self.sealed,
            pointer: None,
            when_live: WhenLive::Replace,
            pause_ms: 0,
            idempotency: None,
            fallback: None,
            is_queued: true,
            caller_limits: &[],
            trace: None,
        }
    }

    pub async fn try_send(&self, hot: &Hot, pin: PinId, idempotency: Option<Idempotency>) -> Result<SendOutcome, Error> {
        Ok(self.try_send_guarded(hot, pin, idempotency, None).await?.0)
    }

    pub async fn send(&self, hot: &Hot) -> PinId {
        let pin = PinId::random();
        assert!(matches!(self.send_with(hot, pin, None).await, SendOutcome::Accepted { .. }));
        pin
    }

    pub async fn guess(&self, hot: &Hot, pin: PinId, digest: Digest) -> Verdict {
        self.guess_with(hot, pin, digest, None).await
    }

    pub async fn guess_with(&self, hot: &Hot, pin: PinId, digest: Digest, success_key: Option<[u8; 8]>) -> Verdict {
        self.judge(hot, pin, digest, success_key).await.expect("Redis answers")
    }

    pub async fn try_guess(&self, hot: &Hot, pin: PinId, digest: Digest) -> Result<Verdict, Error> {
        self.judge(hot, pin, digest, None).await
    }

    async fn judge(&self, hot: &Hot, pin: PinId, digest: Digest, success_key: Option<[u8; 8]>) -> Result<Verdict, Error> {
        let classes = Classes::of("123456").expect("digits");
        let guess =
            Guess { tenant: self.tenant, of: GuessOf::Pin(pin), classes, digests: &[(1, digest)], success_key, source: None };
        Ok(hot.verify(&guess).await?.verdict)
    }
}
