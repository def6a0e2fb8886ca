//! Runs rules of the fraud guard over what was recorded.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::fraud::{Facts, Past, Replay, Rules, judge, places, replay};
use pinfold_core::recipient::Recipient;
use pinfold_http::clock::{now_ms, rfc3339};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::{Database, Snapshot, Verification, VerificationFilter};
use pinfold_redis::Hot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{FindingView, RulesView};
use crate::refusals::NativeBody;
use crate::{State, store};

/// Hours that are looked at when a request does not say, and the most.
const HOURS: u32 = 24;
const MOST_HOURS: u32 = 168;
/// The most verifications that one replay looks at, newest first.
const MOST: usize = 50_000;
const PAGE: u32 = 1_000;

/// What to replay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudReplayRequest)]
pub(crate) struct ReplayRequest {
    /// The rules to try; without, those in force. They are tried as if they blocked, unless their mode is `off`.
    rules: Option<RulesView>,
    /// How far back, in hours.
    #[schema(example = 24, minimum = 1, maximum = 168)]
    hours: Option<u32>,
}

/// What rules would have done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudReplay)]
struct ReplayView {
    /// Since when.
    #[schema(example = "2026-11-20T12:00:00Z")]
    from: String,
    /// Verifications by phone number that were looked at.
    sends: u64,
    /// Those of them that were verified.
    verified: u64,
    /// Those that would have been refused.
    would_block: u64,
    /// Those of the refused ones that were verified: refusing them would have been wrong.
    false_positives: u64,
    /// Verifications whose number is not known any more, or that are older than the newest 50 000: they are left out.
    left_out: u64,
    /// By rule and what it is about, most first.
    rules: Vec<ReplayRuleView>,
}

/// What one rule would have done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudReplayRule)]
struct ReplayRuleView {
    /// The first finding.
    #[serde(flatten)]
    first: FindingView,
    /// Those that it would have refused.
    would_block: u64,
    /// Those of them that were verified.
    false_positives: u64,
}

impl ReplayView {
    fn new(found: Replay, from_ms: u64, left_out: u64) -> Self {
        let rule = |rule: pinfold_core::fraud::ReplayRule| ReplayRuleView {
            first: rule.first.into(),
            would_block: rule.refused,
            false_positives: rule.verified,
        };
        Self {
            from: rfc3339(from_ms),
            sends: found.sends,
            verified: found.verified,
            would_block: found.refused,
            false_positives: found.refused_verified,
            left_out,
            rules: found.rules.into_iter().map(rule).collect(),
        }
    }
}

/// Runs rules of the fraud guard over what was recorded, and says what they would have refused and how much of that was verified.
///
/// Nothing changes. It looks at the newest 50 000 verifications, as far as their sealed recipients are kept. Sends that were
/// refused then are not among them, nor are end users' addresses and keys.
#[utoipa::path(
    post,
    path = "/v1/fraud/replays",
    operation_id = "fraud.replay",
    tag = "Fraud guard",
    request_body = ReplayRequest,
    responses(
        (status = 200, description = "What the rules would have done", body = ReplayView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    body: Body<ReplayRequest>,
) -> Result<HttpResponse, Problem> {
    let hours = body.value.hours.unwrap_or(HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        return Err(Problem::field("hours", format!("must be between 1 and {MOST_HOURS}")));
    }
    let snapshot = state.snapshot(caller.tenant).await?;
    let rules = match &body.value.rules {
        Some(rules) => rules.rules()?,
        None => {
            let own = state.database.tenant(caller.tenant).fraud().rules().await.map_err(store::problem)?;
            own.unwrap_or_else(|| state.fraud.clone())
        }
    };
    let from_ms = now_ms().saturating_sub(u64::from(hours) * 3_600_000);
    let (found, left_out) = replay_since(&state.database, &state.hot, &snapshot, &rules, from_ms).await?;
    Ok(HttpResponse::Ok().json(ReplayView::new(found, from_ms, left_out)))
}

/// Runs rules over a tenant's verifications since `from_ms`. Says how many had to be left out.
///
/// # Errors
/// 503 where a store does not answer.
pub async fn replay_since(
    database: &Database,
    hot: &Hot,
    snapshot: &Snapshot,
    rules: &Rules,
    from_ms: u64,
) -> Result<(Replay, u64), Problem> {
    let (mut past, mut left_out) = (Vec::new(), 0);
    let mut after = None;
    loop {
        let filter = VerificationFilter { from_ms: Some(from_ms), after, size: PAGE, now_ms: now_ms(), ..Default::default() };
        let page = database.tenant(snapshot.tenant).verifications().page(filter).await.map_err(store::problem)?;
        after = page.last().map(|last| (last.created_ms, last.pin));
        let is_last = page.len() < PAGE as usize;
        if past.len() + page.len() > MOST {
            left_out += page.len() as u64;
            break;
        }
        left_out += read(hot, snapshot, rules, page, &mut past).await?;
        if is_last {
            break;
        }
    }
    past.sort_by_key(|send: &Past| send.at_ms);
    Ok((replay(rules.mode, &past), left_out))
}

/// Reads the numbers of verifications from their records. Says how many are left out.
async fn read(
    hot: &Hot,
    snapshot: &Snapshot,
    rules: &Rules,
    page: Vec<Verification>,
    past: &mut Vec<Past>,
) -> Result<u64, Problem> {
    let pins: Vec<_> = page.iter().map(|verification| (snapshot.tenant, verification.pin)).collect();
    let records = hot.peek_many(&pins).await.map_err(store::hot_problem)?;
    let mut left_out = 0;
    for (verification, record) in page.into_iter().zip(records) {
        let Some(record) = record.and_then(Result::ok) else {
            left_out += 1;
            continue;
        };
        if record.flags.is_sandbox {
            continue;
        }
        let envelope = snapshot.keys.open_envelope(record.key_version, verification.pin, &record.sealed);
        let Ok(Recipient::Phone(phone)) = envelope.map(|envelope| envelope.recipient) else { continue };
        let region = phone.region();
        let number = snapshot.keys.listed(&phone);
        let facts = Facts { channel: verification.channel, phone: &phone, region, number: &number, address: None };
        past.push(Past {
            at_ms: verification.created_ms,
            verified_ms: verification.verified_ms,
            standing: judge(rules, &snapshot.fraud_lists, &facts),
            places: places(rules, &snapshot.keys, &phone, region, None, None),
        });
    }
    Ok(left_out)
}
