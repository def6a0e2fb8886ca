//! Whether a message may still go, judged by record, queue and Redis' clock. Pure.

use pinfold_core::life::Terminal;
use pinfold_redis::{Job, Record};

/// Why the PIN must not be sent any more, if it must not.
pub(crate) fn over(job: &Job, record: &Record, queued_ms: u64, now_ms: u64) -> Option<&'static str> {
    if let Some(terminal) = record.terminal(now_ms) {
        return Some(match terminal {
            Terminal::AlreadyVerified => "verified",
            Terminal::Exhausted => "exhausted",
            Terminal::Canceled => "canceled",
            Terminal::Expired => "expired",
        });
    }
    if job.generation != record.generation {
        return Some("superseded");
    }
    // A PIN that may be verified again may be sent again as well, but not because of a message from before.
    let verified_meanwhile = record.verified_ms.is_some_and(|at_ms| job.attempt > 0 || at_ms > queued_ms);
    verified_meanwhile.then_some("verified")
}

/// When the message was accepted, where that is known: the record knows of the first one, the queue of one that was
/// not tried yet.
pub(crate) fn accepted_ms(job: &Job, record: &Record, queued_ms: u64) -> Option<u64> {
    match (job.delivery, job.attempt) {
        (1, _) => Some(record.created_ms),
        (_, 0) => Some(queued_ms),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::alphabet::Alphabet;
    use pinfold_core::channel::Channel;
    use pinfold_core::id::{MessageId, PinId, TenantId};
    use pinfold_core::life::Status;
    use pinfold_redis::Flags;

    use super::*;

    fn job() -> Job {
        Job {
            tenant: TenantId::random(),
            pin: PinId::random(),
            channel: Channel::Sms,
            attempt: 0,
            generation: 0,
            delivery: 1,
            trace: None,
            tried: Vec::new(),
            is_uncertain: false,
        }
    }

    fn record(status: Status) -> Record {
        Record {
            status,
            flags: Flags::default(),
            channel: Channel::Sms,
            attempts_used: 0,
            attempts: 5,
            generation: 0,
            deliveries: 1,
            steps_taken: 0,
            key_version: 1,
            length: 6,
            alphabet: Alphabet::Numeric,
            created_ms: 1_000,
            expires_ms: 2_000,
            subject: [0; 12],
            message: MessageId::random(),
            sealed: Vec::new(),
            verified_ms: None,
        }
    }

    #[test]
    fn a_pin_that_is_over_is_never_sent() {
        let over = |record: &Record, now_ms| over(&job(), record, 1_000, now_ms);
        assert_eq!(over(&record(Status::Waiting), 1_999), None);
        assert_eq!(over(&record(Status::Waiting), 2_000), Some("expired"));
        assert_eq!(over(&record(Status::Verified), 1_500), Some("verified"));
        assert_eq!(over(&record(Status::Exhausted), 1_500), Some("exhausted"));
        assert_eq!(over(&record(Status::Canceled), 1_500), Some("canceled"));
        assert_eq!(over(&Record { generation: 1, ..record(Status::Waiting) }, 1_500), Some("superseded"));
    }

    #[test]
    fn a_pin_that_may_repeat_is_sent_after_a_success_only_when_asked_for_after_it() {
        let flags = Flags { may_repeat: true, ..Flags::default() };
        let record = Record { flags, verified_ms: Some(1_200), ..record(Status::Verified) };
        assert_eq!(over(&job(), &record, 1_100, 1_500), Some("verified"));
        assert_eq!(over(&job(), &record, 1_300, 1_500), None);
        assert_eq!(over(&Job { attempt: 1, ..job() }, &record, 1_300, 1_500), Some("verified"));
    }

    #[test]
    fn a_message_is_timed_from_its_own_acceptance() {
        let record = record(Status::Waiting);
        assert_eq!(accepted_ms(&Job { attempt: 2, ..job() }, &record, 1_800), Some(1_000));
        assert_eq!(accepted_ms(&Job { delivery: 2, ..job() }, &record, 1_800), Some(1_800));
        assert_eq!(accepted_ms(&Job { delivery: 2, attempt: 1, ..job() }, &record, 1_800), None);
    }
}
