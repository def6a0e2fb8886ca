//! One tenant with a provider, its own Redis and its own database; and workers that come and go.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pinfold_channels::{Connectors, SimulatorEndpoint};
use pinfold_core::alphabet::{Alphabet, Classes};
use pinfold_core::application::Application;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Http, HttpBody, Method, Provider, SuccessRule, Traffic};
use pinfold_core::envelope::Envelope;
use pinfold_core::fallback::{On, Plan};
use pinfold_core::id::{ApplicationId, ConnectionId, MessageId, PinId, TenantId};
use pinfold_core::keys::MasterKey;
use pinfold_core::life::{SendOutcome, Verdict, WhenLive};
use pinfold_core::limits::{Limits, Lockout};
use pinfold_core::pin::Pin;
use pinfold_core::recipient::Recipient;
use pinfold_dispatch::{Dispatch, Parts, Settings, WebhookSettings};
use pinfold_postgres::{Database, Snapshot, Snapshots, built_in_id, migrate};
use pinfold_redis::{DeadLetter, Flags, Guess, GuessOf, Hot, Partition, Send};
use pinfold_testkit::{HttpPeer, Postgres, Redis, RedisServer, Role};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What no test waits for on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A tenant and everything around it.
pub struct World {
    pub redis: RedisServer,
    pub hot: Hot,
    pub sql: pinfold_testkit::Database,
    pub database: Database,
    pub owner: Database,
    pub snapshots: Snapshots,
    pub provider: HttpPeer,
    pub simulator: HttpPeer,
    pub tenant: Customer,
    pub tracker: TaskTracker,
    master: Arc<MasterKey>,
    postgres: pinfold_postgres::Settings,
    stop: CancellationToken,
}

/// A tenant with one application.
#[derive(Clone, Copy)]
pub struct Customer {
    pub id: TenantId,
    pub application: ApplicationId,
}

/// A PIN that was accepted.
pub struct Sent {
    pub pin: PinId,
    pub to: String,
    pub code: String,
}

