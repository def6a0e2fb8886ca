//! The worker role, as the executable wires it: everything that goes on in the background, until it is stopped.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use pinfold_channels::{Connectors, ReceivedReceipt};
use pinfold_core::entropy;
use pinfold_postgres::{Database, Snapshots};
use pinfold_redis::{Error, EventReader, Hot, Queue};
use prometheus_client::registry::Registry;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Span;

use crate::alerts::Watch;
use crate::clock::{self, RedisClock};
use crate::desk;
use crate::health;
use crate::lane::Lane;
use crate::lease::{self, Leases};
use crate::lines::Lines;
use crate::metrics::Metrics;
use crate::newest::Newest;
use crate::notify::{self, Notifier};
use crate::outage::Outage;
use crate::precedence::Precedence;
use crate::ranks::{self, Ranks};
use crate::receipts::{Intake, ReceiptMetrics, drain, poll, tell};
use crate::recorder::Recorder;
use crate::regions::Regions;
use crate::release::{self, Due};
use crate::sample;
use crate::takeover;
use crate::worker::Worker;
use crate::{Settings, WebhookSettings};

/// What the worker is made of.
pub struct Parts {
    /// The hot state.
    pub hot: Hot,
    /// The system of record.
    pub database: Database,
    /// Tenants' configurations; somebody else keeps them current.
    pub snapshots: Snapshots,
    /// Ways to people.
    pub connectors: Arc<Connectors>,
    /// Settings that were checked.
    pub settings: Settings,
    /// The same for webhooks.
    pub webhooks: WebhookSettings,
    /// The process' name, shown by Redis as the reader of the queues; a random part is added.
    pub name: String,
    /// Makes a span part of the trace that a `traceparent` header names.
    pub follow_trace: fn(&Span, &str),
    /// Receipts that connectors take over connections of their own.
    pub received: Option<mpsc::Receiver<ReceivedReceipt>>,
    /// Counts receipts, wherever they come in.
    pub receipts: ReceiptMetrics,
    /// The address under which providers reach this installation, without a slash at its end; none when nobody said it.
    pub public_url: Option<String>,
    /// The address under which people find this installation's pages, without a slash at its end.
    pub pages_url: String,
}

/// The worker.
pub struct Dispatch {
    worker: Arc<Worker>,
    notifier: Arc<Notifier>,
    database: Database,
    intake: Intake,
    received: Option<mpsc::Receiver<ReceivedReceipt>>,
    name: String,
}

impl Dispatch {
    /// The worker, not running yet; its metrics are in `registry`.
    #[must_use]
    pub fn new(parts: Parts, registry: &mut Registry) -> Self {
        let Parts { hot, database, snapshots, connectors, settings, webhooks, name, .. } = parts;
        let Parts { follow_trace, public_url, pages_url, received, receipts, .. } = parts;
        receipts.register(registry);
        let intake = Intake { database: database.clone(), hot: hot.clone(), metrics: receipts };
        let notifier = Arc::new(Notifier::new(
            database.clone(),
            snapshots.clone(),
            hot.clone(),
            webhooks,
            settings.allow_loopback,
            registry,
        ));
        let worker = Worker {
            hot,
            database: database.clone(),
            snapshots,
            connectors,
            metrics: Metrics::register(registry),
            clock: RedisClock::new(),
            leases: Leases::new(settings.lease()),
            slots: Arc::new(Semaphore::new(settings.concurrency)),
            due: Due::default(),
            newest: Newest::default(),
            precedence: Precedence::default(),
            redis: Outage::new("Redis"),
            lines: Lines::default(),
            ranks: Ranks::new(&settings.ranking),
            regions: Regions::default(),
            follow_trace,
            public_url,
            pages_url,
            settings,
        };
        let name = format!("{name}-{:08x}", u32::from_be_bytes(entropy::bytes()));
        Self { worker: Arc::new(worker), notifier, database, intake, received, name }
    }

