//! Lists the tenant's API keys, newest first, page by page.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::field::Checks;
use pinfold_http::{Authorized, KeysManage, Params, Problem, ProblemView};
use pinfold_postgres::KeyFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::KeyView;
use crate::refusals::Native;
use crate::{State, store};

/// Keys on a page when a request does not say, and the most there may be.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 500;

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// The page, from 0.
    #[param(maximum = 10000)]
    page: Option<u32>,
    /// Keys on a page; 100 by default.
    #[param(minimum = 1, maximum = 500)]
    size: Option<u32>,
}

/// A page of API keys.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyList)]
pub(crate) struct ListView {
    /// The keys of the page, revoked ones included.
    keys: Vec<KeyView>,
    /// How many there are on all pages.
    total: u64,
}

/// Lists API keys, newest first.
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    operation_id = "keys.list",
    tag = "API keys",
    params(ListParams),
    responses(
        (status = 200, description = "A page of keys", body = ListView),
        (status = 400, description = "A parameter is past its bound", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    let (page, size) = (params.page.unwrap_or(0), params.size.unwrap_or(PAGE));
    let mut checks = Checks::default();
    checks.require(page <= 10_000, "page", "must be at most 10000");
    checks.require((1..=LARGEST_PAGE).contains(&size), "size", format!("must be between 1 and {LARGEST_PAGE}"));
    checks.finish()?;
    let keys = state.database.tenant(caller.tenant).api_keys();
    let filter = KeyFilter { is_descending: true, page, size, ..KeyFilter::default() };
    let found = keys.list(filter).await.map_err(store::problem)?;
    let uses = keys.last_uses(found.items.iter().map(|issued| issued.key.id).collect()).await.map_err(store::problem)?;
    let view = |issued: pinfold_postgres::IssuedKey| {
        let used = uses.get(&issued.key.id).copied();
        KeyView::new(issued, used)
    };
    Ok(HttpResponse::Ok().json(ListView { keys: found.items.into_iter().map(view).collect(), total: found.total }))
}
