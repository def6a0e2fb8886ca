//! Lists what was done, newest first, page by page; as comma-separated values when that is asked for.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::csv;
use pinfold_core::field::Checks;
use pinfold_http::clock::rfc3339;
use pinfold_http::{AuditRead, Authorized, Params, Problem, ProblemView};
use pinfold_postgres::{AuditEntry, AuditFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::EntryView;
use crate::moment;
use crate::refusals::Native;
use crate::{State, store};

/// Entries on a page when a request does not say, and the most there may be.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1_000;

/// How a page is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditFormat)]
enum Format {
    /// As JSON.
    #[default]
    Json,
    /// As comma-separated values that no spreadsheet takes for formulas; the next page is told in the header `x-next`.
    Csv,
}

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct ListParams {
    /// Those before this place in the log, which is `next` of the page before.
    #[param(minimum = 1)]
    before: Option<u64>,
    /// Those of this time or later (RFC 3339).
    #[param(example = "2026-11-21T00:00:00Z")]
    from: Option<String>,
    /// Those earlier than this (RFC 3339).
    #[param(example = "2026-11-22T00:00:00Z")]
    to: Option<String>,
    /// Those of this actor.
    #[param(example = "key:0933F3BC087D2A617AC6DCB2EF5B8A61")]
    actor: Option<String>,
    /// Those of this action.
    #[param(example = "denied")]
    action: Option<String>,
    /// Those about this kind of thing.
    #[param(example = "api_key")]
    object: Option<String>,
    /// Those about this one.
    object_id: Option<String>,
    /// Entries on a page; 100 by default.
    #[param(minimum = 1, maximum = 1000)]
    size: Option<u32>,
    /// How the page is written; JSON by default.
    #[param(inline)]
    format: Option<Format>,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditPage)]
pub(crate) struct ListView {
    /// The entries of the page, newest first.
    entries: Vec<EntryView>,
    /// What `before` takes for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 17)]
    next: Option<u64>,
}

/// Lists what was done, and by whom.
///
/// Changes of the configuration, looks at whole recipients, exports and denied accesses, newest first. The log cannot be
/// changed: `pinfold audit verify` says so.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "audit.list",
    tag = "Audit",
    params(ListParams),
    responses(
        (status = 200, description = "A page of the log", content((ListView = "application/json"), (String = "text/csv"))),
        (status = 400, description = "A parameter is past its bound", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<AuditRead>,
    state: Data<State>,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    let (filter, size) = params.filter()?;
    let mut found = state.database.tenant(caller.tenant).audit().list(filter).await.map_err(store::problem)?;
    let has_more = found.len() > size;
    found.truncate(size);
    let next = found.last().map(|last| last.sequence).filter(|_| has_more);
    if params.format == Some(Format::Csv) {
        let mut answer = HttpResponse::Ok();
        if let Some(next) = next {
            answer.insert_header(("x-next", next.to_string()));
        }
        let name = "attachment; filename=\"audit.csv\"";
        return Ok(answer
            .content_type("text/csv; charset=utf-8")
            .insert_header(("content-disposition", name))
            .body(text(&found)));
    }
    Ok(HttpResponse::Ok().json(ListView { entries: found.into_iter().map(EntryView::from).collect(), next }))
}

impl ListParams {
    /// The entries of the page and one more, to know whether there is a next page.
    fn filter(&self) -> Result<(AuditFilter, usize), Problem> {
        let mut checks = Checks::default();
        let size = self.size.unwrap_or(PAGE);
        checks.require((1..=LARGEST_PAGE).contains(&size), "size", format!("must be between 1 and {LARGEST_PAGE}"));
        let texts = [("actor", &self.actor), ("action", &self.action), ("object", &self.object), ("objectId", &self.object_id)];
        for (name, text) in texts {
            let is_plain = text.as_ref().is_none_or(|text| text.len() <= 256 && !text.contains('\0'));
            checks.require(is_plain, name, "must have at most 256 characters, none of them NUL");
        }
        let mut time = |name: &'static str, text: &Option<String>| {
            let time = text.as_ref().map(|text| moment::parse(text));
            checks.require(!matches!(time, Some(None)), name, moment::MUST);
            time.flatten()
        };
        let (from_ms, to_ms) = (time("from", &self.from), time("to", &self.to));
        checks.finish()?;
        let filter = AuditFilter {
            before: self.before,
            from_ms,
            to_ms,
            actor: self.actor.clone(),
            action: self.action.clone(),
            object: self.object.clone(),
            object_id: self.object_id.clone(),
            size: size + 1,
        };
        Ok((filter, size as usize))
    }
}

fn text(entries: &[AuditEntry]) -> String {
    let mut text = String::new();
    csv::push_record(&mut text, AuditEntry::COLUMNS);
    for entry in entries {
        csv::push_record(&mut text, entry.cells(rfc3339).each_ref().map(String::as_str));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(params: ListParams) -> Vec<String> {
        params.filter().err().map_or_else(Vec::new, |problem| problem.fields.iter().map(|one| one.field.to_string()).collect())
    }

    #[test]
    fn what_is_past_its_bound_is_named() {
        assert_eq!(faults(ListParams::default()), Vec::<String>::new());
        let wrong = ListParams {
            size: Some(0),
            from: Some("yesterday".into()),
            to: Some(String::new()),
            actor: Some("x\0".into()),
            object: Some("x".repeat(257)),
            ..ListParams::default()
        };
        assert_eq!(faults(wrong), ["size", "actor", "object", "from", "to"]);
    }
}
