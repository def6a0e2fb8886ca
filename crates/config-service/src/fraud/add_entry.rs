//! Puts a number, a prefix or a network on a list of the fraud guard.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::field::FieldError;
use pinfold_core::fraud::{Entry, Matcher, Side};
use pinfold_core::id::FraudEntryId;
use pinfold_core::phone::Phone;
use pinfold_core::recipient::Recipient;
use pinfold_http::clock::now_ms;
use pinfold_http::{Authorized, Body, Code, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::{FraudEntry, Snapshot};
use serde::Deserialize;
use utoipa::ToSchema;

use super::entries::EntryView;
use crate::refusals::NativeBody;
use crate::{State, store};

/// The entries that a tenant may have.
const MOST: i64 = 1_000;
const LONGEST_NOTE: usize = 200;

/// An entry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudEntryRequest)]
pub(crate) struct EntryRequest {
    /// `allow` or `block`.
    #[schema(example = "block")]
    list: String,
    /// `number`, `prefix` or `network`.
    #[schema(example = "prefix")]
    kind: String,
    /// A phone number in international form, the digits that numbers begin with, or a network of end users such as 192.0.2.0/24.
    #[schema(example = "41793")]
    value: String,
    /// Why, for your people.
    #[schema(max_length = 200)]
    note: Option<String>,
}

impl EntryRequest {
    fn entry(self, snapshot: &Snapshot) -> Result<FraudEntry, Problem> {
        let side = Side::from_name(&self.list).ok_or_else(|| Problem::field("list", "must be allow or block"))?;
        let wrong = |must: String| Problem::from(FieldError::new("value", must));
        let (matcher, shown) = match self.kind.as_str() {
            "number" => {
                let phone = Phone::parse(&self.value).map_err(|error| wrong(error.to_string()))?;
                let hash = snapshot.keys.listed(&phone);
                (Matcher::Number(hash), Recipient::Phone(phone).masked())
            }
            "prefix" => {
                let prefix: pinfold_core::fraud::Prefix =
                    self.value.parse().map_err(|error: pinfold_core::fraud::InvalidPrefix| wrong(error.to_string()))?;
                let shown = prefix.to_string();
                (Matcher::Prefix(prefix), shown)
            }
            "network" => {
                let network: pinfold_core::access::Network =
                    self.value.parse().map_err(|error: pinfold_core::access::InvalidNetwork| wrong(error.to_string()))?;
                (Matcher::Network(network), self.value)
            }
            _ => return Err(Problem::field("kind", "must be number, prefix or network")),
        };
        let note = self.note.filter(|note| !note.is_empty());
        let is_plain = |note: &String| note.chars().count() <= LONGEST_NOTE && !note.chars().any(char::is_control);
        if !note.as_ref().is_none_or(is_plain) {
            return Err(Problem::field("note", "must have at most 200 characters, none of them a control character"));
        }
        Ok(FraudEntry { id: FraudEntryId::random(), entry: Entry { side, matcher }, shown, note, created_ms: now_ms() })
    }
}

/// Puts a number, a prefix or a network on the allow or the block list of the fraud guard.
///
/// What is allowed is held up by nothing that is inferred, what is blocked is refused in every mode. A number is kept as a keyed
/// hash and shown masked. Premium ranges are refused even when they are allowed.
#[utoipa::path(
    post,
    path = "/v1/fraud/lists",
    operation_id = "fraud.add_entry",
    tag = "Fraud guard",
    request_body = EntryRequest,
    responses(
        (status = 201, description = "The entry", body = EntryView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        (status = 409, description = "It is on the list, or the lists are full", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    body: Body<EntryRequest>,
) -> Result<HttpResponse, Problem> {
    let snapshot = state.snapshot(caller.tenant).await?;
    let entry = body.value.entry(&snapshot)?;
    let added = state.database.tenant(caller.tenant).fraud().add(entry.clone(), MOST).await.map_err(store::problem)?;
    added.ok_or_else(|| Problem::new(Code::AlreadyThere).detail("It is on the list, or there are 1000 entries."))?;
    Ok(HttpResponse::Created().json(EntryView::from(entry)))
}
