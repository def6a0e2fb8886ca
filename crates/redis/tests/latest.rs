//! A number leads to its latest PIN for each purpose, through whatever else happens to the number, for as long as the PIN lives.

mod support;

use pinfold_core::alphabet::Classes;
use pinfold_core::channel::Channel;
use pinfold_core::id::PinId;
use pinfold_core::keys::{Digest, Purpose, purpose};
use pinfold_core::life::{ResendOutcome, SendOutcome, Verdict, WhenLive};
use pinfold_core::limits::Limits;
use pinfold_redis::{Guess, GuessOf, Hot, Pointer, Resend};
use pinfold_testkit::Redis;
use support::{Person, RIGHT, WRONG, hot, wide};

/// What is right for the number, told from what is right for a PIN.
const BY_NUMBER: Digest = [5; 12];
const NEW_CODE: Digest = [6; 12];

async fn send(hot: &Hot, person: &Person, purpose: Purpose) -> PinId {
    let pin = PinId::random();
    let pointer = Some(Pointer { purpose, digest: BY_NUMBER });
    let sent = person.send_by_number(hot, pin, pointer, WhenLive::Replace).await;
    assert!(matches!(sent, SendOutcome::Accepted { .. }), "{sent:?}");
    pin
}

/// Sends the PIN again, with another code.
async fn resend(hot: &Hot, person: &Person, pin: PinId, purpose: Purpose) {
    let record = hot.peek(person.tenant, pin).await.expect("Redis answers").expect("a record");
    let resend = Resend {
        tenant: person.tenant,
        pin,
        application: person.application,
        record: &record,
        channel: Channel::Sms,
        limits: &person.limits,
        budget: person.budget,
        new_digest: Some(NEW_CODE),
        new_sealed: None,
        pointer: Some(Pointer { purpose, digest: NEW_CODE }),
        pause_ms: 0,
        idempotency: None,
        caller_limits: &[],
        trace: None,
    };
    let resent = hot.resend(&resend).await.expect("Redis answers");
    assert!(matches!(resent, Some(ResendOutcome::Accepted { .. })), "{resent:?}");
}

/// The PIN that was judged, and what the guess was worth.
async fn guess(hot: &Hot, person: &Person, purpose: Purpose, digest: Digest) -> (Option<PinId>, Verdict) {
    let (classes, of) = (Classes::of("123456").expect("digits"), GuessOf::Latest(person.subject, purpose));
    let guess = Guess { tenant: person.tenant, of, classes, digests: &[(1, digest)], success_key: None, source: None };
    let judged = hot.verify(&guess).await.expect("Redis answers");
    (judged.pin.map(|(pin, _)| pin), judged.verdict)
}

/// How long the keys live whose names begin so, in milliseconds.
async fn lives(url: &str, noun: &str) -> Vec<i64> {
    let client = redis::Client::open(url).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let keys: Vec<Vec<u8>> =
        redis::cmd("KEYS").arg(format!("pf:*:{noun}:*")).query_async(&mut connection).await.expect("Redis answers");
    let mut lives = Vec::new();
    for key in keys {
        lives.push(redis::cmd("PTTL").arg(key).query_async(&mut connection).await.expect("Redis answers"));
    }
    lives
}

