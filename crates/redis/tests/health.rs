//! What workers tell of connections: each in its own name, and forgotten when it is silent.

mod support;

use pinfold_core::breaker::Phase;
use pinfold_core::health::{Health, Outcomes};
use pinfold_core::id::{ConnectionId, TenantId};
use pinfold_redis::Hot;
use pinfold_testkit::Redis;
use support::hot;

fn health(connection: ConnectionId, phase: Phase) -> Health {
    Health {
        connection,
        phase,
        since_ms: 1,
        on_their_way: 2,
        outcomes: Outcomes::default(),
        last_failure: None,
        last_failure_ms: None,
        latency_ms: Some(3),
    }
}

async fn tell(hot: &Hot, tenant: TenantId, worker: &str, told: &[Health]) {
    hot.tell_health(tenant, worker, told).await.expect("Redis answers");
}

async fn phases(hot: &Hot, tenant: TenantId) -> Vec<Phase> {
    let mut known = hot.health(tenant).await.expect("Redis answers");
    known.sort_by_key(|health| health.phase as u8);
    known.into_iter().map(|health| health.phase).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_worker_tells_for_itself_and_the_last_word_counts() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let (tenant, connection) = (TenantId::random(), ConnectionId::random());
    assert_eq!(hot.health(tenant).await.expect("Redis answers"), []);
    tell(&hot, tenant, "one", &[health(connection, Phase::Closed)]).await;
    tell(&hot, tenant, "two", &[health(connection, Phase::Closed), health(ConnectionId::random(), Phase::Open)]).await;
    assert_eq!(phases(&hot, tenant).await, [Phase::Closed, Phase::Closed, Phase::Open]);
    tell(&hot, tenant, "one", &[health(connection, Phase::HalfOpen)]).await;
    assert_eq!(phases(&hot, tenant).await.len(), 3);
    tell(&hot, tenant, "two", &[]).await;
    assert_eq!(hot.health(tenant).await.expect("Redis answers"), [health(connection, Phase::HalfOpen)]);
    assert_eq!(hot.health(TenantId::random()).await.expect("Redis answers"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_worker_is_forgotten_with_what_it_told() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let (tenant, connection) = (TenantId::random(), ConnectionId::random());
    let now = hot.now_ms().await.expect("Redis answers");
    tell(&hot.at(now - 31_000), tenant, "silent", &[health(connection, Phase::Open)]).await;
    assert_eq!(phases(&hot, tenant).await, [], "it is too old to be shown");
    tell(&hot, tenant, "alive", &[health(connection, Phase::Closed)]).await;
    assert_eq!(phases(&hot, tenant).await, [Phase::Closed]);
    let key = format!("pf:{{{:02}}}:health:{}", hot.partition(tenant).number(), tenant.short());
    let client = redis::Client::open(server.url()).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let workers: Vec<String> = redis::cmd("HKEYS").arg(&key).query_async(&mut connection).await.expect("names");
    assert_eq!(workers, ["alive"], "who tells forgets the others");
    let left: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.expect("a time");
    assert!((1..=30_000).contains(&left), "{left}");
    // What another version tells in another form is left out, and stops nobody.
    let foreign = [&[0x7f; 6][..], b"{\"another\":1}"].concat();
    let _: i64 = redis::cmd("HSET").arg(&key).arg("other").arg(foreign).query_async(&mut connection).await.expect("kept");
    assert_eq!(phases(&hot, tenant).await, [Phase::Closed]);
}
