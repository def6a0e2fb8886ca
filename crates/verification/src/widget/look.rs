//! Says where a page's verification stands, so that a page that was loaded again goes on. Changes nothing.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::{Form, Problem, ProblemView};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::WidgetView;
use crate::State;
use crate::state::hot_problem;

/// The token.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WidgetLookForm {
    /// As it was minted.
    token: String,
}

/// Read where a page's verification stands.
#[utoipa::path(
    post,
    path = "/v1/widget/verification",
    operation_id = "widget.look",
    tag = "Widget",
    security(()),
    request_body(content = WidgetLookForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Where it stands", body = WidgetView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "The token is not good", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "The token is not for pages of this origin", body = ProblemView, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = ProblemView, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    state: Data<State>,
    request: HttpRequest,
    form: Form<WidgetLookForm>,
) -> Result<HttpResponse, Problem> {
    let page = state.page(&request, &form.value.token).await?;
    let record = state.hot.peek(page.caller.tenant, page.token.pin).await.map_err(hot_problem)?;
    let now_ms = state.hot.now_ms().await.map_err(hot_problem)?;
    let view = record.map_or_else(|| WidgetView::new(&page, now_ms), |record| WidgetView::of(&page, &record, now_ms));
    Ok(HttpResponse::Ok().json(view))
}
