//! The loop of the worker: reads ahead, starts messages as slots become free, settles results in batches. One task, so
//! that nothing here is locked; whatever waits is a step that comes back when it has something to say.
//!
//! No tenant takes the last slots, so that one with a slow provider does not stop the others: see `inbox`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use pinfold_core::entropy;
use pinfold_http::clock::stopwatch;
use pinfold_redis::{Error, JobEntry, Partition, Queue, Record, Settlement, Then};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{self, sleep};
use tokio_util::sync::CancellationToken;

use crate::ask::{AGAIN, ask};
use crate::deliver::{Delivered, crashed, deliver};
use crate::desk::{Desk, Finished, Started, most_together};
use crate::fallback;
use crate::pace::{self, PATIENCE, Pace};
use crate::poison;
use crate::precedence::Claim;
use crate::takeover::{LOOK_AROUND, take_over};
use crate::worker::Worker;

/// How long a result waits for others to be settled with.
const LINGER: Duration = Duration::from_millis(4);
/// A tenant that waits takes no more slots than so many times what it leaves free: 7 of 8 when it is alone, and as much
/// for each when several are, so that a newcomer finds one.
const SHARE: usize = 7;
/// How soon jobs of tenants that have all their slots go back to the queue when they are in the way of others for long, and for
/// how long.
const BACK: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(1));
/// Most steps taken before the lane looks at what follows from them.
const ALONG: usize = 32;

/// A part of the partitions: all of them at a single Redis, one in a cluster.
pub(crate) struct Lane {
    worker: Arc<Worker>,
    queue: Queue,
    desks: Vec<Desk>,
    /// The desk that comes first when slots are given out.
    turn: usize,
    /// Whether other lanes take slots too.
    has_neighbours: bool,
    steps: FuturesUnordered<BoxFuture<'static, Step>>,
    soft: CancellationToken,
    spare_slot: Option<OwnedSemaphorePermit>,
    waits_for_slot: bool,
    is_reading: bool,
    is_resting: bool,
    will_flush: bool,
    will_give_back: bool,
    is_stopping: bool,
    pace: Pace,
    claim: Claim,
}

/// What came back; numbers are desks.
#[expect(clippy::large_enum_variant, reason = "one per message: a box would cost more than the move")]
enum Step {
    Taken { entries: Vec<JobEntry>, desks: Vec<usize>, share: usize },
    Rested,
    TakenOver(Vec<JobEntry>, Duration),
    Looked(usize, Vec<Started>, Vec<Option<Result<Record, Error>>>),
    LetGo(usize, usize),
    Delivered(usize, Option<Finished>),
    Settled(usize, usize),
    Slot(OwnedSemaphorePermit),
    Linger,
    GiveBack,
}

impl Lane {
    pub(crate) fn new(worker: Arc<Worker>, queue: Queue, partitions: Vec<Partition>, soft: CancellationToken) -> Self {
        let (all, together) = (worker.hot.partitions().count(), most_together(&worker.settings));
        Self {
            has_neighbours: partitions.len() < all,
            claim: worker.precedence.claim(),
            worker,
            queue,
            desks: partitions.into_iter().map(|partition| Desk::new(partition, together)).collect(),
            turn: 0,
            steps: FuturesUnordered::new(),
            soft,
            spare_slot: None,
            waits_for_slot: false,
            is_reading: false,
            is_resting: false,
            will_flush: false,
            will_give_back: false,
            is_stopping: false,
            pace: Pace::default(),
        }
    }

