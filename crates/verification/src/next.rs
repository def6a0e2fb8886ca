//! The person says that nothing came: the next step of the PIN's fallback plan starts now. Same PIN, same expiry, same
//! guesses; the limits count it like a resend.

use std::sync::Arc;

use pinfold_core::channel::Channel;
use pinfold_core::fallback::{Before, Known, Next, Skip, Step, Stop, next as decide, obstacle};
use pinfold_core::id::PinId;
use pinfold_core::life::{FallBackOutcome, Terminal};
use pinfold_core::recipient::Recipient;
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::Snapshot;
use pinfold_redis::{FallBack, Idempotency, Record};

use crate::State;
use crate::resend::over;
use crate::state::{hot_problem, message};

/// A step that was started.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) recipient: Recipient,
    pub(crate) channel: Channel,
    pub(crate) created_ms: u64,
    pub(crate) expires_ms: u64,
}

/// A step to take, and what it goes to.
struct Due {
    step: Step,
    skip: Option<Skip>,
    following: Option<Step>,
    recipient: Recipient,
}

/// Most looks at a plan: its steps, each passed over once, and some that others took meanwhile.
const MOST_LOOKS: usize = 8;

/// Starts the next step that has an address.
///
/// # Errors
/// 404 for an unknown PIN, 409 when it is over or has no step left, 422, 429 with `Retry-After`, 503.
pub(crate) async fn next(
    state: &State,
    snapshot: &Arc<Snapshot>,
    caller: &Caller,
    pin: PinId,
    idempotency: Option<Idempotency>,
) -> Result<Begun, Problem> {
    for _ in 0..MOST_LOOKS {
        let record = state.hot.peek(caller.tenant, pin).await.map_err(hot_problem)?;
        let record = record.ok_or_else(|| Problem::new(Code::NotFound))?;
        let (_, application) = message(snapshot, record.message)?;
        let now_ms = state.hot.now_ms().await.map_err(hot_problem)?;
        let found = due(snapshot, pin, &record, now_ms)?;
        let begun =
            |recipient, channel| Begun { recipient, channel, created_ms: record.created_ms, expires_ms: record.expires_ms };
        let Due { step, skip, following, recipient } = match found {
            Ok(due) => due,
            // The last step may be the one that this request started before.
            Err(problem) => {
                let repeated = match idempotency {
                    Some(idempotency) => state.hot.was_accepted(caller.tenant, idempotency).await.map_err(hot_problem)?,
                    None => false,
                };
                if !repeated {
                    return Err(problem);
                }
                return Ok(begun(address(snapshot, pin, &record)?, record.channel));
            }
        };
        let take = FallBack {
            tenant: caller.tenant,
            pin,
            application: application.id,
            record: &record,
            channel: step.channel,
            skip,
            following,
            is_asked_for: true,
            limits: &application.limits,
            budget: snapshot.budget(application.id, record.flags.is_sandbox),
            idempotency,
        };
        let outcome = state.hot.fall_back(&take).await.map_err(hot_problem)?;
        state.make_sure(caller.tenant, application.durability).await?;
        match outcome {
            FallBackOutcome::Started { .. } => return Ok(begun(recipient, step.channel)),
            FallBackOutcome::Repeated => return Ok(begun(address(snapshot, pin, &record)?, record.channel)),
            FallBackOutcome::Skipped(_) | FallBackOutcome::Moved => {}
            FallBackOutcome::KeyReused => return Err(Problem::new(Code::IdempotencyKeyReused)),
            FallBackOutcome::Terminal(terminal) => return Err(over(terminal)),
            FallBackOutcome::Refused(refusal) => return Err(refusal.into()),
            FallBackOutcome::Unknown => return Err(Problem::new(Code::NotFound)),
        }
    }
    Err(Problem::new(Code::Unavailable).detail("The PIN is changed by too many requests at once.").retry_after_ms(1_000))
}

/// What the plan says now, or why there is nothing to start.
fn due(snapshot: &Snapshot, pin: PinId, record: &Record, now_ms: u64) -> Result<Result<Due, Problem>, Problem> {
    let (message, _) = message(snapshot, record.message)?;
    let envelope = snapshot.keys.open_envelope(record.key_version, pin, &record.sealed).map_err(Problem::internal)?;
    let plan = envelope.fallback.as_ref().or_else(|| snapshot.fallbacks.get(&record.message));
    let over_by = record.terminal(now_ms).or(record.verified_ms.map(|_| Terminal::AlreadyVerified));
    let Some(plan) = plan.filter(|_| record.flags.has_plan) else {
        return Ok(Err(over_by.map_or_else(|| Problem::new(Code::NoFallback), over)));
    };
    let known = Known {
        over: over_by,
        expires_ms: record.expires_ms,
        taken: record.steps_taken,
        channel: record.channel,
        since_ms: now_ms,
        before: Before::Underway,
        is_asked_for: true,
    };
    let (step, skip) = match decide(plan, &known, now_ms, |channel| obstacle(&envelope, &message.body, channel)) {
        Next::Start(step) => (step, None),
        Next::Skip(step, skip) => (step, Some(skip)),
        Next::Stop(Stop::Over(terminal)) => return Ok(Err(over(terminal))),
        Next::Stop(_) | Next::WaitUntil(_) => return Ok(Err(Problem::new(Code::NoFallback))),
    };
    let following = plan.step(record.steps_taken + 1);
    let mut turned = envelope.clone();
    turned.turn_to(step.channel);
    Ok(Ok(Due { step, skip, following, recipient: turned.recipient }))
}

/// Where the last message of a PIN went.
fn address(snapshot: &Snapshot, pin: PinId, record: &Record) -> Result<Recipient, Problem> {
    let mut envelope = snapshot.keys.open_envelope(record.key_version, pin, &record.sealed).map_err(Problem::internal)?;
    envelope.turn_to(record.channel);
    Ok(envelope.recipient)
}
