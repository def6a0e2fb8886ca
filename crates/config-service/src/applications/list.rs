//! Lists the tenant's applications, oldest first, as a bare array.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::view::ApplicationView;
use crate::refusals::{ApiException, Infobip};
use crate::{State, store};

/// Lists the applications.
#[utoipa::path(
    get,
    path = "/2fa/2/applications",
    operation_id = "applications.list",
    tag = "Applications",
    responses(
        (status = 200, description = "The applications, oldest first", body = [ApplicationView]),
        (status = 400, description = "The request cannot be understood", body = ApiException),
        Infobip,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let applications = state.database.tenant(caller.tenant).applications().list().await.map_err(store::problem)?;
    let views: Vec<ApplicationView> = applications.into_iter().map(ApplicationView::from).collect();
    Ok(HttpResponse::Ok().json(views))
}
