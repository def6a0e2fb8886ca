//! The results of a batch: each job's applied by the first worker only, and nothing of a job that somebody else settled.

mod support;

use std::time::Duration;

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_core::id::PinId;
use pinfold_redis::{EventReader, JobEntry, Queue, Settlement, Then};
use pinfold_testkit::Redis;
use support::{Person, hot, wide};

const WAIT: Duration = Duration::from_millis(200);

fn event(person: &Person, entry: &JobEntry, provider_id: &str) -> Event {
    Event {
        kind: Kind::Sent,
        channel: Channel::Sms,
        at_ms: 0,
        created_ms: 1,
        expires_ms: 2,
        tenant: person.tenant,
        pin: entry.pin().expect("a job").1,
        message: pinfold_core::id::MessageId::from_bytes([3; 16]),
        subject: person.subject,
        detail: Detail { provider_id: Some(provider_id.into()), ..Detail::default() },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_workers_with_the_same_jobs_the_first_settles_each() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let partition = hot.partition(person.tenant);
    let queue = Queue::new(&hot, "first".into()).expect("settings are usable");
    let reader = EventReader::new(&hot, "recorder".into()).expect("settings are usable");
    // The first looks make the groups.
    queue.take(&[partition], 1, Duration::ZERO).await.expect("Redis answers");
    reader.take(&[partition], 1, Duration::from_millis(1)).await.expect("Redis answers");
    for _ in 0..12 {
        person.send(&hot).await;
    }
    let entries = queue.take(&[partition], 12, WAIT).await.expect("Redis answers");
    assert_eq!(entries.len(), 12);

    // The first worker settles four of them: one of these has no event, one is tried again.
    let again = |entry: &JobEntry| Then::Retry { after: Duration::from_secs(60), job: entry.bytes.clone() };
    let first: Vec<_> = entries[..4]
        .iter()
        .enumerate()
        .map(|(nth, entry)| Settlement {
            entry,
            event: (nth != 1).then(|| event(&person, entry, &format!("first-{nth}"))),
            then: if nth == 2 { again(entry) } else { Then::Done },
        })
        .collect();
    assert_eq!(hot.settle(partition, &first).await.expect("Redis answers"), 4);

    // The second one has them all, and a retry, an event or a dead letter for each: those of the first four are dropped.
    let second: Vec<_> = entries
        .iter()
        .enumerate()
        .map(|(nth, entry)| Settlement {
            entry,
            event: (nth % 3 != 2).then(|| event(&person, entry, &format!("second-{nth}"))),
            then: match nth % 3 {
                0 => again(entry),
                1 => Then::Bury { reason: "test".into(), timer: None },
                _ => Then::Done,
            },
        })
        .collect();
    assert_eq!(hot.settle(partition, &second).await.expect("Redis answers"), 8);
    assert_eq!(hot.settle(partition, &second).await.expect("Redis answers"), 0);
    assert_eq!(hot.settle(partition, &[]).await.expect("Redis answers"), 0);

    let mut told = Vec::new();
    let mut pins: Vec<PinId> = Vec::new();
    for found in reader.take(&[partition], 100, WAIT).await.expect("Redis answers") {
        for event in found.events {
            let event = event.expect("it can be read");
            pins.push(event.pin);
            told.extend(event.detail.provider_id);
        }
    }
    let expected = ["first-0", "first-2", "first-3", "second-4", "second-6", "second-7", "second-9", "second-10"];
    assert_eq!(told, expected);
    pins.sort_unstable();
    pins.dedup();
    assert_eq!(pins.len(), expected.len(), "each PIN once");
    // One retry of the first worker, two of the second one: jobs 6 and 9; dead letters: jobs 4, 7 and 10.
    assert_eq!(hot.at(u64::MAX >> 17).release(partition, 100).await.expect("Redis answers"), 3);
    assert!(queue.take(&[partition], 100, WAIT).await.expect("Redis answers").len() == 3);
    let dead = hot.dead_letters(partition, 100).await;
    assert_eq!(dead.expect("Redis answers").len(), 3);
}