/// A worker at work.
pub struct Running {
    pub soft: CancellationToken,
    pub hard: CancellationToken,
    pub task: JoinHandle<Result<(), pinfold_redis::Error>>,
    pub metrics: prometheus_client::registry::Registry,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Settings with short times, so that tests do not wait long.
pub fn hasty() -> Settings {
    Settings {
        lease_seconds: 2,
        heartbeat_seconds: 1,
        first_retry_ms: 50,
        deadline_ms: 3_000,
        allow_loopback: true,
        record_wait_ms: 20,
        record_lease_seconds: 5,
        ..Settings::default()
    }
}

/// A span of time.
pub fn span(text: &str) -> pinfold_core::span::Span {
    text.parse().unwrap()
}

/// The same for webhooks: four attempts within three seconds.
pub fn brisk() -> WebhookSettings {
    WebhookSettings {
        timeout_ms: 1_000,
        lease_seconds: 3,
        retries: vec![span("1s"); 3],
        poll_ms: 50,
        expiry_seconds: 1,
        ..WebhookSettings::default()
    }
}

pub fn limits() -> Limits {
    let send_per_number = "1000/1h".parse().unwrap();
    Limits { send_per_number, send_per_application: "1000000/1d".parse().unwrap(), ..Limits::default() }
}

async fn migrated() -> pinfold_testkit::Database {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut folders: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(|it| it.is_dir()).collect();
    folders.sort();
    let mut hasher = DefaultHasher::new();
    for folder in folders {
        folder.hash(&mut hasher);
        std::fs::read(folder.join("up.sql")).unwrap().hash(&mut hasher);
    }
    let prepare = async |sql: &pinfold_testkit::Database| {
        migrate(&postgres(sql)).await.unwrap();
    };
    let template = Postgres::shared().template(&format!("dispatch_{:016x}", hasher.finish()), prepare).await;
    Postgres::shared().fresh_database(Some(&template))
}

fn postgres(sql: &pinfold_testkit::Database) -> pinfold_postgres::Settings {
    pinfold_postgres::Settings {
        url: sql.url_for(Role::Service).into(),
        admin_url: sql.url_for(Role::Owner).into(),
        pool_size: 4,
        poll_interval_ms: 300,
        ..Default::default()
    }
}

pub async fn world() -> World {
    let redis = Redis::fresh();
    let settings = pinfold_redis::Settings { url: redis.url().into(), ..Default::default() };
    let sql = migrated().await;
    let (postgres, tracker, stop) = (postgres(&sql), TaskTracker::new(), CancellationToken::new());
    let database = Database::connect(&postgres, tracker.clone()).unwrap();
    let master = Arc::new(MasterKey::new(&[7; 32]));
    let owner = Database::connect(&postgres.as_admin(), tracker.clone()).unwrap();
    let snapshots = Snapshots::new(database.clone(), Arc::clone(&master), &postgres);
    tracker.spawn(snapshots.run(stop.clone()));
    let mut world = World {
        hot: Hot::lazy(&settings, &Lockout::default()).unwrap(),
        redis,
        sql,
        database,
        owner,
        snapshots,
        provider: HttpPeer::start(),
        simulator: HttpPeer::start(),
        tenant: Customer { id: TenantId::random(), application: ApplicationId::random() },
        tracker,
        master,
        postgres,
        stop,
    };
    world.tenant = world.customer("main").await;
    let connection = connection(&world.provider.url());
    world.route(world.tenant, &connection).await;
    world
}

/// A connection to a generic HTTP provider.
pub fn connection(url: &str) -> Connection {
    let body = serde_json::json!({ "to": "{{to}}", "text": "{{text}}", "reference": "{{reference}}" });
    let provider = Provider::Http(Http {
        url: url.to_owned(),
        method: Method::Post,
        headers: BTreeMap::new(),
        query: BTreeMap::new(),
        body: Some(HttpBody::Json(body)),
        success: SuccessRule::default(),
        id_pointer: Some("/id".into()),
    });
    Connection { id: ConnectionId::random(), name: "provider".into(), is_enabled: true, provider, traffic: Traffic::default() }
}

impl World {
    /// A new tenant with one application and no route.
    pub async fn customer(&self, slug: &str) -> Customer {
        let id = self.owner.tenants().create(slug, slug, &self.master).await.unwrap().id;
        let application = Application::new("main", limits());
        self.database.tenant(id).applications().create(application.clone()).await.unwrap();
        Customer { id, application: application.id }
    }

    /// A new tenant in another partition than the first one.
    pub async fn neighbour(&self) -> Customer {
        for number in 0.. {
            let customer = self.customer(&format!("neighbour-{number}")).await;
            if self.hot.partition(customer.id) != self.hot.partition(self.tenant.id) {
                return customer;
            }
        }
        unreachable!("partitions are used evenly")
    }

    /// Sends a tenant's SMS by `connection`.
    pub async fn route(&self, customer: Customer, connection: &Connection) {
        self.route_channel(customer, Channel::Sms, connection).await;
    }

    /// Sends a tenant's messages of a channel by `connection`.
    pub async fn route_channel(&self, customer: Customer, channel: Channel, connection: &Connection) {
        let snapshot = self.snapshots.tenant(customer.id).await.unwrap().unwrap();
        let scope = self.database.tenant(customer.id);
        scope.connections().create(connection, &snapshot.keys).await.unwrap();
        scope.routes().set(channel, Some(connection.id)).await.unwrap();
    }

    pub async fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshots.tenant(self.tenant.id).await.unwrap().unwrap()
    }

    pub fn partition(&self) -> Partition {
        self.hot.partition(self.tenant.id)
    }

    /// Queues one PIN of the first tenant for a number of its own.
    pub async fn send(&self) -> Sent {
        self.send_with(self.tenant, Duration::from_secs(60), Flags::default()).await
    }

