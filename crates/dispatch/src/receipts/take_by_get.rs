//! Takes a delivery receipt that a provider sends in the query.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::{Problem, ProblemView};

use super::State;
use super::accept::accept;

/// Take a delivery receipt from a provider that sends it in the query.
///
/// For providers, not for clients: the address is `receiptUrl` of a connection, the query what that provider sends.
#[utoipa::path(
    get,
    path = "/receipts/{receiptPath}",
    operation_id = "receipts.take_by_get",
    tag = "Delivery receipts",
    security(()),
    params(("receiptPath" = String, Path, description = "The end of a connection's `receiptUrl`")),
    responses(
        (status = 200, description = "Taken, whether the message is known or not"),
        (status = 400, description = "It is no receipt of this provider", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "The provider's signature does not fit", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "No such address", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be stored; come again after `Retry-After` seconds", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub async fn handler(state: Data<State>, request: HttpRequest, path: Path<String>) -> Result<HttpResponse, Problem> {
    accept(&state, &request, &path, &Bytes::new()).await
}
