//! Tells everything of one PIN: what was asked, every message with every attempt, what providers said, what was guessed.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, Problem, ProblemView, ReportsRead};

use super::story::known;
use super::view::StoryView;
use crate::State;
use crate::dialects::id;

/// Tell everything of one PIN.
///
/// The recipient is shown masked, and only while the PIN's record lives; afterwards nobody knows it.
#[utoipa::path(
    get,
    path = "/v1/verifications/{pinId}",
    operation_id = "verifications.get",
    tag = "Verifications",
    params(("pinId" = String, Path, description = "The PIN", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 200, description = "Its story", body = StoryView),
        (status = 401, description = "No valid credential", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "No such PIN", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub async fn handler(caller: Authorized<ReportsRead>, state: Data<State>, pin_id: Path<String>) -> Result<HttpResponse, Problem> {
    let pin = id(&pin_id)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let known = known(&state, &caller, pin).await?;
    Ok(HttpResponse::Ok().json(StoryView::new(pin, known, &snapshot)))
}
