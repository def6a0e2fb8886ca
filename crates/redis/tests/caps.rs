//! Caps by day and month: the script and the rules agree at every turn of the calendar, and no race passes a cap.

mod support;

use pinfold_core::caps::{Budget, Capped, Caps, Counter, Purse, Recorded, day_of, month_of};
use pinfold_core::channel::Channel;
use pinfold_core::fallback::Skip;
use pinfold_core::id::PinId;
use pinfold_core::life::{FallBackOutcome, Refusal, ResendOutcome, SendOutcome};
use pinfold_core::limits::Lockout;
use pinfold_core::price::{Currency, Price};
use pinfold_redis::{FallBack, Hot, Resend, Settings};
use pinfold_testkit::Redis;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use support::{Person, hot, wide};

const DAY_MS: u64 = 86_400_000;
/// The first of January 2027.
const NEW_YEAR: u64 = 1_798_761_600_000;

fn messages(daily: Option<u32>, monthly: Option<u32>) -> Caps {
    Caps { daily_messages: daily, monthly_messages: monthly, ..Caps::default() }
}

fn capped(caps: Caps) -> Option<Capped> {
    Some(Capped { caps, recorded: Recorded::default() })
}

/// How many tenants something is counted of.
async fn kept(url: &str) -> usize {
    let client = redis::Client::open(url).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*:caps:*").query_async(&mut connection).await.expect("keys");
    keys.len()
}

fn any_capped() -> impl Strategy<Value = Option<(Caps, [u32; 2], [u64; 2])>> {
    let cap = || proptest::option::weighted(0.6, 0..6_u32);
    let money = || proptest::option::weighted(0.3, 1..4_u64);
    let price = |micros: Option<u64>| micros.map(|micros| Price { micros, currency: Currency::EUR });
    let caps = (cap(), cap(), money(), money()).prop_map(move |(daily, monthly, day, month)| Caps {
        daily_money: price(day),
        monthly_money: price(month),
        ..messages(daily, monthly)
    });
    proptest::option::weighted(0.8, (caps, [0..3_u32, 0..4_u32], [0..4_u64, 0..4_u64]))
}

