//! Tenants of one partition take turns: random histories lose nothing, repeat nothing, strand nothing, and no tenant waits
//! for more than a window and its round.

mod support;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt, stream};
use pinfold_core::id::{PinId, TenantId};
use pinfold_core::life::{Refusal, SendOutcome};
use pinfold_core::limits::Lockout;
use pinfold_redis::{Hot, Job, JobEntry, Partition, Queue, Settings, Settlement, Then};
use pinfold_testkit::{Redis, RedisServer};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use support::{Person, wide};

/// The window, and how much more than it a settled batch may let in.
const WINDOW: u64 = 32;
const BATCH: usize = 40;

/// All tenants in one partition.
fn crowded(server: &RedisServer, backlog: u32, tenant_backlog_percent: u8) -> (Hot, Partition) {
    let url = server.url().into();
    // Bursts of a debug build on a busy machine take longer than a request may.
    let response_timeout_ms = 2_000;
    let settings = Settings { url, partitions: 1, backlog, tenant_backlog_percent, response_timeout_ms, ..Settings::default() };
    let hot = Hot::lazy(&settings, &Lockout::default()).expect("settings are usable");
    let partition = hot.partitions().next().expect("there is one");
    (hot, partition)
}

async fn command(server: &RedisServer, words: &[&str]) -> redis::Value {
    let client = redis::Client::open(server.url()).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let mut command = redis::cmd(words[0]);
    words[1..].iter().for_each(|word| {
        command.arg(*word);
    });
    command.query_async(&mut connection).await.expect("Redis answers")
}

