//! The oracle: random histories against the scripts in a real Redis and against the pure model give the same outcomes.

use pinfold_core::alphabet::{Alphabet, Classes};
use pinfold_core::channel::Channel;
use pinfold_core::fallback::{On, Skip, Step as PlanStep};
use pinfold_core::fraud::{Hit, Mode, Place, PlaceKind};
use pinfold_core::id::{ApplicationId, MessageId, PinId, TenantId};
use pinfold_core::keys::Digest;
use pinfold_core::life::{
    Model, ModelFallBack, ModelResend, ModelSend, ModelVerify, Refusal, ResendOutcome, SendOutcome, WhenLive,
};
use pinfold_core::limits::{Limits, Lockout};
use pinfold_core::span::Rate;
use pinfold_core::spray::Budget;
use pinfold_redis::{
    CallerLimit, FallBack, Flags, Guarded, Guess, GuessOf, GuessSource, Hot, Idempotency, Pointer, Resend, Send, Settings,
};
use pinfold_testkit::Redis;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// One step of a history: an operation after some milliseconds.
#[derive(Debug, Clone)]
enum Step {
    Send {
        number: u8,
        application: u8,
        code: u8,
        limits: usize,
        idempotency: Option<(u8, u8)>,
        wishes: Wishes,
        others: u8,
        guard: Guard,
    },
    Resend {
        pin: usize,
        new_code: Option<u8>,
        is_push: bool,
        pause_ms: u64,
        others: u8,
        guard: Guard,
    },
    FallBack {
        pin: usize,
        is_push: bool,
        is_late: bool,
        is_skipped: bool,
        is_asked_for: bool,
    },
    Verify {
        pin: usize,
        code: u8,
        key: Option<u8>,
        /// Where it comes from, and whether that refuses it.
        source: Option<(u8, bool)>,
    },
    Cancel {
        pin: usize,
    },
    /// So many PINs were verified that the fraud guard counts.
    Convert {
        guard: Guard,
        times: u8,
    },
    Unblock {
        guard: Guard,
    },
}

/// Whether the fraud guard records (1) or blocks (2), which rules there are, and the number.
type Guard = (u8, usize, u16);

fn guards() -> impl Strategy<Value = Guard> {
    (prop_oneof![2 => Just(0_u8), 1 => Just(1), 3 => Just(2)], 0..GUARDS.len(), prop_oneof![3 => 0..12_u16, 1 => 0..10_000_u16])
}

/// (limit of the prefix, sends, percent and run of the prefix; limit, sends and percent of the country)
type GuardRow = (Option<u32>, u32, u8, u8, Option<u32>, u32, u8);
const GUARDS: [GuardRow; 3] =
    [(None, 5, 20, 3, None, 8, 20), (Some(6), 4, 50, 0, None, 5, 50), (None, 1_000, 20, 2, Some(4), 1_000, 20)];

fn guard((mode, row, tail): Guard) -> (Mode, Vec<Place>) {
    let (prefix_limit, prefix_sends, prefix_percent, run, limit, sends, percent) = GUARDS[row];
    let place = |kind, name: &[u8], per_hour, sends, percent, run, tail| Place {
        kind,
        name: name.to_vec(),
        per_hour,
        sends,
        percent,
        run,
        tail,
    };
    let places = vec![
        place(PlaceKind::Ip, b"i\0\x80abcdef", Some(9), 0, 0, 0, 0),
        place(PlaceKind::Prefix, b"p63917123", prefix_limit, prefix_sends, prefix_percent, run, tail),
        place(PlaceKind::Country, b"cPH", limit, sends, percent, 0, 0),
    ];
    ([Mode::Off, Mode::Record, Mode::Block][usize::from(mode)], places)
}

/// So little that a history spends it.
const SPRAY: Budget = Budget { most: 2, each_ms: 60_000 };

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
        3 => (0..2_u8, 0..2_u8, 0..3_u8, 0..LIMITS.len(), proptest::option::weighted(0.2, (0..2_u8, 0..2_u8)), wishes(), others.clone(), guards())
            .prop_map(|(number, application, code, limits, idempotency, wishes, others, guard)| Step::Send { number, application, code, limits, idempotency, wishes, others, guard }),
        1 => (pin.clone(), proptest::option::weighted(0.3, 0..3_u8), any::<bool>(), pause_ms(), others, guards())
            .prop_map(|(pin, new_code, is_push, pause_ms, others, guard)| Step::Resend { pin, new_code, is_push, pause_ms, others, guard }),
        2 => (pin.clone(), any::<bool>(), proptest::bool::weighted(0.2), proptest::bool::weighted(0.2), any::<bool>())
            .prop_map(|(pin, is_push, is_late, is_skipped, is_asked_for)| Step::FallBack { pin, is_push, is_late, is_skipped, is_asked_for }),
        6 => (pin.clone(), 0..3_u8, proptest::option::weighted(0.2, 0..2_u8), proptest::option::of((0..2_u8, any::<bool>())))
            .prop_map(|(pin, code, key, source)| Step::Verify { pin, code, key, source }),
        1 => pin.prop_map(|pin| Step::Cancel { pin }),
        1 => (guards(), 1..4_u8).prop_map(|(guard, times)| Step::Convert { guard, times }),
        1 => guards().prop_map(|guard| Step::Unblock { guard }),
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

