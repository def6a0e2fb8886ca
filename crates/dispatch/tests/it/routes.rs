//! Several providers: dead ones are left, shares are kept, what is verified decides, and every choice can be read.

use std::collections::HashMap;
use std::time::Duration;

use pinfold_core::breaker::Phase;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Traffic};
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_core::id::ConnectionId;
use pinfold_core::price::{Currency, Price};
use pinfold_core::route::{Leg, Route, Strategy};
use pinfold_dispatch::{Ranking, Settings};
use pinfold_testkit::{Answer, HttpPeer};

use crate::world::{PATIENCE, Sent, World, connection, hasty, until, world};

/// Providers of one tenant, and their connections.
struct Providers(Vec<(HttpPeer, Connection)>);

impl Providers {
    async fn new(world: &World, traffic: &[Traffic]) -> Self {
        let keys = &world.snapshot().await.keys;
        let mut all = Vec::new();
        for traffic in traffic {
            let peer = HttpPeer::start();
            let connection = Connection { traffic: *traffic, ..connection(&peer.url()) };
            world.database.tenant(world.tenant.id).connections().create(&connection, keys).await.unwrap();
            all.push((peer, connection));
        }
        Self(all)
    }

    async fn two(world: &World) -> Self {
        Self::new(world, &[Traffic::default(); 2]).await
    }

    fn id(&self, number: usize) -> ConnectionId {
        self.0[number].1.id
    }

    fn peer(&self, number: usize) -> &HttpPeer {
        &self.0[number].0
    }

    async fn route(&self, world: &World, strategy: Strategy, weights: &[u16]) {
        let legs = self.0.iter().zip(weights).map(|((_, it), weight)| Leg { weight: *weight, ..Leg::to(it.id) });
        self.put(world, Route { strategy, legs: legs.collect(), ..Route::single(Channel::Sms, self.id(0)) }).await;
    }

    async fn put(&self, world: &World, route: Route) {
        world.database.tenant(world.tenant.id).routes().put(route.clone()).await.unwrap();
        let known = async || world.snapshot().await.routes.get(route.channel, &route.prefix).is_some_and(|it| **it == route);
        until("the route is known", known).await;
    }

    /// What the providers got: by reference, each text.
    fn received(&self) -> HashMap<String, Vec<String>> {
        let mut all: HashMap<String, Vec<String>> = HashMap::new();
        for (peer, _) in &self.0 {
            for request in peer.received() {
                let json = request.json();
                let text = json["text"].as_str().unwrap().to_owned();
                all.entry(json["reference"].as_str().unwrap().to_owned()).or_default().push(text);
            }
        }
        all
    }
}