/// Takes what is there and settles it, until nothing is left; gives the PINs in their order.
async fn drain(hot: &Hot, queue: &Queue, partition: Partition) -> Vec<(TenantId, PinId)> {
    let mut order = Vec::new();
    loop {
        let entries = queue.take(&[partition], 20, Duration::ZERO).await.expect("Redis answers");
        if entries.is_empty() {
            if hot.depth(partition).await.expect("Redis answers").jobs == 0 {
                return order;
            }
            continue;
        }
        let done: Vec<_> = entries.iter().map(|entry| Settlement { entry, event: None, then: Then::Done }).collect();
        assert_eq!(hot.settle(partition, &done).await.expect("Redis answers"), entries.len());
        order.extend(entries.iter().filter_map(|entry| entry.job.as_ref()).map(|job| (job.tenant, job.pin)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_sends_never_exceed_the_tenants_share() {
    let server = Redis::fresh();
    let (hot, partition) = crowded(&server, 1_000, 10);
    let hots = [hot.separate().expect("settings are usable"), hot.separate().expect("settings are usable")];
    let greedy = Person::new(wide());
    let sends = (0..500).map(|number| greedy.send_with(&hots[number % 2], PinId::random(), None));
    let outcomes: Vec<_> = stream::iter(sends).buffer_unordered(100).collect().await;
    let accepted = outcomes.iter().filter(|outcome| matches!(outcome, SendOutcome::Accepted { .. })).count();
    let refused = outcomes.iter().filter(|outcome| **outcome == SendOutcome::Refused(Refusal::TenantBacklog)).count();
    assert_eq!((accepted, refused), (WINDOW as usize + 100, 500 - WINDOW as usize - 100));
    // Nobody else notices, until the partition is full.
    for _ in 0..8 {
        let other = Person::new(wide());
        join_all((0..100).map(|_| other.send_with(&hot, PinId::random(), None))).await;
    }
    let last = Person::new(wide());
    let outcomes = join_all((0..100).map(|number| last.send_with(&hots[number % 2], PinId::random(), None))).await;
    assert!(outcomes.contains(&SendOutcome::Refused(Refusal::Backlog)));
    let depth = hot.depth(partition).await.expect("Redis answers");
    assert_eq!((depth.jobs, depth.parked), (1_000, 1_000 - WINDOW));
    let queue = Queue::new(&hot, "test".into()).expect("settings are usable");
    assert_eq!(drain(&hot, &queue, partition).await.len(), 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_passes_a_flood_and_the_flood_keeps_its_order() {
    let server = Redis::fresh();
    let (hot, partition) = crowded(&server, 100_000, 100);
    let queue = Queue::new(&hot, "test".into()).expect("settings are usable");
    let floods: Vec<Person> = (0..50).map(|_| Person::new(wide())).collect();
    let mut sent: HashMap<TenantId, Vec<PinId>> = HashMap::new();
    for _ in 0..40 {
        for flood in &floods {
            sent.entry(flood.tenant).or_default().push(flood.send(&hot).await);
        }
    }
    let modest = Person::new(wide());
    let pin = modest.send(&hot).await;
    let order = drain(&hot, &queue, partition).await;
    assert_eq!(order.len(), 2_001);
    let place = order.iter().position(|it| *it == (modest.tenant, pin)).expect("it came");
    // What is in the stream, and a turn of each other.
    assert!(place <= WINDOW as usize + floods.len(), "{place}");
    for (tenant, pins) in &sent {
        let got: Vec<_> = order.iter().filter(|(of, _)| of == tenant).map(|(_, pin)| *pin).collect();
        assert_eq!(got, *pins);
    }
    // Nothing of the turns stays.
    let redis::Value::Array(keys) = command(&server, &["KEYS", "pf:{00}:[pt][au]r*"]).await else { panic!("a list") };
    assert_eq!(keys, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stranded_when_keys_are_lost() {
    let server = Redis::fresh();
    let (hot, partition) = crowded(&server, 100_000, 100);
    let queue = Queue::new(&hot, "test".into()).expect("settings are usable");
    let people = [Person::new(wide()), Person::new(wide())];
    for _ in 0..100 {
        people[0].send(&hot).await;
        people[1].send(&hot).await;
    }
    command(&server, &["DEL", "pf:{00}:turns"]).await;
    for _ in 0..20 {
        people[0].send(&hot).await;
    }
    // With the stream goes what was in it; the rest finds its way through the regular release.
    command(&server, &["DEL", "pf:{00}:jobs"]).await;
    assert_eq!(hot.release(partition, 100).await.expect("Redis answers"), 0);
    assert_eq!(drain(&hot, &queue, partition).await.len(), 220 - WINDOW as usize);
}

#[derive(Debug, Clone)]
enum Step {
    Send { tenant: usize, count: usize },
    Take { most: usize },
    Settle { count: usize, retry: usize, bury: usize },
    Release,
    LoseTurns,
    LoseCount,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4_usize, 1..60_usize).prop_map(|(tenant, count)| Step::Send { tenant, count }),
        2 => (1..4_usize).prop_map(|tenant| Step::Send { tenant, count: 1 }),
        4 => (1..BATCH).prop_map(|most| Step::Take { most }),
        4 => (1..BATCH, 0..4_usize, 0..2_usize).prop_map(|(count, retry, bury)| Step::Settle { count, retry, bury }),
        2 => Just(Step::Release),
        1 => Just(Step::LoseTurns),
        1 => Just(Step::LoseCount),
    ];
    proptest::collection::vec(step, 1..40)
}

/// What a history must come to: every message and every retry handed out once.
struct Ledger<'a> {
    server: &'a RedisServer,
    hot: Hot,
    partition: Partition,
    queue: Queue,
    people: Vec<Person>,
    expected: HashSet<(PinId, u8)>,
    given: HashSet<(PinId, u8)>,
    hand: Vec<JobEntry>,
    buried: u64,
    /// Whether turns were lost and not found yet.
    is_torn: bool,
}

impl Ledger<'_> {
    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Send { tenant, count } => {
                for _ in 0..count {
                    self.expected.insert((self.people[tenant].send(&self.hot).await, 0));
                }
            }
            Step::Take { most } => {
                for entry in self.queue.take(&[self.partition], most, Duration::ZERO).await.expect("Redis answers") {
                    let job = entry.job.as_ref().expect("a job");
                    assert!(self.given.insert((job.pin, job.attempt)), "handed out twice");
                    self.hand.push(entry);
                }
            }
            Step::Settle { count, retry, bury } => {
                let batch: Vec<_> = self.hand.drain(..count.min(self.hand.len())).collect();
                let results = batch.iter().enumerate().map(|(index, entry)| settlement(entry, index, retry, bury));
                let settlements: Vec<_> = results.collect();
                self.buried += settlements.iter().filter(|it| matches!(it.then, Then::Bury { .. })).count() as u64;
                let retries =
                    settlements.iter().filter_map(|it| if let Then::Retry { job, .. } = &it.then { Some(job) } else { None });
                self.expected.extend(retries.filter_map(|job| Job::decode(job)).map(|job| (job.pin, job.attempt)));
                let open = self.hot.settle(self.partition, &settlements).await.expect("Redis answers");
                assert_eq!(open, batch.len());
            }
            Step::Release => {
                self.hot.release(self.partition, 500).await.expect("Redis answers");
                self.is_torn = false;
            }
            Step::LoseTurns => {
                command(self.server, &["DEL", "pf:{00}:turns"]).await;
                self.is_torn = true;
            }
            Step::LoseCount => {
                // One key at a time: of both together nothing would be left to tell.
                self.hot.release(self.partition, 500).await.expect("Redis answers");
                self.is_torn = false;
                command(self.server, &["DEL", "pf:{00}:parked"]).await;
                self.hot.release(self.partition, 500).await.expect("Redis answers");
            }
        }
        let depth = self.hot.depth(self.partition).await.expect("Redis answers");
        assert!(depth.parked == 0 || self.is_torn || depth.jobs - depth.parked >= WINDOW, "parked without need: {depth:?}");
        let waiting = self.expected.len() - self.given.len() + self.hand.len();
        assert_eq!((depth.jobs + depth.due) as usize, waiting);
    }
}

fn settlement(entry: &JobEntry, index: usize, retry: usize, bury: usize) -> Settlement<'_> {
    let then = if index < retry {
        let job = entry.job.clone().expect("a job");
        Then::Retry { after: Duration::ZERO, job: Job { attempt: job.attempt + 1, ..job }.encode() }
    } else if index < retry + bury {
        Then::Bury { reason: "test".into(), timer: None }
    } else {
        Then::Done
    };
    Settlement { entry, event: None, then }
}

#[test]
fn random_histories_lose_repeat_and_strand_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let server = Redis::fresh();
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let result = runner.run(&steps(), |steps| {
        runtime.block_on(async {
            command(&server, &["FLUSHALL"]).await;
            let (hot, partition) = crowded(&server, 100_000, 100);
            let queue = Queue::new(&hot, "test".into()).expect("settings are usable");
            let mut ledger = Ledger {
                server: &server,
                hot,
                partition,
                queue,
                people: (0..4).map(|_| Person::new(wide())).collect(),
                expected: HashSet::new(),
                given: HashSet::new(),
                hand: Vec::new(),
                buried: 0,
                is_torn: false,
            };
            for step in &steps {
                ledger.take(step).await;
            }
            while ledger.given != ledger.expected || !ledger.hand.is_empty() {
                ledger.take(&Step::Take { most: 100 }).await;
                ledger.take(&Step::Settle { count: 100, retry: 0, bury: 0 }).await;
                ledger.take(&Step::Release).await;
            }
            let depth = ledger.hot.depth(ledger.partition).await.expect("Redis answers");
            assert_eq!((depth.jobs, depth.due, depth.parked, depth.dead), (0, 0, 0, ledger.buried));
        });
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_wait_for_what_is_parked_and_a_message_knows_when_it_was_queued() {
    let server = Redis::fresh();
    let (hot, partition) = crowded(&server, 100_000, 100);
    let queue = Queue::new(&hot, "test".into()).expect("settings are usable");
    let person = Person::new(wide());
    for _ in 0..100 {
        person.send(&hot).await;
    }
    let last_ms = hot.now_ms().await.expect("Redis answers");
    assert!(!hot.settled_events(person.tenant, Duration::from_millis(100)).await.expect("Redis answers"));
    let mut seen = 0;
    while seen < 100 {
        let entries = queue.take(&[partition], 20, Duration::ZERO).await.expect("Redis answers");
        seen += entries.len();
        assert!(entries.iter().all(|entry| entry.queued_ms <= last_ms));
        let done: Vec<_> = entries.iter().map(|entry| Settlement { entry, event: None, then: Then::Done }).collect();
        hot.settle(partition, &done).await.expect("Redis answers");
    }
    assert!(hot.settled_events(person.tenant, Duration::from_millis(100)).await.expect("Redis answers"));
}
