//! Takes delivery receipts that a provider posts.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::{Problem, ProblemView, RawBody};

use super::State;
use super::accept::accept;

/// Take delivery receipts from a provider.
///
/// For providers, not for clients: the address is `receiptUrl` of a connection, the body what that provider sends.
#[utoipa::path(
    post,
    path = "/receipts/{receiptPath}",
    operation_id = "receipts.take",
    tag = "Delivery receipts",
    security(()),
    params(("receiptPath" = String, Path, description = "The end of a connection's `receiptUrl`")),
    request_body(
        description = "What the provider sends",
        content((Object = "application/json"), (Object = "application/x-www-form-urlencoded")),
    ),
    responses(
        (status = 200, description = "Taken, whether the message is known or not"),
        (status = 400, description = "It is no receipt of this provider", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "The provider's signature does not fit", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "No such address", body = ProblemView, content_type = "application/problem+json"),
        (status = 413, description = "The body is larger than 64 KiB", body = ProblemView, content_type = "application/problem+json"),
        (status = 415, description = "The body is compressed", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be stored; come again after `Retry-After` seconds", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    accept(&state, &request, &path, &body).await
}