    /// Works until the soft stop; then hands back what was not started, finishes what was, and returns.
    pub(crate) async fn run(mut self) {
        self.look_around(LOOK_AROUND.mul_f64(entropy::fraction()));
        let soft = self.soft.clone();
        loop {
            self.advance();
            let step = tokio::select! {
                step = self.steps.next() => step,
                () = soft.cancelled(), if !self.is_stopping => {
                    self.is_stopping = true;
                    continue;
                }
            };
            // Only a stopping lane runs out of steps: otherwise it looks around.
            let Some(step) = step else { return };
            self.take(step);
            // What else is ready comes along, so that batches form.
            for _ in 0..ALONG {
                let Some(Some(step)) = self.steps.next().now_or_never() else { break };
                self.take(step);
            }
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Taken { entries, desks, share } => {
                self.is_reading = false;
                for desk in desks {
                    let desk = &mut self.desks[desk];
                    desk.has_more = entries.iter().filter(|entry| entry.partition == desk.partition).count() >= share;
                }
                self.receive(entries);
            }
            Step::Rested => self.is_resting = false,
            Step::TakenOver(mut entries, next) => {
                entries.retain(|entry| !self.worker.leases.renew(entry));
                self.worker.metrics.taken_over(entries.len());
                self.receive(entries);
                // A stopping lane would come back from it at once.
                if !self.soft.is_cancelled() {
                    self.look_around(next);
                }
            }
            Step::Looked(desk, jobs, records) => {
                jobs.into_iter().zip(records).for_each(|(job, record)| self.looked(desk, job, record));
            }
            Step::LetGo(desk, count) => self.desks[desk].running -= count,
            Step::Delivered(desk, finished) => {
                self.pace.ended();
                self.desks[desk].running -= 1;
                if let Some(finished) = finished {
                    self.desks[desk].finish(finished);
                }
            }
            Step::Settled(desk, count) => self.desks[desk].settled(count),
            Step::Slot(slot) => {
                self.waits_for_slot = false;
                self.spare_slot = Some(slot);
            }
            Step::Linger => {
                self.will_flush = false;
                self.desks.iter_mut().for_each(Desk::flush);
            }
            Step::GiveBack => {
                self.will_give_back = false;
                let most = self.most_slots(0);
                self.desks.iter_mut().filter(|desk| desk.is_stuck(most)).for_each(|desk| desk.give_back(BACK.1));
            }
        }
    }

    fn advance(&mut self) {
        if self.is_stopping {
            self.hand_back();
        } else {
            self.start();
            self.read();
        }
        let (mut has_waiting, mut has_finished) = (false, false);
        for index in 0..self.desks.len() {
            while let Some(batch) = self.desks[index].take_batch() {
                self.settle(index, batch);
            }
            has_waiting |= self.desks[index].has_waiting();
            has_finished |= self.desks[index].has_finished();
        }
        self.claim.set(has_waiting);
        if has_finished && !self.will_flush {
            self.will_flush = true;
            self.steps.push(sleep(LINGER).map(|()| Step::Linger).boxed());
        }
    }

    /// Takes entries that Redis just handed out into the hand.
    fn receive(&mut self, entries: Vec<JobEntry>) {
        let at = stopwatch();
        entries.into_iter().for_each(|entry| self.receive_one(entry, at));
    }

    fn receive_one(&mut self, entry: JobEntry, at: Instant) {
        let worker = &self.worker;
        let Some(desk) = self.desks.iter_mut().find(|desk| desk.partition == entry.partition) else { return };
        let fate = match entry.pin() {
            // Its record would be in another slot of a cluster.
            Some((tenant, _)) if worker.hot.partition(tenant) != entry.partition => Some(poison::bury("misplaced")),
            Some((tenant, _)) => {
                desk.inbox.push(tenant, worker.leases.hold(entry, at));
                return;
            }
            None => poison::judge(&entry, worker.settings.max_hand_outs),
        };
        worker.metrics.dropped_job("unreadable");
        if let Some(then) = fate {
            let partition = entry.partition.number();
            tracing::error!(partition, entry = entry.id, ?then, "an entry of the queue cannot be read and is given up");
            desk.finish(Finished { lease: worker.leases.hold(poison::shortened(entry), at), slot: None, event: None, then });
        }
    }

    /// Gives free slots to waiting jobs, in turn to one of each desk, and there in turn to one of each tenant.
    fn start(&mut self) {
        let is_full = self.spare_slot.is_none() && self.worker.slots.available_permits() == 0;
        // Without neighbours, slots become free by this lane's own steps.
        if is_full && !self.has_neighbours {
            return;
        }
        if self.desks.iter().all(|desk| desk.inbox.is_empty()) {
            self.spare_slot = None;
            return;
        }
        let (desks, mut idle) = (self.desks.len(), 0);
        while idle < desks {
            let index = self.turn % desks;
            self.turn = index + 1;
            if self.desks[index].inbox.is_empty() {
                idle += 1;
                continue;
            }
            if self.spare_slot.is_none() {
                self.spare_slot = Arc::clone(&self.worker.slots).try_acquire_owned().ok();
            }
            if self.spare_slot.is_none() {
                self.wait_for_slot();
                break;
            }
            let most = self.most_slots(1);
            let desk = &mut self.desks[index];
            let next = desk.inbox.next(most);
            let Some((lease, slot)) = next.and_then(|(lease, mark)| Some((lease, mark.slot(self.spare_slot.take()?)))) else {
                idle += 1;
                continue;
            };
            idle = 0;
            desk.start(Started { lease, slot });
        }
        self.spare_slot = None;
        for index in 0..desks {
            if !self.desks[index].starting.is_empty() {
                let jobs = std::mem::take(&mut self.desks[index].starting);
                self.look(index, jobs);
            }
        }
    }

