//! Lists where things come from, page by page.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Params, Problem, ProblemView};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::OriginView;
use crate::refusals::Native;
use crate::{State, store};

/// Origins on a page when a request does not say, and the most there may be.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1_000;

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Those behind this one, which is `next` of the page before.
    after: Option<String>,
    /// Origins on a page; 100 by default.
    #[param(minimum = 1, maximum = 1000)]
    size: Option<u32>,
}

/// A page of origins.
#[derive(Serialize, ToSchema)]
#[schema(as = OriginList)]
pub(crate) struct ListView {
    /// The origins of the page, in their order.
    origins: Vec<OriginView>,
    /// What `after` takes for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "twilio:VA15a1b0c2d3e4f5061728394a5b6c7d8e")]
    next: Option<String>,
}

/// Lists where applications and templates that an import made come from.
#[utoipa::path(
    get,
    path = "/v1/origins",
    operation_id = "origins.list",
    tag = "Imports",
    params(ListParams),
    responses(
        (status = 200, description = "A page of origins", body = ListView),
        (status = 400, description = "A parameter is past its bound", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    let size = params.size.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&size) {
        return Err(Problem::field("size", format!("must be between 1 and {LARGEST_PAGE}")));
    }
    let after = params.after.clone().unwrap_or_default();
    if after.len() > 128 || after.contains('\0') {
        return Err(Problem::field("after", "must be `next` of the page before"));
    }
    // One more, to know whether there is a next page.
    let mut found = state.database.tenant(caller.tenant).origins().list(after, size + 1).await.map_err(store::problem)?;
    let has_more = found.len() > size as usize;
    found.truncate(size as usize);
    let next = found.last().map(|last| last.origin.clone()).filter(|_| has_more);
    Ok(HttpResponse::Ok().json(ListView { origins: found.into_iter().map(OriginView::from).collect(), next }))
}
