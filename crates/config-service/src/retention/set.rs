//! Says how long recipients are kept. What is older is forgotten within the hour.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, Body, Problem, ProblemView, TenantManage};

use super::Retention;
use crate::refusals::NativeBody;
use crate::{State, store};

/// Says how long recipients are kept.
#[utoipa::path(
    put,
    path = "/v1/retention",
    operation_id = "retention.set",
    tag = "Privacy",
    request_body = Retention,
    responses(
        (status = 200, description = "How long from now on", body = Retention),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<TenantManage>,
    state: Data<State>,
    body: Body<Retention>,
) -> Result<HttpResponse, Problem> {
    let recipient_days = body.value.recipient_days;
    if !(1..=3_650).contains(&recipient_days) {
        return Err(Problem::field("recipientDays", "must be between 1 and 3650"));
    }
    state.database.tenant(caller.tenant).privacy().keep_recipients(recipient_days).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(Retention { recipient_days }))
}
