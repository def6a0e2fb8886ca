//! Lists what the fraud guard decided, page by page.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::field::Checks;
use pinfold_core::fraud::Rule;
use pinfold_core::id::PinId;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Authorized, Params, Problem, ProblemView, ReportsRead};
use pinfold_postgres::{DecisionFilter, FraudDecision};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::FindingView;
use crate::refusals::Native;
use crate::{State, moment, store};

const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// Which decisions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionParams {
    /// Those of this rule.
    rule: Option<String>,
    /// `recorded` or `blocked`.
    action: Option<String>,
    /// Those from this time on (RFC 3339).
    from: Option<String>,
    /// Those before this time (RFC 3339).
    to: Option<String>,
    /// Those behind this one, which is `next` of the page before.
    after: Option<String>,
    /// Decisions on a page; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    size: Option<u32>,
}

/// A decision of the fraud guard.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudDecision)]
struct DecisionView {
    /// Its id.
    id: String,
    /// When.
    #[schema(example = "2026-11-21T12:00:00Z")]
    at: String,
    /// `recorded` where the message went, `blocked` where it was refused.
    #[schema(value_type = String, example = "blocked")]
    action: &'static str,
    #[serde(flatten)]
    finding: FindingView,
    /// The channel.
    #[schema(example = "sms")]
    channel: String,
    /// The beginning of the number.
    #[schema(example = "4179…")]
    number: String,
    /// The country of the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "CH")]
    country: Option<String>,
    /// The PIN of a message that went.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    pin_id: Option<PinId>,
    /// How many sends were decided alike since the one before: within ten seconds they are told as one.
    #[schema(example = 1)]
    alike: u32,
}

/// A page of decisions.
#[derive(Serialize, ToSchema)]
#[schema(as = FraudDecisions)]
struct DecisionsView {
    /// The decisions of the page, newest first.
    decisions: Vec<DecisionView>,
    /// What `after` takes for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

impl From<FraudDecision> for DecisionView {
    fn from(decision: FraudDecision) -> Self {
        Self {
            id: decision.id,
            at: rfc3339(decision.at_ms),
            action: if decision.is_blocked { "blocked" } else { "recorded" },
            finding: decision.finding.into(),
            channel: decision.channel,
            number: decision.number,
            country: decision.region,
            pin_id: decision.pin,
            alike: decision.sends,
        }
    }
}

impl DecisionParams {
    fn filter(&self) -> Result<DecisionFilter, Problem> {
        let mut checks = Checks::default();
        let rule = self.rule.as_deref().and_then(|name| {
            checks.take("rule", Rule::from_name(name).ok_or("must be a rule of the fraud guard, such as conversion"))
        });
        let is_blocked = self.action.as_deref().and_then(|name| {
            let known = match name {
                "blocked" => Ok(true),
                "recorded" => Ok(false),
                _ => Err("must be recorded or blocked"),
            };
            checks.take("action", known)
        });
        let mut time = |field, text: &Option<String>| {
            text.as_deref().and_then(|text| checks.take(field, moment::parse(text).ok_or(moment::MUST)))
        };
        let (from_ms, to_ms) = (time("from", &self.from), time("to", &self.to));
        let after = self.after.as_deref().and_then(|cursor| {
            let parts = cursor.split_once('_').and_then(|(at_ms, id)| Some((at_ms.parse().ok()?, id.to_owned())));
            let parts = parts.filter(|(at_ms, id): &(u64, String)| *at_ms < 1 << 48 && id.len() <= 64 && !id.contains('\0'));
            checks.take("after", parts.ok_or("must be `next` of the page before"))
        });
        let size = self.size.unwrap_or(PAGE);
        checks.require((1..=LARGEST_PAGE).contains(&size), "size", format!("must be between 1 and {LARGEST_PAGE}"));
        checks.finish()?;
        Ok(DecisionFilter { rule, is_blocked, from_ms, to_ms, after, size })
    }
}

/// Lists what the fraud guard decided, newest first: rule, figures and threshold.
#[utoipa::path(
    get,
    path = "/v1/fraud/decisions",
    operation_id = "fraud.list_decisions",
    tag = "Fraud guard",
    params(DecisionParams),
    responses(
        (status = 200, description = "A page of decisions", body = DecisionsView),
        (status = 400, description = "A parameter is past its bound", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ReportsRead>,
    state: Data<State>,
    params: Params<DecisionParams>,
) -> Result<HttpResponse, Problem> {
    let mut filter = params.filter()?;
    let size = filter.size as usize;
    // One more, to know whether there is a next page.
    filter.size += 1;
    let mut found = state.database.tenant(caller.tenant).fraud().decisions(filter).await.map_err(store::problem)?;
    let has_more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| has_more).map(|last| format!("{}_{}", last.at_ms, last.id));
    Ok(HttpResponse::Ok().json(DecisionsView { decisions: found.into_iter().map(DecisionView::from).collect(), next }))
}
