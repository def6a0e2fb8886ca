//! What follows when a message does not reach its person: looks at the PIN's plan when a timer fires, and takes its next
//! step. Whether that happens once is up to the script; here nothing is remembered.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::entropy;
use pinfold_core::envelope::Envelope;
use pinfold_core::fallback::{Before, Known, Next, On, Plan, Step, next, obstacle};
use pinfold_core::id::{PinId, TenantId};
use pinfold_core::life::{FallBackOutcome, Status, Terminal};
use pinfold_core::receipt::ReceiptState;
use pinfold_postgres::Snapshot;
use pinfold_redis::{Error, FallBack, Hot, Record, Then, Timer};
use tokio::time::Instant;

use crate::deliver::Delivered;
use crate::lease::Lease;
use crate::poison;
use crate::worker::Worker;

/// How long a timer waits at least for what cannot be asked or queued now.
const WAIT: Duration = Duration::from_secs(1);

/// Why a plan cannot be looked at now.
enum NotNow {
    /// A store is away, or the queue is full.
    Wait,
    /// This worker lacks a key.
    Unreadable,
}

/// Has the next step of a PIN's fallback plan started, because its provider says that a message did not arrive. Nothing
/// happens when the PIN has no plan or went on meanwhile, however often it is said.
///
/// # Errors
/// When Redis cannot be asked; then it has to be said again.
pub async fn advance(hot: &Hot, tenant: TenantId, pin: PinId, delivery: u8) -> Result<(), Error> {
    let Some(record) = hot.peek(tenant, pin).await? else { return Ok(()) };
    if !record.flags.has_plan || record.deliveries != delivery || record.status != Status::Waiting {
        return Ok(());
    }
    hot.look_at_plan(Timer { tenant, pin, steps_taken: record.steps_taken, failed: Some(delivery) }).await
}

/// The plan of a PIN: the one that came with its request, else its template's.
pub(crate) fn plan<'a>(snapshot: &'a Snapshot, record: &Record, envelope: &'a Envelope) -> Option<&'a Plan> {
    envelope.fallback.as_ref().or_else(|| snapshot.fallbacks.get(&record.message)).filter(|_| record.flags.has_plan)
}

/// How long the next step waits once a message is handed over now, if it waits for a time.
pub(crate) fn wait(plan: &Plan, record: &Record, now_ms: u64) -> Option<Duration> {
    let known = known(record, Before::Underway, now_ms);
    match next(plan, &known, now_ms, |_| None) {
        Next::WaitUntil(at_ms) => Some(Duration::from_millis(at_ms.saturating_sub(now_ms))),
        Next::Start(_) | Next::Skip(..) | Next::Stop(_) => None,
    }
}

/// The timer of a message that failed, when its PIN has a plan.
pub(crate) fn failed(record: &Record, tenant: TenantId, pin: PinId, delivery: u8) -> Option<Timer> {
    record.flags.has_plan.then_some(Timer { tenant, pin, steps_taken: record.steps_taken, failed: Some(delivery) })
}

/// A timer fired.
pub(crate) async fn fire(worker: &Worker, lease: &Lease, timer: Timer, record: Record) -> Delivered {
    let then = match look(worker, timer, record).await {
        Ok(then) => Some(then),
        Err(NotNow::Wait) => {
            let after = WAIT.mul_f64(1.0 + entropy::fraction());
            Some(Then::Retry { after, job: lease.entry.bytes.clone() })
        }
        Err(NotNow::Unreadable) => poison::unreadable(&lease.entry, "undecryptable", worker.settings.max_hand_outs),
    };
    Delivered { event: None, then }
}

