//! Says whether a number is called safe.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::super::Place;
use super::hashed;
use super::view::SafeNumberView;
use crate::{State, store};

/// Says whether a number is called safe.
#[utoipa::path(
    get,
    path = "/v2/SafeList/Numbers/{PhoneNumber}",
    operation_id = "twilio_safe_numbers.fetch",
    tag = "Twilio Verify",
    params(("PhoneNumber" = String, Path, description = "The number", example = "+15017122661")),
    responses((status = 200, description = "It is", body = SafeNumberView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = hashed(&state, &caller, &path).await?;
    store::found(state.database.tenant(caller.tenant).safe_numbers().has(number.1).await)?;
    Ok(HttpResponse::Ok().json(SafeNumberView::new(number, &Place::of(&state, &request, &caller))))
}
