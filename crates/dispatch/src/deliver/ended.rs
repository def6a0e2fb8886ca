//! What follows an attempt, and what is recorded of it.

use std::time::Duration;

use pinfold_channels::Outcome;
use pinfold_core::entropy;
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_redis::{Job, Record, Then, Timer};

use super::hand_over::{Attempt, UsedLeg};
use super::{Delivered, Delivery};
use crate::choice::Other;
use crate::fallback;
use crate::lease::Lease;
use crate::over::accepted_ms;
use crate::poison;
use crate::retry::{self, Next, Tries};

impl Delivery<'_> {
    /// Decides what follows an attempt.
    pub(super) fn ended(&self, attempt: Attempt) -> Delivered {
        let Attempt { outcome, connector, detail, leg, fallback } = attempt;
        let (worker, job) = (self.worker, self.job);
        worker.metrics.delivery(job.channel, connector, outcome.name());
        let attempts = job.attempt.saturating_add(1);
        let tries = Tries {
            attempts,
            legs: leg.map_or(1, |leg| leg.legs),
            is_fail_over: !job.tried.is_empty(),
            is_uncertain: job.is_uncertain,
            other: leg.map_or(Other::None, |leg| leg.other),
        };
        match retry::next(&outcome, &tries, self.left(), &worker.settings, entropy::fraction) {
            Next::Done => {
                if let Some(accepted_ms) = accepted_ms(job, self.record, self.lease.entry.queued_ms) {
                    let waited = Duration::from_millis(self.now.ms.saturating_sub(accepted_ms));
                    worker.metrics.delivered(job.channel, connector, waited);
                }
                let then = match fallback {
                    Some(after) => {
                        let steps_taken = self.record.steps_taken;
                        Then::Look { after, timer: Timer { tenant: job.tenant, pin: job.pin, steps_taken, failed: None } }
                    }
                    None => Then::Done,
                };
                Delivered { event: Some(self.event(Kind::Sent, detail)), then: Some(then) }
            }
            Next::FailOver => {
                let reason = outcome.reason();
                tracing::debug!(
                    tenant.id = %job.tenant, pin.id = %job.pin, channel = job.channel.name(), connector, attempt = attempts, reason,
                    "an attempt failed; another connection follows"
                );
                worker.metrics.fail_over(job.channel);
                self.again(Duration::ZERO, self.next_job(&outcome, leg, false), detail)
            }
            Next::Retry { after, begins_again } => {
                let reason = outcome.reason();
                tracing::debug!(
                    tenant.id = %job.tenant, pin.id = %job.pin, channel = job.channel.name(), connector, attempt = attempts, reason,
                    "an attempt failed; another follows"
                );
                self.again(after, self.next_job(&outcome, leg, begins_again), detail)
            }
            Next::GiveUp => {
                let reason = outcome.reason().unwrap_or_default().to_owned();
                tracing::warn!(
                    tenant.id = %job.tenant, pin.id = %job.pin, channel = job.channel.name(), connector, attempt = attempts, reason,
                    "a message was not delivered"
                );
                let then = followed(poison::bury(reason), job, self.record);
                Delivered { event: Some(self.event(Kind::Failed, detail)), then: Some(then) }
            }
        }
    }

    /// The job of the next attempt.
    fn next_job(&self, outcome: &Outcome, leg: Option<UsedLeg>, begins_again: bool) -> Job {
        let mut job = self.job.clone();
        job.attempt = job.attempt.saturating_add(1);
        job.is_uncertain |= matches!(outcome, Outcome::Unknown { .. });
        match leg {
            Some(leg) if !begins_again => job.tried.push(leg.connection),
            _ => job.tried.clear(),
        }
        job
    }

    fn again(&self, after: Duration, job: Job, detail: Detail) -> Delivered {
        Delivered { event: Some(self.event(Kind::Retried, detail)), then: Some(Then::Retry { after, job: job.encode() }) }
    }

    pub(super) fn event(&self, kind: Kind, detail: Detail) -> Event {
        event(self.job, self.record, kind, detail)
    }

    pub(super) fn detail_of(&self, outcome: &Outcome) -> Detail {
        let provider_id = if let Outcome::Accepted { provider_id, .. } = outcome { provider_id.clone() } else { None };
        Detail {
            delivery: Some(self.job.delivery),
            attempt: Some(self.job.attempt.saturating_add(1)),
            provider_id,
            reason: outcome.reason().map(str::to_owned),
            ..Detail::default()
        }
    }
}

/// What follows a delivery that crashed: another hand-out, and after too many the dead letters.
pub(crate) fn crashed(lease: &Lease, job: &Job, record: &Record, most_hand_outs: u64) -> Delivered {
    let then = poison::unreadable(&lease.entry, "crashed", most_hand_outs).map(|then| followed(then, job, record));
    Delivered { event: then.is_some().then(|| event(job, record, Kind::Failed, detail(job, "crashed"))), then }
}

/// What follows a message that was given up: at once the next step of its PIN's plan.
pub(super) fn followed(then: Then, job: &Job, record: &Record) -> Then {
    match then {
        Then::Bury { reason, .. } => Then::Bury { reason, timer: fallback::failed(record, job.tenant, job.pin, job.delivery) },
        then => then,
    }
}

fn event(job: &Job, record: &Record, kind: Kind, mut detail: Detail) -> Event {
    if record.flags.is_sandbox {
        let facts = detail.facts.get_or_insert_default();
        (facts.is_sandbox, facts.is_test) = (true, record.flags.is_test);
    }
    Event {
        kind,
        channel: job.channel,
        // The entry's id in the stream says when.
        at_ms: 0,
        created_ms: record.created_ms,
        expires_ms: record.expires_ms,
        tenant: job.tenant,
        pin: job.pin,
        message: record.message,
        subject: record.subject,
        detail,
    }
}

pub(super) fn detail(job: &Job, reason: &str) -> Detail {
    Detail { delivery: Some(job.delivery), reason: Some(reason.to_owned()), ..Detail::default() }
}
