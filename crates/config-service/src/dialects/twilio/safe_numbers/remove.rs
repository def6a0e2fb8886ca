//! Calls a number safe no more.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::hashed;
use crate::{State, store};

/// Calls a number safe no more.
#[utoipa::path(
    delete,
    path = "/v2/SafeList/Numbers/{PhoneNumber}",
    operation_id = "twilio_safe_numbers.remove",
    tag = "Twilio Verify",
    params(("PhoneNumber" = String, Path, description = "The number", example = "+15017122661")),
    responses((status = 204, description = "It is gone"), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (_, hash) = hashed(&state, &caller, &path).await?;
    store::found(state.database.tenant(caller.tenant).safe_numbers().remove(hash).await)?;
    Ok(HttpResponse::NoContent().finish())
}