    pub async fn send_many(&self, count: usize) -> Vec<Sent> {
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            all.push(self.send().await);
        }
        all
    }

    pub async fn send_with(&self, customer: Customer, life: Duration, flags: Flags) -> Sent {
        self.send_planned(customer, life, flags, &limits(), None, None).await
    }

    /// Queues one PIN whose plan came with its request, for a number and perhaps an address.
    pub async fn send_planned(
        &self,
        customer: Customer,
        life: Duration,
        flags: Flags,
        limits: &Limits,
        plan: Option<Plan>,
        other: Option<&str>,
    ) -> Sent {
        self.send_as(customer, life, flags, limits, plan, other, built_in_id(customer.application)).await
    }

    /// Queues one PIN of a template, for a number and an address.
    pub async fn send_of(&self, message: MessageId, flags: Flags, other: &str) -> Sent {
        self.send_as(self.tenant, Duration::from_secs(60), flags, &limits(), None, Some(other), message).await
    }

    /// Verifies a PIN with the right code.
    pub async fn guess(&self, sent: &Sent) {
        let snapshot = self.snapshot().await;
        let version = snapshot.keys.current();
        let digest = snapshot.keys.pin_digest(version, sent.pin, &Pin::given(&sent.code)).unwrap();
        let guess = Guess {
            tenant: self.tenant.id,
            of: GuessOf::Pin(sent.pin),
            classes: Classes::of(&sent.code).unwrap(),
            digests: &[(version, digest)],
            success_key: None,
            source: None,
        };
        assert!(matches!(self.hot.verify(&guess).await.unwrap().verdict, Verdict::Verified { .. }));
        self.hot.told_events(PATIENCE).await;
    }

    #[expect(clippy::too_many_arguments, reason = "what the others leave out")]
    async fn send_as(
        &self,
        customer: Customer,
        life: Duration,
        flags: Flags,
        limits: &Limits,
        plan: Option<Plan>,
        other: Option<&str>,
        message: MessageId,
    ) -> Sent {
        let number = u32::from_be_bytes(pinfold_core::entropy::bytes()) % 10_000_000;
        let to = format!("4179{number:07}");
        let recipient = Recipient::parse(&to).unwrap();
        let snapshot = self.snapshots.tenant(customer.id).await.unwrap().unwrap();
        let (keys, pin) = (&snapshot.keys, PinId::random());
        let subject = keys.subject(customer.application, &recipient);
        let version = keys.current();
        let code = keys.derive_pin(version, pin, 0, Alphabet::Numeric, 6).unwrap();
        let first = plan.as_ref().and_then(|plan| plan.step(0)).filter(|step| step.on != On::Failure);
        let flags = Flags { has_plan: flags.has_plan || plan.is_some(), ..flags };
        let others = other.map(|other| Recipient::parse(other).unwrap()).into_iter().collect();
        let envelope = Envelope { fallback: plan, others, ..Envelope::to(recipient) };
        let sealed = keys.seal_envelope(version, pin, &envelope).unwrap();
        let send = Send {
            tenant: customer.id,
            pin,
            application: customer.application,
            message,
            subject,
            channel: Channel::Sms,
            flags,
            limits,
            budget: pinfold_core::caps::Budget::default(),
            attempts: limits.pin_attempts,
            time_to_live_ms: life.as_millis() as u64,
            key_version: version,
            length: 6,
            alphabet: Alphabet::Numeric,
            digest: keys.pin_digest(version, pin, &code).unwrap(),
            sealed: &sealed,
            pointer: None,
            when_live: WhenLive::Replace,
            pause_ms: 0,
            idempotency: None,
            fallback: first.map(|step| Duration::from_secs(step.after.into())),
            is_queued: true,
            caller_limits: &[],
            trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        };
        let outcome = self.hot.send(&send).await.unwrap();
        assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}");
        Sent { pin, to, code: code.expose().to_owned() }
    }

    /// A worker with `settings`.
    pub fn worker(&self, settings: Settings) -> Running {
        self.worker_that(settings, |_, _| {})
    }

    /// A worker with these settings for webhooks.
    pub fn notifier(&self, webhooks: WebhookSettings) -> Running {
        self.worker_of(hasty(), webhooks, |_, _| {})
    }

    pub fn worker_that(&self, settings: Settings, follow_trace: fn(&tracing::Span, &str)) -> Running {
        self.worker_of(settings, brisk(), follow_trace)
    }

    pub fn worker_of(&self, settings: Settings, webhooks: WebhookSettings, follow_trace: fn(&tracing::Span, &str)) -> Running {
        let simulator = SimulatorEndpoint { url: self.simulator.url().parse().unwrap(), token: Arc::new(|| "token".into()) };
        let mut metrics = prometheus_client::registry::Registry::default();
        let parts = Parts {
            hot: self.hot.clone(),
            database: self.database.clone(),
            snapshots: self.snapshots.clone(),
            connectors: Arc::new(Connectors::new(settings.channels(Some(simulator)))),
            settings,
            webhooks,
            name: "test".into(),
            follow_trace,
            public_url: None,
            pages_url: "https://pin.example".into(),
            received: None,
            receipts: pinfold_dispatch::ReceiptMetrics::default(),
        };
        let (soft, hard, tracker) = (CancellationToken::new(), CancellationToken::new(), self.tracker.clone());
        let dispatch = Dispatch::new(parts, &mut metrics);
        let task = self.tracker.spawn(dispatch.run(soft.clone(), hard.clone(), tracker));
        Running { soft, hard, task, metrics }
    }

    /// A new look at the configuration, as another process would have it.
    pub fn cold_snapshots(&self) -> Snapshots {
        let snapshots = Snapshots::new(self.database.clone(), Arc::clone(&self.master), &self.postgres);
        self.tracker.spawn(snapshots.run(self.stop.clone()));
        snapshots
    }

    /// What the provider got, by reference: number and code, as often as they came.
    pub fn received(&self) -> HashMap<String, Vec<String>> {
        let mut all: HashMap<String, Vec<String>> = HashMap::new();
        for request in self.provider.received() {
            let json = request.json();
            let code: String = json["text"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
            let got = format!("{} {code}", json["to"].as_str().unwrap());
            all.entry(json["reference"].as_str().unwrap().to_owned()).or_default().push(got);
        }
        all
    }

    /// Fails unless the provider got each of these messages exactly once, and nothing else.
    pub fn assert_each_once(&self, sent: &[Sent]) {
        let received = self.received();
        for sent in sent {
            assert_eq!(received.get(&sent.reference()), Some(&sent.times(1)), "{}", sent.pin);
        }
        assert_eq!(received.len(), sent.len());
    }

    /// Waits until neither a job nor a retry nor an event waits anywhere.
    pub async fn until_quiet(&self) {
        until("nothing waits", async || {
            for partition in self.hot.partitions() {
                let depth = self.hot.depth(partition).await.unwrap();
                if depth.jobs + depth.due + depth.events > 0 {
                    return false;
                }
            }
            true
        })
        .await;
    }

    /// The key of a PIN's record.
    pub fn record_key(&self, pin: PinId) -> String {
        format!("pf:{{{:02}}}:pin:{}:{}", self.partition().number(), self.tenant.id.short(), pin.short())
    }

    pub async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.hot.dead_letters(self.partition(), 1_000).await.unwrap()
    }

    /// What a superuser reads.
    pub fn read(&self, sql: &str) -> String {
        self.sql.query(Role::Superuser, sql).unwrap()
    }

    /// Status, attempts and reason of a PIN's first message, as recorded.
    pub fn recorded(&self, sent: &Sent) -> String {
        let id = sent.pin;
        self.read(&format!("SELECT status, attempts, reason FROM deliveries WHERE pin_id = '{id}' AND delivery = 1"))
    }
}

impl Sent {
    /// The reference of the first message.
    pub fn reference(&self) -> String {
        format!("{}-1", self.pin)
    }

    /// What the provider has when it got the message so many times.
    pub fn times(&self, count: usize) -> Vec<String> {
        vec![format!("{} {}", self.to, self.code); count]
    }
}

impl Running {
    /// Stops the worker softly and waits until it has ended.
    pub async fn stop(self) {
        self.soft.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it stops").unwrap().unwrap();
    }

    /// Ends the worker in the middle of whatever it does, as a killed process ends.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// The value of a metric, labels included.
    pub fn metric(&self, name: &str) -> f64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.metrics).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }
}

/// Waits until `holds`.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "not within {PATIENCE:?}: {what}");
}
