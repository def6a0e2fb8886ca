//! Shows how numbers are looked up.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::view::LookupView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows how numbers are looked up before a message.
#[utoipa::path(
    get,
    path = "/v1/number-lookup",
    operation_id = "number_lookup.get",
    tag = "Number lookup",
    responses(
        (status = 200, description = "How", body = LookupView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let lookup = store::found(state.database.tenant(caller.tenant).number_lookups().get().await)?;
    Ok(HttpResponse::Ok().json(LookupView::from(lookup)))
}