    /// Works until `soft`: then starts nothing new, finishes what is under way, gives the rest back, and returns. `hard`,
    /// or dropping this future, abandons everything; other workers take it over.
    ///
    /// # Errors
    /// [`Error::Settings`], before anything is started.
    ///
    /// # Panics
    /// When a part of it crashed.
    pub async fn run(self, soft: CancellationToken, hard: CancellationToken, tracker: TaskTracker) -> Result<(), Error> {
        let Self { worker, notifier, database, intake, received, name } = self;
        let hard = hard.child_token();
        let _abandon_when_dropped = hard.clone().drop_guard();
        // What serves deliveries goes on until the last one is settled.
        let delivered = CancellationToken::new();
        let queue = Queue::new(&worker.hot, name.clone())?;

        let mut lanes = FuturesUnordered::new();
        let mut others = FuturesUnordered::new();
        for partitions in queue.reads() {
            let lane = Lane::new(Arc::clone(&worker), Queue::new(&worker.hot, name.clone())?, partitions, soft.clone());
            let lane = deliver(Arc::clone(&worker), lane, soft.clone());
            lanes.push(tracker.spawn(hard.clone().run_until_cancelled_owned(lane)));
        }
        let reader = EventReader::new(&worker.hot, name.clone())?;
        let watch = Watch::new(worker.hot.clone(), database.clone(), worker.snapshots.clone(), worker.metrics.clone());
        let watch = Arc::new(watch);
        for partitions in reader.reads() {
            let recorder = Recorder {
                reader: EventReader::new(&worker.hot, name.clone())?,
                partitions,
                database: database.clone(),
                settings: worker.settings.clone(),
                metrics: worker.metrics.clone(),
                redis: Outage::new("Redis"),
                postgres: Outage::new("PostgreSQL"),
                recorded: Arc::clone(&notifier.nudge),
                watch: Arc::clone(&watch),
                deference: worker.precedence.deference(),
                events_per_entry: desk::most_together(&worker.settings),
            };
            others.push(tracker.spawn(hard.clone().run_until_cancelled_owned(recorder.run(delivered.clone()))));
        }
        let notifying = notify::run(notifier, worker.hot.clone(), soft.clone(), hard.clone(), tracker.clone());
        others.push(tracker.spawn(hard.clone().run_until_cancelled_owned(notifying)));
        let serving = serve(Arc::clone(&worker), queue.clone(), intake.clone(), name.clone(), delivered.clone());
        others.push(tracker.spawn(hard.clone().run_until_cancelled_owned(serving)));
        if let Some(received) = received {
            let draining = drain::drain(received, intake.clone(), delivered.clone());
            others.push(tracker.spawn(hard.clone().run_until_cancelled_owned(draining)));
        }

        loop {
            let ended = tokio::select! {
                Some(ended) = lanes.next() => ended,
                Some(ended) = others.next() => ended,
                else => break,
            };
            if let Err(error) = ended
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
            if lanes.is_empty() {
                delivered.cancel();
            }
        }
        if hard.is_cancelled() {
            return Ok(());
        }
        // Nothing is delivered any more: providers that keep a link are taken leave of.
        worker.connectors.close().await;
        if let Err(error) = queue.leave().await.and(reader.leave().await) {
            tracing::warn!(
                error = &error as &(dyn std::error::Error + 'static),
                "the worker stays listed as a reader of the queues"
            );
        }
        Ok(())
    }
}

/// Waits until Redis' clock is known, then delivers.
async fn deliver(worker: Arc<Worker>, lane: Lane, soft: CancellationToken) {
    while let Err(error) = worker.clock.set(&worker.hot).await {
        worker.redis.begin(&error);
        if soft.run_until_cancelled(tokio::time::sleep(Duration::from_millis(200))).await.is_none() {
            return;
        }
    }
    worker.redis.end();
    lane.run().await;
}

/// What serves deliveries: heartbeat, retries, clock, measures, ranks, health, receipts and workers that are gone.
async fn serve(worker: Arc<Worker>, queue: Queue, intake: Intake, name: String, stop: CancellationToken) {
    let Worker { hot, settings, leases, due, redis, metrics, clock, .. } = &*worker;
    let look_at_clock = async {
        while stop.run_until_cancelled(tokio::time::sleep(clock::EVERY)).await.is_some() {
            if let Err(error) = clock.set(hot).await {
                redis.begin(&error);
            }
        }
    };
    tokio::join!(
        lease::keep(leases, &queue, settings.heartbeat(), redis, &stop),
        release::release(hot, due, redis, &stop),
        sample::sample(hot, leases, metrics, Duration::from_secs(settings.sample_seconds), redis, &stop),
        health::tell(&worker, &name, &stop),
        ranks::refresh(&worker, &intake.database, &stop),
        tell::tell(&intake, &stop),
        poll::poll(&worker, &intake, &stop),
        takeover::forget_gone(hot, &stop),
        look_at_clock,
    );
}