fn decision(world: &World, sent: &Sent, nth: u8) -> serde_json::Value {
    let sql = format!("SELECT detail -> 'decision' FROM events WHERE pin_id = '{}' AND attempt = {nth}", sent.pin);
    serde_json::from_str(&world.read(&sql)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_primary_costs_no_message_and_makes_no_second_pin() {
    let world = world().await;
    let providers = Providers::two(&world).await;
    providers.peer(0).answer(Answer::status(503));
    providers.route(&world, Strategy::Ordered, &[1, 1]).await;
    let worker = world.worker(hasty());
    let first = world.send().await;
    providers.peer(1).wait_for(1, PATIENCE).await;
    world.until_quiet().await;
    let sent = world.send_many(300).await;
    providers.peer(1).wait_for(301, PATIENCE).await;
    world.until_quiet().await;
    assert_eq!(world.read("SELECT count(*) FROM deliveries WHERE status = 'sent'"), "301");
    let received = providers.received();
    for sent in sent.iter().chain([&first]) {
        let texts = &received[&sent.reference()];
        assert!(texts.iter().all(|text| text.contains(&sent.code)), "one PIN: {texts:?}");
    }
    assert_eq!(providers.peer(1).received().len(), 301, "nobody gets it twice");
    let calls = providers.peer(0).received().len();
    assert!(calls < 60, "{calls} calls at a dead provider");

    let (failed, taken) = (decision(&world, &first, 1), decision(&world, &first, 2));
    assert_eq!((&failed["because"], &failed["strategy"]), (&"first".into(), &"ordered".into()));
    assert_eq!((&taken["because"], &taken["candidates"][0]["blocked"]), (&"fail_over".into(), &"tried".into()));
    let last = decision(&world, sent.last().unwrap(), 1);
    assert_eq!(last["candidates"][0]["blocked"], "breaker_open");
    let told = async || world.hot.health(world.tenant.id).await.unwrap();
    until("the breaker is told", async || {
        told().await.iter().any(|health| health.connection == providers.id(0) && health.phase != Phase::Closed)
    })
    .await;
    let health = told().await;
    let dead = health.iter().find(|health| health.connection == providers.id(0)).unwrap();
    assert_eq!(dead.last_failure.as_deref(), Some("http_503"));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_back_is_used_again() {
    let world = world().await;
    let providers = Providers::two(&world).await;
    providers.peer(0).answer(Answer::status(500));
    providers.route(&world, Strategy::Ordered, &[1, 1]).await;
    let worker = world.worker(hasty());
    world.send_many(20).await;
    providers.peer(1).wait_for(20, PATIENCE).await;
    providers.peer(0).answer(Answer::ok());
    let before = providers.peer(0).received().len();
    until("the first one carries again", async || {
        world.send().await;
        tokio::time::sleep(Duration::from_millis(80)).await;
        providers.peer(0).received().len() > before + 10
    })
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_fail_over_and_a_refused_number_does_not() {
    let world = world().await;
    let providers = Providers::new(&world, &[Traffic::default(); 3]).await;
    providers.route(&world, Strategy::Ordered, &[1, 1, 1]).await;
    providers.peer(0).answer(Answer::status(401));
    let worker = world.worker(hasty());
    let sent = world.send().await;
    world.until_quiet().await;
    assert_eq!(world.recorded(&sent), "sent|2|");
    for peer in [0, 1, 2] {
        providers.peer(peer).answer(Answer::status(400));
    }
    let refused = world.send().await;
    world.until_quiet().await;
    assert_eq!(world.recorded(&refused), "failed|2|http_400", "one other is asked, and no third");
    assert!(providers.peer(2).received().is_empty());
    let faults =
        world.read("SELECT string_agg(detail ->> 'fault', ' ' ORDER BY happened_at, id) FROM events WHERE detail ? 'fault'");
    assert_eq!(faults, "connection unclear unclear");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_never_comes_leads_to_one_repetition_with_the_same_pin() {
    let world = world().await;
    let deadline = Traffic { deadline_ms: Some(300), ..Traffic::default() };
    let providers = Providers::new(&world, &[deadline, deadline, deadline]).await;
    providers.route(&world, Strategy::Ordered, &[1, 1, 1]).await;
    providers.peer(0).answer(Answer::silence());
    let worker = world.worker(hasty());
    let sent = world.send().await;
    world.until_quiet().await;
    assert_eq!(world.recorded(&sent), "sent|2|");
    let texts = &providers.received()[&sent.reference()];
    assert!(texts.len() == 2 && texts[0] == texts[1] && texts[0].contains(&sent.code));
    providers.peer(1).answer(Answer::silence());
    let lost = world.send().await;
    world.until_quiet().await;
    assert_eq!(world.recorded(&lost), "failed|2|timeout");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_wait_for_the_only_provider_and_do_not_storm_it() {
    let world = world().await;
    world.provider.answer(Answer::status(503));
    let worker = world.worker(hasty());
    let sent = world.send_many(60).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let calls = world.provider.received().len();
    assert!(calls <= 72, "{calls} calls");
    world.provider.answer(Answer::ok());
    let delivered = async || {
        let done = world.read("SELECT count(*) FROM deliveries WHERE status IN ('sent', 'failed')");
        done.parse::<usize>().unwrap() == sent.len()
    };
    until("all are delivered or reported", delivered).await;
    assert!(world.read("SELECT count(*) FROM deliveries WHERE status = 'sent'").parse::<u32>().unwrap() > 30);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_are_shares() {
    let world = world().await;
    let providers = Providers::two(&world).await;
    providers.route(&world, Strategy::Weighted, &[1, 3]).await;
    let worker = world.worker(hasty());
    world.send_many(400).await;
    world.until_quiet().await;
    let counts = [0, 1].map(|peer| providers.peer(peer).received().len());
    assert_eq!(counts[0] + counts[1], 400);
    // Four standard deviations around 100.
    assert!((65..135).contains(&counts[0]), "{counts:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ranked_route_leaves_a_provider_whose_pins_nobody_verifies() {
    let world = world().await;
    let providers = Providers::two(&world).await;
    providers.route(&world, Strategy::Ranked, &[1, 1]).await;
    let ranking = Ranking { refresh_ms: 100, ripe_seconds: 1, cooldown_seconds: 0, ..Ranking::default() };
    let worker = world.worker(Settings { ranking, ..hasty() });
    let mut verified = 0;
    // The second provider's PINs come back, the first one's never do.
    let mut round = async |count| {
        let sent = world.send_many(count).await;
        world.until_quiet().await;
        let mine: Vec<String> =
            providers.peer(1).received()[verified..].iter().map(|it| it.json()["reference"].to_string()).collect();
        verified = providers.peer(1).received().len();
        let mut events = Vec::new();
        for sent in sent.iter().filter(|sent| mine.iter().any(|reference| reference.contains(&sent.reference()))) {
            let record = world.hot.peek(world.tenant.id, sent.pin).await.unwrap().unwrap();
            let at_ms = world.hot.now_ms().await.unwrap();
            let event = Event {
                kind: Kind::Verified,
                channel: Channel::Sms,
                at_ms,
                created_ms: record.created_ms,
                expires_ms: record.expires_ms,
                tenant: world.tenant.id,
                pin: sent.pin,
                message: record.message,
                subject: record.subject,
                detail: Detail::default(),
            };
            events.push((format!("{:02}-{at_ms}-{}", world.partition().number(), 1_000 + events.len()), event));
        }
        world.database.record(&events).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
    };
    for _ in 0..4 {
        round(80).await;
    }
    let before = [0, 1].map(|peer| providers.peer(peer).received().len());
    let last = world.send_many(200).await;
    world.until_quiet().await;
    let share = providers.peer(1).received().len() - before[1];
    assert!(share >= 180, "{share} of 200 go to the one that delivers; before: {before:?}");
    let decision = decision(&world, last.last().unwrap(), 1);
    let [bad, good] = [0, 1].map(|leg| decision["candidates"][leg]["score"]["conversion"].as_f64().unwrap());
    assert!(bad < 0.4 && good > 0.6, "{decision}");
    world.sql.refuse_connections();
    let before = providers.peer(1).received().len();
    world.send_many(20).await;
    providers.peer(1).wait_for(before + 15, PATIENCE).await;
    world.sql.accept_connections();
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_holds_over_two_workers() {
    let world = world().await;
    let rate = Traffic { max_per_second: Some(20), ..Traffic::default() };
    let providers = Providers::new(&world, &[rate]).await;
    providers.route(&world, Strategy::Ordered, &[1]).await;
    let workers = [world.worker(hasty()), world.worker(hasty())];
    let sent = world.send_many(100).await;
    let start = pinfold_http::clock::stopwatch();
    let mut counts = Vec::new();
    while providers.peer(0).received().len() < sent.len() {
        tokio::time::sleep(Duration::from_millis(250)).await;
        counts.push(providers.peer(0).received().len());
        assert!(start.elapsed() < PATIENCE, "{counts:?}");
    }
    for window in counts.windows(5) {
        assert!(window[4] - window[0] <= 26, "in a second: {counts:?}");
    }
    assert!(start.elapsed() > Duration::from_secs(3), "{counts:?}");
    world.until_quiet().await;
    assert_eq!(world.read("SELECT count(*) FROM deliveries WHERE status = 'sent' AND attempts = 1"), "100");
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_are_on_their_way_at_once_and_the_rest_goes_elsewhere() {
    let world = world().await;
    let few = Traffic { max_concurrency: Some(3), ..Traffic::default() };
    let providers = Providers::new(&world, &[few, Traffic::default()]).await;
    providers.peer(0).answer(Answer::ok().delayed(Duration::from_millis(800)));
    providers.route(&world, Strategy::Ordered, &[1, 1]).await;
    let worker = world.worker(hasty());
    world.send_many(30).await;
    providers.peer(1).wait_for(20, PATIENCE).await;
    assert!(providers.peer(0).received().len() <= 6);
    world.until_quiet().await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prefix_has_its_own_way_price_and_sender() {
    let world = world().await;
    let providers = Providers::two(&world).await;
    providers.route(&world, Strategy::Ordered, &[1]).await;
    let price = Some(Price { micros: 7_500, currency: Currency::EUR });
    let leg = Leg { price, sender: Some("Swiss".into()), ..Leg::to(providers.id(1)) };
    let prefix = Route { prefix: "4179".parse().unwrap(), legs: vec![leg], ..Route::single(Channel::Sms, providers.id(0)) };
    providers.put(&world, prefix).await;
    let worker = world.worker(hasty());
    let sent = world.send().await;
    providers.peer(1).wait_for(1, PATIENCE).await;
    world.until_quiet().await;
    assert!(providers.peer(0).received().is_empty());
    let facts = format!("SELECT detail - 'latency_ms' FROM events WHERE pin_id = '{}'", sent.pin);
    let facts: serde_json::Value = serde_json::from_str(&world.read(&facts)).unwrap();
    assert_eq!(facts, serde_json::json!({"region": "CH", "price_micros": 7_500, "currency": "EUR"}), "one leg is no choice");
    worker.stop().await;
}
