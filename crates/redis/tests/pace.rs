//! A pace holds over all processes: never more than it says, no crowd comes back at once, and nothing is lost to it.

mod support;

use std::time::Duration;

use pinfold_core::id::{ConnectionId, TenantId};
use pinfold_redis::{Hot, Pace};
use pinfold_testkit::Redis;
use support::hot;

const START: u64 = 1_795_262_400_000;

async fn step(hot: &Hot, tenant: TenantId, pace: Pace, at_ms: u64) -> Option<Duration> {
    hot.at(at_ms).step(tenant, pace).await.expect("Redis answers")
}

/// When each of a crowd may go that comes at once and obeys.
async fn obey(hots: &[Hot], tenant: TenantId, pace: Pace, crowd: usize) -> Vec<u64> {
    let mut waiting: Vec<u64> = vec![START; crowd];
    let mut gone = Vec::new();
    while !waiting.is_empty() {
        waiting.sort_unstable();
        let at = waiting.remove(0);
        match step(&hots[gone.len() % hots.len()], tenant, pace, at).await {
            None => gone.push(at),
            Some(wait) => {
                assert!(!wait.is_zero() && wait <= Duration::from_secs(61), "{wait:?}");
                waiting.push(at + wait.as_millis() as u64);
            }
        }
    }
    gone
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_obeys_goes_at_the_pace_and_no_faster() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    for (per_second, crowd) in [(1, 12), (10, 60), (250, 600)] {
        let (tenant, pace) = (TenantId::random(), Pace::connection(ConnectionId::random(), per_second));
        let gone = obey(&hots, tenant, pace, crowd).await;
        assert_eq!(gone.len(), crowd);
        for (index, from) in gone.iter().enumerate() {
            let within = gone[index..].iter().take_while(|at| **at < from + 1_000).count();
            // What goes at once, as a part of a second, is added.
            let most = per_second as usize + 1 + per_second as usize / 50;
            assert!(within <= most, "{within} of {per_second} within a second");
        }
        let last = gone.last().expect("somebody went") - START;
        let due = crowd as u64 * 1_000 / u64::from(per_second);
        assert!(last <= due + due / 5 + 1_000, "{crowd} at {per_second}/s took {last} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_wait_is_told_a_time_of_his_own() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let (tenant, pace) = (TenantId::random(), Pace::connection(ConnectionId::random(), 10));
    assert_eq!(step(&hot, tenant, pace, START).await, None);
    let mut told = Vec::new();
    for _ in 0..20 {
        told.push(step(&hot, tenant, pace, START).await.expect("it has to wait"));
    }
    assert_eq!(told[0], Duration::from_millis(80), "as much sooner as may go at once");
    assert!(told.windows(2).all(|pair| pair[1] - pair[0] == Duration::from_millis(100)), "{told:?}");
    // Nobody is sent further than a minute, however many wait.
    for _ in 0..2_000 {
        assert!(step(&hot, tenant, pace, START).await.expect("it has to wait") <= Duration::from_secs(61));
    }
    // Others do not notice: another connection, and the same one of another tenant.
    assert_eq!(step(&hot, tenant, Pace::connection(ConnectionId::random(), 10), START).await, None);
    assert_eq!(step(&hot, TenantId::random(), pace, START).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn some_go_at_once_and_then_one_after_each_interval() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let (tenant, pace) = (TenantId::random(), Pace::tests(3, Duration::from_secs(2)));
    for _ in 0..3 {
        assert_eq!(step(&hot, tenant, pace, START).await, None);
    }
    assert!(step(&hot, tenant, pace, START).await.is_some());
    assert!(step(&hot, tenant, pace, START + 1_999).await.is_some());
    assert_eq!(step(&hot, tenant, pace, START + 2_000).await, None);
    assert!(step(&hot, tenant, pace, START + 2_001).await.is_some());
    for _ in 0..3 {
        assert_eq!(step(&hot, tenant, pace, START + 60_000).await, None, "who waited long has all of it again");
    }
    assert!(step(&hot, tenant, pace, START + 60_000).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_steps_by_redis_own_clock_never_exceed_the_pace() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    let (tenant, pace) = (TenantId::random(), Pace::connection(ConnectionId::random(), 1));
    let steps = (0..100).map(|number| hots[number % 2].step(tenant, pace));
    let gone = futures::future::join_all(steps).await.into_iter().filter(|step| matches!(step, Ok(None))).count();
    assert_eq!(gone, 1);
}
