//! The oracle: random histories against the scripts in a real Redis and against the pure model give the same outcomes.

use pinfold_core::alphabet::{Alphabet, Classes};
use pinfold_core::channel::Channel;
use pinfold_core::fallback::{On, Skip, Step as PlanStep};
use pinfold_core::id::{ApplicationId, MessageId, PinId, TenantId};
use pinfold_core::keys::Digest;
use pinfold_core::life::{Model, ModelFallBack, ModelResend, ModelSend, ModelVerify, WhenLive};
use pinfold_core::limits::{Limits, Lockout};
use pinfold_core::span::Rate;
use pinfold_redis::{CallerLimit, FallBack, Flags, Guess, GuessOf, Hot, Idempotency, Pointer, Resend, Send, Settings};
use pinfold_testkit::Redis;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// One step of a history: an operation after some milliseconds.
#[derive(Debug, Clone)]
enum Step {
    Send { number: u8, application: u8, code: u8, limits: usize, idempotency: Option<(u8, u8)>, wishes: Wishes, others: u8 },
    Resend { pin: usize, new_code: Option<u8>, pause_ms: u64, others: u8 },
    FallBack { pin: usize, is_late: bool, is_skipped: bool, is_asked_for: bool },
    Verify { pin: usize, code: u8, key: Option<u8> },
    Cancel { pin: usize },
}

/// What becomes of the number's latest PIN, and the pause between two messages.
type Wishes = (Option<WhenLive>, u64);

fn pause_ms() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0), 1 => 1..10_000_u64]
}

fn wishes() -> impl Strategy<Value = Wishes> {
    let then = prop_oneof![Just(WhenLive::Replace), Just(WhenLive::Join), Just(WhenLive::Supersede)];
    (proptest::option::weighted(0.7, then), pause_ms())
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let (pin, others) = (0..6_usize, prop_oneof![2 => Just(0_u8), 1 => 1..8_u8]);
    let step = prop_oneof![
        3 => (0..2_u8, 0..2_u8, 0..3_u8, 0..LIMITS.len(), proptest::option::weighted(0.2, (0..2_u8, 0..2_u8)), wishes(), others.clone())
            .prop_map(|(number, application, code, limits, idempotency, wishes, others)| Step::Send { number, application, code, limits, idempotency, wishes, others }),
        1 => (pin.clone(), proptest::option::weighted(0.3, 0..3_u8), pause_ms(), others)
            .prop_map(|(pin, new_code, pause_ms, others)| Step::Resend { pin, new_code, pause_ms, others }),
        2 => (pin.clone(), proptest::bool::weighted(0.2), proptest::bool::weighted(0.2), any::<bool>())
            .prop_map(|(pin, is_late, is_skipped, is_asked_for)| Step::FallBack { pin, is_late, is_skipped, is_asked_for }),
        6 => (pin.clone(), 0..3_u8, proptest::option::weighted(0.2, 0..2_u8)).prop_map(|(pin, code, key)| Step::Verify { pin, code, key }),
        1 => pin.prop_map(|pin| Step::Cancel { pin }),
    ];
    let pause = prop_oneof![4 => 0..5_u64, 3 => 200..4_000_u64, 2 => 20_000..90_000_u64, 1 => 600_000..4_000_000_u64];
    proptest::collection::vec((pause, step), 1..60)
}

