//! Lists what became of PINs, newest first, page by page.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::field::Checks;
use pinfold_core::id::PinId;
use pinfold_core::recipient::Recipient;
use pinfold_http::clock::{now_ms, parse_rfc3339};
use pinfold_http::{Authorized, Params, Problem, ProblemView, ReportsRead};
use pinfold_postgres::{Snapshot, Verification, VerificationFilter, VerificationStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::SummaryView;
use crate::State;
use crate::state::record_problem;

/// Verifications on a page when a request does not say, and the most there may be.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// Which verifications.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Those of this application.
    application_id: Option<String>,
    /// Those that stand so: `waiting`, `sent`, `verified`, `exhausted`, `canceled`, `failed` or `expired`.
    status: Option<String>,
    /// Those whose last message took this channel.
    channel: Option<String>,
    /// Those accepted at this time or later (RFC 3339).
    from: Option<String>,
    /// Those accepted before this time (RFC 3339).
    to: Option<String>,
    /// Those to this phone number or e-mail address. It is looked for by its keyed hash.
    recipient: Option<String>,
    /// Those after this one, which is `next` of the page before.
    after: Option<String>,
    /// Verifications on a page; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    size: Option<u32>,
}

/// A page of verifications.
#[derive(Serialize, ToSchema)]
#[schema(as = VerificationList)]
pub(super) struct ListView {
    /// The verifications of the page, newest first.
    verifications: Vec<SummaryView>,
    /// What `after` takes for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1795262400000-0933F3BC087D2A617AC6DCB2EF5B8A61")]
    next: Option<String>,
}

/// List verifications, newest first.
///
/// A PIN appears with its first recorded event, usually within a second.
#[utoipa::path(
    get,
    path = "/v1/verifications",
    operation_id = "verifications.list",
    tag = "Verifications",
    params(ListParams),
    responses(
        (status = 200, description = "A page of them", body = ListView),
        (status = 400, description = "A parameter is past its bound", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<ReportsRead>,
    state: Data<State>,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    let snapshot = state.snapshot(caller.tenant).await?;
    let mut filter = params.filter(&snapshot, now_ms())?;
    let (size, now_ms) = (filter.size as usize, filter.now_ms);
    // One more, to know whether there is a next page.
    filter.size += 1;
    let mut found = state.database.tenant(caller.tenant).verifications().page(filter).await.map_err(record_problem)?;
    let has_more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| has_more).map(cursor);
    let verifications = found.into_iter().map(|verification| SummaryView::new(verification, now_ms)).collect();
    Ok(HttpResponse::Ok().json(ListView { verifications, next }))
}

fn cursor(last: &Verification) -> String {
    format!("{}-{}", last.created_ms, last.pin)
}

fn after(cursor: &str) -> Option<(u64, PinId)> {
    let (created_ms, pin) = cursor.split_once('-')?;
    let is_number = created_ms.len() <= 15 && created_ms.bytes().all(|byte| byte.is_ascii_digit());
    Some((created_ms.parse().ok().filter(|_| is_number)?, pin.parse().ok()?))
}

impl ListParams {
    fn filter(&self, snapshot: &Snapshot, now_ms: u64) -> Result<VerificationFilter, Problem> {
        let mut checks = Checks::default();
        let application = self.application_id.as_deref().and_then(|id| checks.take("applicationId", id.parse()));
        let status = self.status.as_deref().and_then(|name| {
            let known = VerificationStatus::ALL.into_iter().find(|status| status.name() == name);
            let must = "must be one of waiting, sent, verified, exhausted, canceled, failed, expired";
            checks.take("status", known.ok_or(must))
        });
        let channel = self.channel.as_deref().and_then(|name| checks.take("channel", name.parse()));
        let mut time = |field, text: &Option<String>| {
            let must = "must be a time such as 2026-11-21T12:00:00Z";
            text.as_deref().and_then(|text| checks.take(field, parse_rfc3339(text).ok_or(must)))
        };
        let (from_ms, to_ms) = (time("from", &self.from), time("to", &self.to));
        let recipient = self.recipient.as_deref().and_then(|to| checks.take("recipient", Recipient::parse(to)));
        let must = "must be `next` of the page before";
        let after = self.after.as_deref().and_then(|cursor| checks.take("after", after(cursor).ok_or(must)));
        let size = self.size.unwrap_or(PAGE);
        checks.require((1..=LARGEST_PAGE).contains(&size), "size", format!("must be between 1 and {LARGEST_PAGE}"));
        checks.finish()?;
        // A number has another hash in each application.
        let subjects = recipient.map(|recipient| {
            let all = snapshot.applications.keys().filter(|id| application.is_none_or(|wanted| wanted == **id));
            all.map(|id| snapshot.keys.subject(*id, &recipient)).collect()
        });
        Ok(VerificationFilter { application, status, channel, from_ms, to_ms, subjects, after, size, now_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_anything_else_is_none() {
        let pin = PinId::random();
        assert_eq!(after(&format!("1795262400000-{pin}")), Some((1_795_262_400_000, pin)));
        for text in ["", "-", "1795262400000", &format!("-{pin}"), &format!("+1-{pin}"), "1-x", &format!("1e3-{pin}")] {
            assert_eq!(after(text), None, "{text}");
        }
    }
}