    /// Most slots that a tenant may have now; `held` free ones are in hand.
    fn most_slots(&self, held: usize) -> usize {
        SHARE * (self.worker.slots.available_permits() + held)
    }

    fn wait_for_slot(&mut self) {
        if self.has_neighbours && !self.waits_for_slot {
            self.waits_for_slot = true;
            let slot = Arc::clone(&self.worker.slots).acquire_owned();
            self.steps.push(slot.map(|slot| Step::Slot(slot.expect("nobody closes the semaphore"))).boxed());
        }
    }

    /// Reads the records of jobs that are about to start, in one round trip.
    fn look(&mut self, desk: usize, jobs: Vec<Started>) {
        let (worker, soft) = (Arc::clone(&self.worker), self.soft.clone());
        let step = async move {
            let pins: Vec<_> = jobs.iter().filter_map(|job| job.lease.entry.pin()).collect();
            match ask(&worker, &soft, || worker.hot.peek_many(&pins)).await {
                Some(records) => Step::Looked(desk, jobs, records),
                None => Step::LetGo(desk, jobs.len()),
            }
        };
        self.steps.push(step.boxed());
    }

    fn looked(&mut self, desk: usize, started: Started, record: Option<Result<Record, Error>>) {
        let worker = Arc::clone(&self.worker);
        let then = match record {
            Some(Ok(record)) => {
                self.steps.push(Box::pin(delivery(worker, desk, started, record)));
                return;
            }
            Some(Err(_)) => poison::unreadable(&started.lease.entry, "foreign_version", worker.settings.max_hand_outs),
            // The PIN's life ended long ago, and with the record went everything an event could say.
            None => Some(Then::Done),
        };
        worker.metrics.dropped_job(if matches!(then, Some(Then::Done)) { "gone" } else { "foreign_version" });
        let desk = &mut self.desks[desk];
        desk.running -= 1;
        if let Some(then) = then {
            desk.finish(Finished { lease: started.lease, slot: Some(started.slot), event: None, then });
        }
    }

    /// Reads ahead, from the partitions that have not enough in hand.
    fn read(&mut self) {
        let most = self.most_slots(0);
        if most > 0 && !self.will_give_back && self.desks.iter().any(|desk| desk.is_blocked(most)) {
            self.will_give_back = true;
            self.desks.iter_mut().for_each(|desk| desk.started = 0);
            self.steps.push(sleep(BACK.0).map(|()| Step::GiveBack).boxed());
        }
        if self.is_reading {
            return;
        }
        let active = self.desks.iter().filter(|desk| desk.is_active()).count();
        let share = self.pace.share(self.worker.slots.available_permits(), active, self.worker.settings.batch);
        let wanting = self.desks.iter().enumerate().filter(|(_, desk)| pace::wants(share, desk.waiting(most)));
        let desks: Vec<usize> = wanting.map(|(index, _)| index).collect();
        let is_from_all = desks.len() == self.desks.len();
        let is_urgent = is_from_all || desks.iter().any(|desk| self.desks[*desk].has_more);
        if desks.is_empty() || self.is_resting && !is_urgent {
            return;
        }
        self.is_reading = true;
        let rest = self.pace.read();
        if !is_urgent {
            self.is_resting = true;
            self.steps.push(sleep(rest).map(|()| Step::Rested).boxed());
        }
        let (worker, queue) = (Arc::clone(&self.worker), self.queue.clone());
        let partitions: Vec<Partition> = desks.iter().map(|desk| self.desks[*desk].partition).collect();
        let patience = if is_from_all { PATIENCE } else { Duration::ZERO };
        let step = async move {
            let entries = match queue.take(&partitions, share, patience).await {
                Ok(entries) => entries,
                Err(error) => {
                    worker.redis.begin(&error);
                    sleep(AGAIN).await;
                    Vec::new()
                }
            };
            Step::Taken { entries, desks, share }
        };
        self.steps.push(step.boxed());
    }

