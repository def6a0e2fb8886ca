//! Notes that somebody has seen an alert.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::access::Actor;
use pinfold_http::{AlertsManage, Authorized, Problem, ProblemView};

use super::view::AlertView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Notes that you have seen an alert. Who saw it first stays.
#[utoipa::path(
    put,
    path = "/v1/alerts/{id}/acknowledgement",
    operation_id = "alerts.acknowledge",
    tag = "Alerts",
    params(("id" = String, Path, description = "The alert", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 200, description = "The alert", body = AlertView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<AlertsManage>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let by = match caller.actor {
        Actor::Key(key) => format!("key {key}"),
        Actor::Person { person, .. } => format!("person {person}"),
    };
    let (scope, id) = (state.database.tenant(caller.tenant), store::id(&path)?);
    let alert = store::found(scope.alerts().acknowledge(id, by).await)?;
    store::tell(scope, "acknowledged", "alert", path.as_str()).await?;
    Ok(HttpResponse::Ok().json(AlertView::from(alert)))
}