/// (attempts, may repeat, life, check limit, application limit, number limit, lock after)
type Row = (u8, bool, &'static str, &'static str, &'static str, &'static str, &'static str);
const LIMITS: [Row; 4] = [
    (5, false, "5m", "1/3s", "10000/1d", "3/1h", "10/1h"),
    (3, true, "1m", "100/1s", "150/1m", "30/1h", "4/1h"),
    (10, false, "15m", "200/1m", "5/30s", "120/1h", "6/10m"),
    (2, true, "10s", "2/1s", "101/10s", "2/3s", "100/1d"),
];

fn limits(row: usize) -> Limits {
    let (pin_attempts, allow_multiple_verifications, life, verify, application, number, lock) = LIMITS[row];
    Limits {
        pin_attempts,
        allow_multiple_verifications,
        time_to_live: life.parse().expect(life),
        verify: verify.parse().expect(verify),
        send_per_application: application.parse().expect(application),
        send_per_number: number.parse().expect(number),
        lock_after: lock.parse().expect(lock),
    }
}

/// Limits that callers defined, by what they count.
const OTHERS: [&str; 3] = ["3/1m", "5/1h", "102/1m"];

/// Those whose bits are set.
fn others(bits: u8) -> Vec<(u8, Rate)> {
    let set = OTHERS.iter().zip(0..).filter(|(_, index)| bits >> index & 1 == 1);
    set.map(|(rate, index)| (index, rate.parse().expect(rate))).collect()
}

fn caller_limits(bits: u8) -> Vec<CallerLimit> {
    others(bits).into_iter().map(|(key, rate)| CallerLimit { key: [key; 16], rate }).collect()
}

struct World {
    hot: Hot,
    tenant: TenantId,
    model: Model,
    /// PIN, application, limits, in the order they were sent.
    sent: Vec<(PinId, u8, usize)>,
}

fn digest(pin: PinId, code: u8) -> Digest {
    let mut digest = [code; 12];
    digest[..8].copy_from_slice(&pin.as_bytes()[..8]);
    digest
}

impl World {
    async fn take(&mut self, now: u64, step: &Step) -> (String, String) {
        let hot = self.hot.at(now);
        match *step {
            Step::Send { number, application, code, limits: row, idempotency, wishes: (by_number, pause_ms), others: bits } => {
                let (pin, limits) = (PinId::random(), limits(row));
                let (limits_too, caller_limits) = (limits.clone(), caller_limits(bits));
                let modelled = ModelSend {
                    pin,
                    number,
                    application,
                    code,
                    limits: limits_too,
                    idempotency,
                    by_number,
                    pause_ms,
                    caller_limits: others(bits),
                };
                let modelled = self.model.send(&modelled, now);
                let key = [application * 16 + number; 12];
                let flags = Flags { may_repeat: limits.allow_multiple_verifications, ..Flags::default() };
                let send = Send {
                    tenant: self.tenant,
                    pin,
                    application: ApplicationId::from_bytes([application; 16]),
                    message: MessageId::from_bytes([9; 16]),
                    subject: key,
                    channel: Channel::Sms,
                    flags,
                    limits: &limits,
                    budget: pinfold_core::caps::Budget::default(),
                    attempts: limits.pin_attempts,
                    time_to_live_ms: limits.time_to_live.millis(),
                    key_version: 1,
                    length: 6,
                    alphabet: Alphabet::Numeric,
                    digest: digest(pin, code),
                    sealed: b"sealed for one delivery",
                    pointer: by_number.map(|_| Pointer { key, digest: digest(pin, code) }),
                    when_live: by_number.unwrap_or_default(),
                    pause_ms,
                    idempotency: idempotency.map(|(key, body)| Idempotency { key: [key; 16], body: [body; 16] }),
                    fallback: None,
                    is_queued: true,
                    caller_limits: &caller_limits,
                    trace: None,
                };
                let real = hot.send(&send).await.expect("Redis answers");
                if matches!(modelled, pinfold_core::life::SendOutcome::Accepted { .. }) {
                    self.sent.push((pin, application, row));
                }
                (format!("{modelled:?}"), format!("{real:?}"))
            }
            Step::Resend { pin, new_code, pause_ms, others: bits } => {
                let Some(&(pin, application, row)) = self.sent.get(pin) else { return Default::default() };
                let limits = limits(row);
                let modelled = ModelResend { pin, new_code, limits: limits.clone(), pause_ms, caller_limits: others(bits) };
                let (modelled, caller_limits) = (self.model.resend(&modelled, now), caller_limits(bits));
                let record = hot.peek(self.tenant, pin).await.expect("Redis answers").expect("records outlive the history");
                let resend = Resend {
                    tenant: self.tenant,
                    pin,
                    application: ApplicationId::from_bytes([application; 16]),
                    record: &record,
                    channel: Channel::Voice,
                    limits: &limits,
                    budget: pinfold_core::caps::Budget::default(),
                    new_digest: new_code.map(|code| digest(pin, code)),
                    new_sealed: None,
                    pointer: None,
                    pause_ms,
                    idempotency: None,
                    caller_limits: &caller_limits,
                    trace: None,
                };
                let real = hot.resend(&resend).await.expect("Redis answers").expect("nobody else changes the record");
                (format!("{modelled:?}"), format!("{real:?}"))
            }
            Step::FallBack { pin, is_late, is_skipped, is_asked_for } => {
                let Some(&(pin, application, row)) = self.sent.get(pin) else { return Default::default() };
                let limits = limits(row);
                let mut record = hot.peek(self.tenant, pin).await.expect("Redis answers").expect("records outlive the history");
                // A plan has four steps; the record counts no further than seven.
                if record.steps_taken >= 4 {
                    return Default::default();
                }
                if is_late {
                    record.deliveries -= 1;
                }
                let seen = (record.steps_taken, record.deliveries);
                let skip = is_skipped.then_some(Skip::NoAddress);
                let modelled =
                    self.model.fall_back(&ModelFallBack { pin, seen, skip, is_asked_for, limits: limits.clone() }, now);
                let step = FallBack {
                    tenant: self.tenant,
                    pin,
                    application: ApplicationId::from_bytes([application; 16]),
                    record: &record,
                    channel: Channel::Voice,
                    skip,
                    following: Some(PlanStep { channel: Channel::Sms, after: 30, on: On::NotVerified }),
                    is_asked_for,
                    limits: &limits,
                    budget: pinfold_core::caps::Budget::default(),
                    idempotency: None,
                };
                let real = hot.fall_back(&step).await.expect("Redis answers");
                (format!("{modelled:?}"), format!("{real:?}"))
            }
            Step::Verify { pin, code, key } => {
                let pin = self.sent.get(pin).map_or(PinId::from_bytes([0; 16]), |(pin, ..)| *pin);
                let modelled = self.model.verify(&ModelVerify { pin, code, idempotency: key }, now);
                let guess = Guess {
                    tenant: self.tenant,
                    of: GuessOf::Pin(pin),
                    classes: Classes::of("123456").expect("digits"),
                    digests: &[(1, digest(pin, code))],
                    success_key: key.map(|key| [key + 1; 8]),
                };
                let real = hot.verify(&guess).await.expect("Redis answers").verdict;
                (format!("{modelled:?}"), format!("{real:?}"))
            }
            Step::Cancel { pin } => {
                let Some(&(pin, ..)) = self.sent.get(pin) else { return Default::default() };
                let modelled = self.model.cancel(pin, now);
                let real = hot.cancel(self.tenant, pin).await.expect("Redis answers");
                (format!("{modelled:?}"), format!("{real:?}"))
            }
        }
    }
}

#[test]
fn scripts_and_model_agree_on_random_histories() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let server = Redis::fresh();
    let settings = Settings { url: server.url().into(), retention_seconds: 604_800, ..Settings::default() };
    let lockout = Lockout { locks_ms: [60_000, 600_000, 3_600_000], memory_ms: 7_200_000 };
    let hot = runtime.block_on(async { Hot::lazy(&settings, &lockout).expect("settings are usable") });
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let result = runner.run(&steps(), |steps| {
        let mut world =
            World { hot: hot.clone(), tenant: TenantId::random(), model: Model::new(lockout.clone()), sent: Vec::new() };
        let mut now = 1_763_720_000_000;
        for (pause, step) in &steps {
            now += pause;
            let (modelled, real) = runtime.block_on(world.take(now, step));
            prop_assert_eq!(modelled, real, "{:?} at {}", step, now);
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}