    /// Takes over what silent workers hold, after a while.
    fn look_around(&mut self, after: Duration) {
        let (worker, queue, soft) = (Arc::clone(&self.worker), self.queue.clone(), self.soft.clone());
        let partitions: Vec<Partition> = self.desks.iter().map(|desk| desk.partition).collect();
        let step = async move {
            let is_stopping = soft.run_until_cancelled(sleep(after)).await.is_none();
            let (found, next) = if is_stopping { Default::default() } else { take_over(&worker, &queue, &partitions).await };
            Step::TakenOver(found, next)
        };
        self.steps.push(step.boxed());
    }

    fn settle(&mut self, desk: usize, batch: Vec<Finished>) {
        let (worker, soft, partition) = (Arc::clone(&self.worker), self.soft.clone(), self.desks[desk].partition);
        let step = async move {
            let count = batch.len();
            let parts = batch.into_iter().map(|it| ((it.lease, it.slot), (it.event, it.then)));
            let (held, results): (Vec<_>, Vec<_>) = parts.unzip();
            let results = held.iter().zip(results);
            let settlements: Vec<_> =
                results.map(|((lease, _), (event, then))| Settlement { entry: &lease.entry, event, then }).collect();
            if let Some(open) = ask(&worker, &soft, || worker.hot.settle(partition, &settlements)).await {
                for _ in open..settlements.len() {
                    worker.metrics.dropped_job("settled_elsewhere");
                }
                for settlement in &settlements {
                    match settlement.then {
                        Then::Retry { after, .. } | Then::Look { after, .. } => {
                            worker.due.add(partition, time::Instant::now() + after);
                        }
                        Then::Bury { timer: Some(_), .. } => worker.due.add(partition, time::Instant::now()),
                        Then::Done | Then::Bury { timer: None, .. } => {}
                    }
                }
            }
            Step::Settled(desk, count)
        };
        self.steps.push(step.boxed());
    }

    /// Gives jobs that were not started back to the queue, for other workers or the next start.
    fn hand_back(&mut self) {
        self.desks.iter_mut().for_each(|desk| desk.give_back(Duration::ZERO));
    }
}

/// One job with its slot, from its record to its result. A crash costs this message alone: it is handed out again, and
/// given up when it goes on crashing.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn has room for each argument twice, and many deliveries are under way at once"
)]
fn delivery(worker: Arc<Worker>, desk: usize, started: Started, mut record: Record) -> impl Future<Output = Step> {
    async move {
        let lease = &started.lease;
        let Some(job) = lease.entry.job.as_ref() else { return Box::pin(look_at_plan(&worker, desk, started, record)).await };
        let delivering = AssertUnwindSafe(deliver(&worker, lease, job, &mut record)).catch_unwind();
        let Delivered { event, then } = delivering.await.unwrap_or_else(|_| {
            tracing::error!(tenant.id = %job.tenant, pin.id = %job.pin, "a delivery crashed");
            worker.metrics.dropped_job("crashed");
            crashed(lease, job, &record, worker.settings.max_hand_outs)
        });
        let Started { lease, slot } = started;
        Step::Delivered(desk, then.map(|then| Finished { lease, slot: Some(slot), event, then }))
    }
}

/// One timer with its slot. A crash is met as that of a delivery.
async fn look_at_plan(worker: &Worker, desk: usize, started: Started, record: Record) -> Step {
    let Started { lease, slot } = started;
    let timer = lease.entry.timer.expect("entries that hold neither a job nor a timer are never started");
    let looking = AssertUnwindSafe(fallback::fire(worker, &lease, timer, record)).catch_unwind();
    let Delivered { event, then } = looking.await.unwrap_or_else(|_| {
        tracing::error!(tenant.id = %timer.tenant, pin.id = %timer.pin, "a look at a fallback plan crashed");
        worker.metrics.dropped_job("crashed");
        Delivered { event: None, then: poison::unreadable(&lease.entry, "crashed", worker.settings.max_hand_outs) }
    });
    Step::Delivered(desk, then.map(|then| Finished { lease, slot: Some(slot), event, then }))
}