#[tokio::test(flavor = "multi_thread")]
async fn each_purpose_has_its_latest() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let (sign_in, payment) = (purpose("sign-in"), purpose("payment"));
    let first = send(&hot, &person, sign_in).await;
    let paying = send(&hot, &person, payment).await;
    let second = send(&hot, &person, sign_in).await;
    assert_eq!(guess(&hot, &person, purpose(""), BY_NUMBER).await, (None, Verdict::Unknown));
    let found = hot.latest(person.tenant, &person.subject, &[payment, purpose(""), sign_in]).await.expect("Redis answers");
    assert_eq!(found, [paying, second]);
    assert_eq!(guess(&hot, &person, sign_in, RIGHT).await, (Some(second), Verdict::Wrong { remaining: 4 }));
    assert_eq!(guess(&hot, &person, payment, BY_NUMBER).await, (Some(paying), Verdict::Verified { remaining: 4 }));
    assert_eq!(guess(&hot, &person, sign_in, BY_NUMBER).await, (Some(second), Verdict::Verified { remaining: 3 }));
    // The one before is still good under its own id.
    assert_eq!(person.guess(&hot, first, RIGHT).await, Verdict::Verified { remaining: 4 });
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_that_happens_to_the_number_loses_it() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let sign_in = purpose("sign-in");
    let pin = send(&hot, &person, sign_in).await;
    // A message without purpose, failures, a success that forgets them, another code.
    let other = person.send(&hot).await;
    assert_eq!(person.guess(&hot, other, WRONG).await, Verdict::Wrong { remaining: 4 });
    assert_eq!(guess(&hot, &person, sign_in, WRONG).await, (Some(pin), Verdict::Wrong { remaining: 4 }));
    assert_eq!(person.guess(&hot, other, RIGHT).await, Verdict::Verified { remaining: 3 });
    resend(&hot, &person, pin, sign_in).await;
    assert_eq!(guess(&hot, &person, sign_in, BY_NUMBER).await, (Some(pin), Verdict::Wrong { remaining: 3 }));
    assert_eq!(guess(&hot, &person, sign_in, NEW_CODE).await, (Some(pin), Verdict::Verified { remaining: 2 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_keeps_it_too() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(Limits { lock_after: "2/1h".parse().expect("a rate"), ..wide() });
    let pin = send(&hot, &person, purpose("")).await;
    for _ in 0..2 {
        assert!(matches!(guess(&hot, &person, purpose(""), WRONG).await, (Some(_), Verdict::Wrong { .. })));
    }
    let (judged, verdict) = guess(&hot, &person, purpose(""), BY_NUMBER).await;
    assert_eq!(judged, Some(pin));
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lives_as_long_as_the_pin() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let short = |text: &str| text.parse().expect("a rate");
    let limits = Limits { send_per_number: short("9/2s"), lock_after: short("9/2s"), verify: short("9/1s"), ..wide() };
    let person = Person::new(limits.clone());
    let pin = send(&hot, &person, purpose("")).await;
    let passing = Person { limits: Limits { time_to_live: "3s".parse().expect("a span"), ..limits }, ..person.clone() };
    passing.send(&hot).await;
    person.guess(&hot, pin, WRONG).await;
    resend(&hot, &person, pin, purpose("")).await;
    let (pins, number) = (lives(&server.url(), "pin").await, lives(&server.url(), "num").await);
    let longest = pins.into_iter().max().expect("two records");
    assert!(number.len() == 1 && number[0] >= longest - 1_000, "{number:?} beside {longest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_purposes_the_oldest_is_forgotten() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let mut pins = Vec::new();
    for number in 0..17_u8 {
        pins.push(send(&hot, &person, [number; 8]).await);
    }
    let purposes: Vec<Purpose> = (0..17).map(|number| [number; 8]).collect();
    assert_eq!(hot.latest(person.tenant, &person.subject, &purposes).await.expect("Redis answers"), pins[1..]);
    assert_eq!(guess(&hot, &person, [0; 8], BY_NUMBER).await, (None, Verdict::Unknown));
    assert_eq!(guess(&hot, &person, [1; 8], BY_NUMBER).await.0, Some(pins[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_or_supersedes_means_its_own_purpose() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let (sign_in, payment) = (purpose("sign-in"), purpose("payment"));
    let (signing_in, paying) = (send(&hot, &person, sign_in).await, send(&hot, &person, payment).await);
    let pointer = |purpose| Some(Pointer { purpose, digest: BY_NUMBER });
    let joined = person.send_by_number(&hot, PinId::random(), pointer(sign_in), WhenLive::Join).await;
    assert!(matches!(joined, SendOutcome::Live { pin, .. } if pin == signing_in), "{joined:?}");
    let newer = PinId::random();
    let superseded = person.send_by_number(&hot, newer, pointer(payment), WhenLive::Supersede).await;
    assert!(matches!(superseded, SendOutcome::Accepted { .. }), "{superseded:?}");
    assert!(matches!(person.guess(&hot, paying, RIGHT).await, Verdict::Terminal(_)));
    assert_eq!(guess(&hot, &person, payment, BY_NUMBER).await.0, Some(newer));
    assert_eq!(guess(&hot, &person, sign_in, BY_NUMBER).await, (Some(signing_in), Verdict::Verified { remaining: 4 }));
}
