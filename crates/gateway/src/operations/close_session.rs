//! Ends a session at once.

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use pinfold_http::dialect::Dialect;
use pinfold_http::{Code, Problem};

use crate::State;
use crate::authenticate::redis_problem;
use crate::presented::Presented;

/// Ends the session that the request is made with.
#[utoipa::path(
    delete,
    path = "/auth/1/session",
    operation_id = "sessions.close",
    tag = "sessions",
    security(("apiKey" = [])),
    responses(
        (status = 200, description = "The session has ended"),
        (status = 401, description = "There is no such session"),
        (status = 503, description = "Come back later", headers(("Retry-After" = u64, description = "Seconds"))),
    )
)]
pub(crate) async fn handler(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let unauthorized = || Problem::new(Code::Unauthorized);
    let header = request.headers().get(AUTHORIZATION).ok_or_else(unauthorized)?;
    let presented = Presented::read(Dialect::Infobip, header).filter(|presented| !presented.is_key()).ok_or_else(unauthorized)?;
    let hash = state.master.credential_hash(&presented.secret);
    if state.hot.revoke_token(&hash).await.map_err(redis_problem)? {
        Ok(HttpResponse::Ok().finish())
    } else {
        Err(unauthorized())
    }
}
