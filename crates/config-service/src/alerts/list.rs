//! Lists alerts, page by page.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::alert::AlertKind;
use pinfold_core::field::Checks;
use pinfold_core::id::AlertId;
use pinfold_http::{Authorized, Params, Problem, ProblemView, ReportsRead};
use pinfold_postgres::AlertFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::AlertView;
use crate::refusals::Native;
use crate::{State, store};

const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// Which alerts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertParams {
    /// Those of this kind.
    kind: Option<String>,
    /// Those that were acknowledged (`true`), or were not (`false`).
    acknowledged: Option<bool>,
    /// Those behind this one, which is `next` of the page before.
    after: Option<String>,
    /// Alerts on a page; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    size: Option<u32>,
}

/// A page of alerts.
#[derive(Serialize, ToSchema)]
#[schema(as = Alerts)]
struct AlertsView {
    /// The alerts of the page, newest first.
    alerts: Vec<AlertView>,
    /// What `after` takes for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

impl AlertParams {
    fn filter(&self) -> Result<AlertFilter, Problem> {
        let mut checks = Checks::default();
        if let Some(kind) = self.kind.as_deref() {
            let must = "must be a kind of alerts, such as number_failures";
            checks.require(AlertKind::from_name(kind).is_some(), "kind", must);
        }
        let after = self.after.as_deref().and_then(|cursor| {
            let read = || -> Option<(u64, AlertId)> {
                let (at_ms, id) = cursor.split_once('_')?;
                Some((at_ms.parse().ok().filter(|at_ms| *at_ms < 1 << 48)?, id.parse().ok()?))
            };
            checks.take("after", read().ok_or("must be `next` of the page before"))
        });
        let size = self.size.unwrap_or(PAGE);
        checks.require((1..=LARGEST_PAGE).contains(&size), "size", format!("must be between 1 and {LARGEST_PAGE}"));
        checks.finish()?;
        Ok(AlertFilter { kind: self.kind.clone(), is_acknowledged: self.acknowledged, after, size })
    }
}

/// Lists what needs your eye, newest first.
#[utoipa::path(
    get,
    path = "/v1/alerts",
    operation_id = "alerts.list",
    tag = "Alerts",
    params(AlertParams),
    responses(
        (status = 200, description = "A page of alerts", body = AlertsView),
        (status = 400, description = "A parameter is past its bound", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ReportsRead>,
    state: Data<State>,
    params: Params<AlertParams>,
) -> Result<HttpResponse, Problem> {
    let mut filter = params.filter()?;
    let size = filter.size as usize;
    // One more, to know whether there is a next page.
    filter.size += 1;
    let mut found = state.database.tenant(caller.tenant).alerts().list(filter).await.map_err(store::problem)?;
    let has_more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| has_more).map(|last| format!("{}_{}", last.raised_ms, last.id));
    Ok(HttpResponse::Ok().json(AlertsView { alerts: found.into_iter().map(AlertView::from).collect(), next }))
}
