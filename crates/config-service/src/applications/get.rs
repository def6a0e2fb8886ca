//! Shows one application.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::view::ApplicationView;
use crate::refusals::{ApiException, InfobipOne};
use crate::{State, store};

/// Shows one application.
#[utoipa::path(
    get,
    path = "/2fa/2/applications/{appId}",
    operation_id = "applications.get",
    tag = "Applications",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 200, description = "The application", body = ApplicationView),
        (status = 400, description = "The request cannot be understood", body = ApiException),
        InfobipOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let applications = state.database.tenant(caller.tenant).applications();
    let application = store::found(applications.get(store::id(&path)?).await)?;
    Ok(HttpResponse::Ok().json(ApplicationView::from(application)))
}
