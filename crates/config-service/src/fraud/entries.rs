//! Lists what the tenant allows and blocks by name.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::fraud::Matcher;
use pinfold_core::id::FraudEntryId;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};
use pinfold_postgres::FraudEntry;
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusals::Native;
use crate::{State, store};

/// An entry of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudEntry)]
pub(crate) struct EntryView {
    /// Its id.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    id: FraudEntryId,
    /// `allow` or `block`.
    #[schema(value_type = String, example = "block")]
    list: &'static str,
    /// `number`, `prefix` or `network`.
    #[schema(value_type = String, example = "prefix")]
    kind: &'static str,
    /// The prefix or the network; a number is shown masked.
    #[schema(example = "41793")]
    value: String,
    /// What you wrote beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
    /// When it was added.
    #[schema(example = "2026-11-21T12:00:00Z")]
    created_at: String,
}

/// The entries of both lists.
#[derive(Serialize, ToSchema)]
#[schema(as = FraudEntries)]
struct EntriesView {
    /// The entries, newest first.
    entries: Vec<EntryView>,
}

impl From<FraudEntry> for EntryView {
    fn from(entry: FraudEntry) -> Self {
        let kind = match entry.entry.matcher {
            Matcher::Number(_) => "number",
            Matcher::Prefix(_) => "prefix",
            Matcher::Network(_) => "network",
        };
        Self {
            id: entry.id,
            list: entry.entry.side.name(),
            kind,
            value: entry.shown,
            note: entry.note,
            created_at: rfc3339(entry.created_ms),
        }
    }
}

/// Lists what the fraud guard allows and blocks by name, newest first; at most 1000 entries.
#[utoipa::path(
    get,
    path = "/v1/fraud/lists",
    operation_id = "fraud.list_entries",
    tag = "Fraud guard",
    responses(
        (status = 200, description = "The entries of both lists", body = EntriesView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let entries = state.database.tenant(caller.tenant).fraud().entries().await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(EntriesView { entries: entries.into_iter().map(EntryView::from).collect() }))
}