#[test]
fn the_script_and_the_rules_agree_at_every_turn_of_the_calendar() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let server = Redis::fresh();
    let settings = Settings { url: server.url().into(), ..Settings::default() };
    let hot = runtime.block_on(async { Hot::lazy(&settings, &Lockout::default()).expect("settings are usable") });
    let pause = prop_oneof![3 => 0..1_000_u64, 2 => 1..DAY_MS, 1 => 20 * DAY_MS..40 * DAY_MS];
    let histories = (0..800 * DAY_MS, proptest::collection::vec((pause, any_capped(), any_capped(), 0..3_u64), 1..25));
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let result = runner.run(&histories, |(start, steps)| {
        let mut person = Person::new(wide());
        let (mut now, mut tenant, mut application) = (NEW_YEAR + start, Counter::default(), Counter::default());
        for (pause, first, second, age) in steps {
            now += pause;
            let read = |it: Option<(Caps, [u32; 2], [u64; 2])>| {
                it.map(|(caps, [day_messages, more], [day_micros, spent])| {
                    let (month_messages, month_micros) = (day_messages + more, day_micros + spent);
                    let recorded = Recorded { day: day_of(now) - age, day_messages, month_messages, day_micros, month_micros };
                    Capped { caps, recorded }
                })
            };
            person.budget = Budget { tenant: read(first), application: read(second) };
            let counts = |it: &Option<Capped>| it.is_some_and(|it| it.caps.daily_messages.or(it.caps.monthly_messages).is_some());
            let after = |counter: Counter, it: Option<Capped>| it.map_or(Ok(counter), |it| counter.after(&it, now));
            let expected = after(tenant, person.budget.tenant)
                .and_then(|tenant| Ok((tenant, after(application, person.budget.application)?)));
            let real = runtime.block_on(person.send_with(&hot.clone().at(now), PinId::random(), None));
            match expected {
                Err(refusal) => prop_assert_eq!(real, SendOutcome::Refused(refusal)),
                Ok((next, following)) => {
                    prop_assert!(matches!(real, SendOutcome::Accepted { .. }), "{:?}", real);
                    // Without a cap on messages nothing is counted.
                    tenant = if counts(&person.budget.tenant) { next } else { tenant };
                    application = if counts(&person.budget.application) { following } else { application };
                }
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_never_pass_a_cap() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    for budget in [
        Budget { tenant: capped(messages(Some(20), None)), application: None },
        Budget { tenant: capped(messages(None, Some(20))), application: capped(messages(Some(100), Some(30))) },
        Budget { tenant: capped(messages(Some(30), None)), application: capped(messages(None, Some(20))) },
    ] {
        let person = Person { budget, ..Person::new(wide()) };
        let sends = (0..50).map(|number| person.send_with(&hots[number % 2], PinId::random(), None));
        let outcomes = futures::future::join_all(sends).await;
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, SendOutcome::Accepted { .. })).count(), 20);
        let is_daily = budget.tenant.is_some_and(|it| it.caps.daily_messages == Some(20));
        for outcome in outcomes {
            match outcome {
                SendOutcome::Accepted { .. } => {}
                SendOutcome::Refused(Refusal::DailyCap { retry_ms }) if is_daily => assert!((1..=DAY_MS).contains(&retry_ms)),
                SendOutcome::Refused(Refusal::MonthlyCap { retry_ms }) if !is_daily => {
                    assert!((1..=31 * DAY_MS).contains(&retry_ms));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_stops_resends_and_steps_of_plans_too() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let budget = Budget { tenant: capped(messages(Some(2), None)), application: None };
    let person = Person { budget, ..Person::new(wide()) };
    let pin = person.send(&hot).await;
    let resend = async || {
        let record = hot.peek(person.tenant, pin).await.expect("Redis answers").expect("a record");
        let resend = Resend {
            tenant: person.tenant,
            pin,
            application: person.application,
            record: &record,
            channel: Channel::Sms,
            limits: &person.limits,
            budget,
            new_digest: None,
            new_sealed: None,
            pointer: None,
            idempotency: None,
            caller_limits: &[],
            pause_ms: 0,
            trace: None,
        };
        hot.resend(&resend).await.expect("Redis answers").expect("nobody else changes it")
    };
    assert!(matches!(resend().await, ResendOutcome::Accepted { deliveries: 2, .. }));
    assert!(matches!(resend().await, ResendOutcome::Refused(Refusal::DailyCap { .. })));
    let record = hot.peek(person.tenant, pin).await.expect("Redis answers").expect("a record");
    assert_eq!(record.deliveries, 2);
    let step = FallBack {
        tenant: person.tenant,
        pin,
        application: person.application,
        record: &record,
        channel: Channel::Voice,
        skip: None,
        following: None,
        is_asked_for: true,
        limits: &person.limits,
        budget,
        idempotency: None,
    };
    let asked = hot.fall_back(&step).await.expect("Redis answers");
    assert!(matches!(asked, FallBackOutcome::Refused(Refusal::DailyCap { .. })), "{asked:?}");
    let due = hot.fall_back(&FallBack { is_asked_for: false, ..step }).await.expect("Redis answers");
    assert_eq!(due, FallBackOutcome::Skipped(Skip::DailyCap));
    // Who asks again for what was accepted is not refused; and without caps nothing is kept.
    assert_eq!(kept(&server.url()).await, 1);
    let free = Person::new(wide());
    free.send(&hot).await;
    assert_eq!(kept(&server.url()).await, 1);
}

fn euros(micros: u64) -> Option<Price> {
    Some(Price { micros, currency: Currency::EUR })
}

/// A purse after money came back.
fn returned(purse: Purse, micros: u64, now: u64) -> Purse {
    let (day, month) = (day_of(now), month_of(day_of(now)));
    let left = |is_current: bool, reserved: u64| if is_current { reserved.saturating_sub(micros) } else { 0 };
    Purse { day, in_day: left(purse.day == day, purse.in_day), month, in_month: left(purse.month == month, purse.in_month) }
}

#[test]
fn the_script_reserves_money_as_the_rules_say() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let server = Redis::fresh();
    let settings = Settings { url: server.url().into(), ..Settings::default() };
    let hot = runtime.block_on(async { Hot::lazy(&settings, &Lockout::default()).expect("settings are usable") });
    let pause = prop_oneof![4 => 0..1_000_u64, 2 => 1..DAY_MS, 1 => 20 * DAY_MS..40 * DAY_MS];
    let cap = || proptest::option::weighted(0.7, 0..120_u64);
    let caps = || proptest::option::weighted(0.7, (cap(), cap()));
    let step = (pause, 0..40_u64, proptest::option::weighted(0.3, 0..60_u64), 0..60_u64, 0..3_u64);
    let histories = (0..800 * DAY_MS, caps(), caps(), proptest::collection::vec(step, 1..25));
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let result = runner.run(&histories, |(start, of_tenant, of_application, steps)| {
        let person = Person::new(wide());
        let (mut now, mut purses) = (NEW_YEAR + start, [Purse::default(); 2]);
        for (pause, micros, cost, recorded, age) in steps {
            now += pause;
            let recorded =
                Recorded { day: day_of(now) - age, day_micros: recorded, month_micros: recorded, ..Recorded::default() };
            let read = |it: Option<(Option<u64>, Option<u64>)>| {
                let (day, month) = it.filter(|(day, month)| day.or(*month).is_some())?;
                let caps = Caps { daily_money: day.and_then(euros), monthly_money: month.and_then(euros), ..Caps::default() };
                Some(Capped { caps, recorded })
            };
            let budget = Budget { tenant: read(of_tenant), application: read(of_application) };
            let Some(budget) = budget.money_in(Currency::EUR) else { continue };
            let capped = [budget.tenant, budget.application];
            let after = [0, 1].map(|at| capped[at].map_or(Ok(purses[at]), |it| purses[at].after(&it, micros, now)));
            let expected = after.iter().find_map(|it| it.err());
            let hot = hot.at(now);
            let reserve = hot.reserve_money(person.tenant, person.application, &budget, micros);
            prop_assert_eq!(runtime.block_on(reserve).expect("Redis answers"), expected);
            if expected.is_some() {
                continue;
            }
            purses = after.map(|it| it.expect("no refusal"));
            if let Some(cost) = cost {
                let correct = hot.correct_money(person.tenant, person.application, &budget, micros, cost);
                runtime.block_on(correct).expect("Redis answers");
                for (purse, _) in purses.iter_mut().zip(capped).filter(|(_, capped)| capped.is_some()) {
                    *purse = match cost.checked_sub(micros) {
                        None => returned(*purse, micros - cost, now),
                        Some(more) => Purse { in_day: purse.in_day + more, in_month: purse.in_month + more, ..*purse },
                    };
                }
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_was_refused_stops_sends_until_there_is_room() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let of = |cap| {
        let caps = Caps { daily_money: euros(cap), ..Caps::default() };
        Budget { tenant: Some(Capped { caps, recorded: Recorded::default() }), application: None }
    };
    let mut person = Person { budget: of(100), ..Person::new(wide()) };
    let reserve = async |person: &Person, micros| {
        let reserved = hot.reserve_money(person.tenant, person.application, &person.budget, micros).await;
        reserved.expect("Redis answers").is_none()
    };
    let send = async |person: &Person| person.send_with(&hot, PinId::random(), None).await;
    let (ours, theirs) = (futures::future::join_all((0..50).map(|_| reserve(&person, 30))).await, Person::new(wide()));
    assert_eq!(ours.iter().filter(|is_reserved| **is_reserved).count(), 3, "90 of 100");
    assert!(matches!(send(&person).await, SendOutcome::Refused(Refusal::DailyCap { .. })));
    assert!(matches!(send(&theirs).await, SendOutcome::Accepted { .. }));
    // One of them was not sent.
    hot.correct_money(person.tenant, person.application, &person.budget, 30, 0).await.expect("Redis answers");
    assert!(matches!(send(&person).await, SendOutcome::Accepted { .. }));
    assert!(reserve(&person, 30).await && !reserve(&person, 11).await);
    assert!(matches!(send(&person).await, SendOutcome::Refused(Refusal::DailyCap { .. })));
    person.budget = of(200);
    assert!(matches!(send(&person).await, SendOutcome::Accepted { .. }), "another cap");
}
