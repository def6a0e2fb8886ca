//! Judges a guess. It is spent before it is answered; what cannot be right by its characters alone costs nothing, and is a
//! wrong code or a 400, as the dialect has it.

use std::sync::Arc;

use pinfold_core::alphabet::Classes;
use pinfold_core::envelope::Envelope;
use pinfold_core::field::FieldError;
use pinfold_core::fraud::Mode;
use pinfold_core::id::{ApplicationId, PinId};
use pinfold_core::keys::{Digest, Purpose, TenantKeys, purpose};
use pinfold_core::life::Verdict;
use pinfold_core::pin::Pin;
use pinfold_core::recipient::Recipient;
use pinfold_core::spray;
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::Snapshot;
use pinfold_redis::{Guess, GuessOf, GuessSource, Record};

use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::state::{application, hot_problem, message};

/// The longest guess that is looked at.
const LONGEST_GUESS: usize = 32;

/// Which PIN is guessed.
#[derive(Debug)]
pub(crate) enum Which {
    /// By id.
    Pin(PinId),
    /// The latest of a number for a purpose.
    Latest { application: ApplicationId, subject: Digest, purpose: Purpose },
}

impl Which {
    /// The latest of a number for a purpose.
    pub(crate) fn latest(keys: &TenantKeys, application: ApplicationId, recipient: &Recipient, name: &str) -> Self {
        Self::Latest { application, subject: keys.subject(application, recipient), purpose: purpose(name) }
    }
}

/// What a guess was worth.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) pin: PinId,
    pub(crate) record: Record,
    pub(crate) recipient: Recipient,
    /// What the dialect noted when it was sent.
    pub(crate) note: Option<String>,
    /// What it is bound to.
    pub(crate) bound: Option<String>,
    pub(crate) now_ms: u64,
}

/// A guess as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed<'a> {
    /// The field that holds it.
    pub(crate) field: &'static str,
    /// What the person typed.
    pub(crate) guess: &'a str,
    /// What the caller says the code is bound to: [`crate::send::Send::bound`].
    pub(crate) bound: Option<&'a str>,
}

/// Judges `guess`, given in `field`, for dialects that refuse what cannot be right by its characters.
///
/// # Errors
/// Those of [`judge`], and 400 for such a guess.
pub(crate) async fn verify(
    state: &State,
    snapshot: &Arc<Snapshot>,
    caller: &Caller,
    which: Which,
    field: &'static str,
    guess: &str,
    idempotency: Option<IdempotencyKey<'_>>,
) -> Result<Judged, Problem> {
    // What no PIN can be is refused before anything is asked.
    if Classes::of(guess).is_none() {
        return Err(malformed(field));
    }
    let judged = judge(state, snapshot, caller, which, Typed { field, guess, bound: None }, idempotency).await?;
    if judged.verdict == Verdict::Alien { Err(malformed(field)) } else { Ok(judged) }
}

/// Judges a guess at a code that may be bound to something. One that cannot be right by its characters is
/// [`Verdict::Alien`], unless its PIN is over.
///
/// # Errors
/// 400 for one that is empty or too long, 403 when the application is switched off, 404 for an unknown PIN, 429 when locked or
/// throttled, 503.
pub(crate) async fn judge(
    state: &State,
    snapshot: &Arc<Snapshot>,
    caller: &Caller,
    which: Which,
    typed: Typed<'_>,
    idempotency: Option<IdempotencyKey<'_>>,
) -> Result<Judged, Problem> {
    let Typed { field, guess, bound } = typed;
    if !(1..=LONGEST_GUESS).contains(&guess.len()) {
        return Err(malformed(field));
    }
    // What no PIN can be is compared with none.
    let (classes, guess) = Classes::of(guess).map_or((Classes::FOREIGN, ""), |classes| (classes, guess));
    refuse_disabled(state, snapshot, caller, &which).await?;
    let keys = &snapshot.keys;
    // Made in one go, as in a send: what is still there while Redis is asked has its room in the state of every guess.
    let asking = {
        let guess = if classes.has_dash() { Pin::guessed(guess) } else { Pin::given(guess) };
        let guess = guess.bound_to(bound);
        let of = match which {
            Which::Pin(pin) => GuessOf::Pin(pin),
            Which::Latest { subject, purpose, .. } => GuessOf::Latest(subject, purpose),
        };
        let digest = |version| match of {
            GuessOf::Pin(pin) => keys.pin_digest(version, pin, &guess),
            GuessOf::Latest(subject, purpose) => keys.number_digest(version, &subject, purpose, &guess),
        };
        let digests: Vec<_> = keys
            .live()
            .map(|version| digest(version).map(|digest| (version, digest)))
            .collect::<Result<_, _>>()
            .map_err(Problem::internal)?;
        let success_key = idempotency.map(|key| key.success_key(keys));
        let mode = state.fraud_rules(snapshot).mode;
        let source = caller.address.filter(|_| mode != Mode::Off).map(|address| GuessSource {
            hash: spray::source(keys, address),
            budget: spray::Budget::default(),
            refuses: mode == Mode::Block,
        });
        state.hot.verify(&Guess { tenant: caller.tenant, of, classes, digests: &digests, success_key, source })
    };
    let judged = asking.await.map_err(hot_problem)?;
    let (pin, record) = judged.pin.ok_or_else(|| Problem::new(Code::NotFound))?;
    state.make_sure(caller.tenant, snapshot.durability_of(&record.message)).await?;
    match judged.verdict {
        Verdict::Unknown => return Err(Problem::new(Code::NotFound)),
        Verdict::Refused(refusal) => return Err(refusal.into()),
        Verdict::Verified { .. } | Verdict::Wrong { .. } | Verdict::Terminal(_) | Verdict::Alien => {}
    }
    let envelope = keys.open_envelope(record.key_version, pin, &record.sealed).map_err(Problem::internal)?;
    let Envelope { recipient, note, bound, .. } = envelope;
    if matches!(judged.verdict, Verdict::Verified { .. }) {
        state.count_verified(snapshot, &recipient, record.flags.is_sandbox, judged.now_ms);
    }
    Ok(Judged { verdict: judged.verdict, pin, record, recipient, note, bound, now_ms: judged.now_ms })
}

/// A PIN of an application that is switched off is not judged, so nothing is spent. Which application a PIN belongs to is
/// asked only when the tenant has one that is off, because that costs a round trip.
async fn refuse_disabled(state: &State, snapshot: &Snapshot, caller: &Caller, which: &Which) -> Result<(), Problem> {
    match which {
        Which::Latest { application: id, .. } => application(snapshot, *id).map(|_| ()),
        Which::Pin(_) if snapshot.applications.values().all(|application| application.is_enabled) => Ok(()),
        Which::Pin(pin) => match state.hot.peek(caller.tenant, *pin).await.map_err(hot_problem)? {
            Some(record) => message(snapshot, record.message).map(|_| ()),
            None => Err(Problem::new(Code::NotFound)),
        },
    }
}

fn malformed(field: &'static str) -> Problem {
    const MUST: &str = "must have 1 to 32 characters of the PIN's alphabet, in ASCII";
    Problem { fields: vec![FieldError::new(field, MUST)], ..Problem::new(Code::InvalidPin) }
}