async fn look(worker: &Worker, mut timer: Timer, mut record: Record) -> Result<Then, NotNow> {
    let Timer { tenant, pin, .. } = timer;
    let mut snapshot = worker.snapshots.tenant(tenant).await.map_err(|_| NotNow::Wait)?;
    loop {
        let is_stale = timer.failed.is_some_and(|delivery| delivery != record.deliveries);
        if is_stale || !record.flags.has_plan || record.steps_taken != timer.steps_taken {
            return Ok(Then::Done);
        }
        let Some(current) = snapshot.clone().filter(|snapshot| snapshot.is_enabled) else { return Ok(Then::Done) };
        let envelope = current.keys.open_envelope(record.key_version, pin, &record.sealed).map_err(|_| NotNow::Unreadable)?;
        let found = plan(&current, &record, &envelope).zip(current.messages.get(&record.message));
        let Some((plan, message)) = found else {
            // A plan that was made just before the send.
            let newer = worker.newest.than(worker, &current, record.created_ms).await.map_err(|_| NotNow::Wait)?;
            if newer.is_none() {
                return Ok(Then::Done);
            }
            snapshot = newer;
            continue;
        };
        let Some(application) = current.application(message.application).filter(|application| application.is_enabled) else {
            return Ok(Then::Done);
        };
        let now_ms = worker.clock.now_ms();
        let mut known = known(&record, Before::Failed, now_ms);
        if timer.failed.is_none() {
            // The timer is due, so the wait has run.
            let step = plan.step(record.steps_taken);
            known.since_ms = now_ms.saturating_sub(step.map_or(0, |step| u64::from(step.after) * 1_000));
            known.before = receipt_known(worker, timer, record.deliveries, step).await;
        }
        let (step, skip) = match next(plan, &known, now_ms, |channel| obstacle(&envelope, &message.body, channel)) {
            Next::Start(step) => (step, None),
            Next::Skip(step, skip) => (step, Some(skip)),
            Next::WaitUntil(at_ms) => {
                return Ok(Then::Look { after: Duration::from_millis(at_ms.saturating_sub(now_ms)), timer });
            }
            Next::Stop(_) => return Ok(Then::Done),
        };
        let following = plan.step(record.steps_taken + 1);
        let take = FallBack {
            tenant,
            pin,
            application: application.id,
            record: &record,
            channel: step.channel,
            skip,
            following,
            is_asked_for: false,
            limits: &application.limits,
            budget: current.budget(application.id, record.flags.is_sandbox),
            idempotency: None,
        };
        match worker.hot.fall_back(&take).await.map_err(|error| away(worker, &error))? {
            FallBackOutcome::Started { .. } => {
                worker.metrics.fallback_step(step.channel, "started");
                note(worker, tenant, following);
                return Ok(Then::Done);
            }
            FallBackOutcome::Skipped(skip) => {
                worker.metrics.fallback_step(step.channel, skip.reason());
                if take.skip.is_none() {
                    // A limit: what follows waits.
                    note(worker, tenant, following);
                    return Ok(Then::Done);
                }
                timer = Timer { steps_taken: record.steps_taken + 1, failed: Some(record.deliveries), ..timer };
            }
            FallBackOutcome::Moved => {}
            FallBackOutcome::Refused(_) => return Err(NotNow::Wait),
            FallBackOutcome::Terminal(_) | FallBackOutcome::Unknown | FallBackOutcome::Repeated | FallBackOutcome::KeyReused => {
                return Ok(Then::Done);
            }
        }
        let read = worker.hot.peek(tenant, pin).await.map_err(|error| away(worker, &error))?;
        let Some(read) = read else { return Ok(Then::Done) };
        record = read;
        snapshot = Some(Arc::clone(&current));
    }
}

/// What receipts say of the message before a step that waited for one. While they cannot be read, no message is known to
/// have arrived: one call too many is better than none.
async fn receipt_known(worker: &Worker, timer: Timer, delivery: u8, step: Option<Step>) -> Before {
    if step.is_none_or(|step| step.on != On::NoReceipt) {
        return Before::Underway;
    }
    let receipts = worker.database.tenant(timer.tenant).receipts();
    let receipt = receipts.delivery_state(timer.pin, delivery).await.ok().flatten().and_then(|state| state.receipt);
    match receipt {
        Some(ReceiptState::Delivered | ReceiptState::Read) => Before::Arrived,
        Some(ReceiptState::Expired | ReceiptState::Undeliverable | ReceiptState::Rejected) => Before::Failed,
        Some(ReceiptState::Unknown | ReceiptState::Sent) | None => Before::Underway,
    }
}

/// What a record says of the message before a step; `now_ms` stands for its hand-over.
fn known(record: &Record, before: Before, now_ms: u64) -> Known {
    let verified = record.verified_ms.map(|_| Terminal::AlreadyVerified);
    Known {
        over: record.terminal(now_ms).or(verified),
        expires_ms: record.expires_ms,
        taken: record.steps_taken,
        channel: record.channel,
        since_ms: now_ms,
        before,
        is_asked_for: false,
    }
}

/// The next timer was set in Redis: this worker releases it in time.
fn note(worker: &Worker, tenant: TenantId, following: Option<Step>) {
    if let Some(step) = following {
        let at = Instant::now() + Duration::from_secs(step.after.into());
        worker.due.add(worker.hot.partition(tenant), at);
    }
}

fn away(worker: &Worker, error: &Error) -> NotNow {
    worker.redis.begin(error);
    NotNow::Wait
}