/// The model judges before it knows that a send is given again or joins another one; then nothing is found.
fn found_or_not(outcome: &SendOutcome, found: Option<(usize, Hit)>) -> Option<(usize, Hit)> {
    found.filter(|_| matches!(outcome, SendOutcome::Accepted { .. } | SendOutcome::Refused(Refusal::Fraud)))
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
            Step::Send {
                number,
                application,
                code,
                limits: row,
                idempotency,
                wishes: (by_number, pause_ms),
                others: bits,
                guard: guarded,
            } => {
                let guarded = guard(guarded);
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
                    guard: guarded.clone(),
                };
                let modelled = (self.model.send(&modelled, now), self.model.found());
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
                    pointer: by_number.map(|_| Pointer { purpose: [0; 8], digest: digest(pin, code) }),
                    when_live: by_number.unwrap_or_default(),
                    pause_ms,
                    idempotency: idempotency.map(|(key, body)| Idempotency { key: [key; 16], body: [body; 16] }),
                    fallback: None,
                    is_queued: true,
                    caller_limits: &caller_limits,
                    trace: None,
                };
                let guarded = Guarded { mode: guarded.0, places: &guarded.1 };
                let (outcome, found) = hot.send_guarded(&send, Some(guarded)).await.expect("Redis answers");
                let modelled = (modelled.0, found_or_not(&modelled.0, modelled.1));
                let real = (outcome, found);
                if matches!(modelled.0, SendOutcome::Accepted { .. }) {
                    self.sent.push((pin, application, row));
                }
                (format!("{modelled:?}"), format!("{real:?}"))
            }
            Step::Resend { pin, new_code, is_push, pause_ms, others: bits, guard: guarded } => {
                let Some(&(pin, application, row)) = self.sent.get(pin) else { return Default::default() };
                let (limits, guarded) = (limits(row), guard(guarded));
                let modelled = ModelResend {
                    pin,
                    new_code,
                    is_push,
                    limits: limits.clone(),
                    pause_ms,
                    caller_limits: others(bits),
                    guard: guarded.clone(),
                };
                let (modelled, caller_limits) = (self.model.resend(&modelled, now), caller_limits(bits));
                let is_judged = matches!(modelled, ResendOutcome::Accepted { .. } | ResendOutcome::Refused(Refusal::Fraud));
                let modelled = (modelled, self.model.found().filter(|_| is_judged));
                let record = hot.peek(self.tenant, pin).await.expect("Redis answers").expect("records outlive the history");
                let resend = Resend {
                    tenant: self.tenant,
                    pin,
                    application: ApplicationId::from_bytes([application; 16]),
                    record: &record,
                    channel: if is_push { Channel::Push } else { Channel::Voice },
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
                let guarded = Guarded { mode: guarded.0, places: &guarded.1 };
                let real = hot.resend_guarded(&resend, Some(guarded)).await;
                let real = real.expect("Redis answers").expect("nobody else changes the record");
                (format!("{modelled:?}"), format!("{real:?}"))
            }
            Step::FallBack { pin, is_push, is_late, is_skipped, is_asked_for } => {
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
                let modelled = ModelFallBack { pin, seen, skip, is_asked_for, is_push, limits: limits.clone() };
                let modelled = self.model.fall_back(&modelled, now);
                let step = FallBack {
                    tenant: self.tenant,
                    pin,
                    application: ApplicationId::from_bytes([application; 16]),
                    record: &record,
                    channel: if is_push { Channel::Push } else { Channel::Voice },
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
            Step::Verify { pin, code, key, source } => {
                let pin = self.sent.get(pin).map_or(PinId::from_bytes([0; 16]), |(pin, ..)| *pin);
                let source = source.map(|(source, refuses)| (source, SPRAY, refuses));
                let modelled = self.model.verify(&ModelVerify { pin, code, idempotency: key, source }, now);
                let guess = Guess {
                    tenant: self.tenant,
                    of: GuessOf::Pin(pin),
                    classes: Classes::of("123456").expect("digits"),
                    digests: &[(1, digest(pin, code))],
                    success_key: key.map(|key| [key + 1; 8]),
                    source: source.map(|(source, budget, refuses)| GuessSource { hash: [source; 8], budget, refuses }),
                };
                let real = hot.verify(&guess).await.expect("Redis answers").verdict;
                (format!("{modelled:?}"), format!("{real:?}"))
            }
            Step::Convert { guard: guarded, times } => {
                let (_, places) = guard(guarded);
                for _ in 0..times {
                    let converted = || places.iter().filter(|place| place.kind.is_converted());
                    self.model.count_verified(&converted().cloned().collect::<Vec<_>>(), now);
                    hot.count_verified(self.tenant, converted().map(|place| place.name.as_slice()), now);
                }
                hot.told_events(std::time::Duration::from_secs(5)).await;
                Default::default()
            }
            Step::Unblock { guard: guarded } => {
                let place = &guard(guarded).1[1];
                self.model.unblock(place, now);
                hot.unblock(self.tenant, &place.name).await.expect("Redis answers");
                Default::default()
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
