//! Calls a number safe.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Form;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, ConfigWrite, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::Place;
use super::hashed;
use super::view::SafeNumberView;
use crate::{State, store};

/// The numbers that a tenant may call safe.
const MOST: i64 = 10_000;

/// A number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioSafeNumberRequest)]
pub(crate) struct AddRequest {
    /// In international form.
    #[schema(example = "+15017122661")]
    phone_number: String,
}

/// Calls a number safe.
#[utoipa::path(
    post,
    path = "/v2/SafeList/Numbers",
    operation_id = "twilio_safe_numbers.add",
    tag = "Twilio Verify",
    request_body(content = AddRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, description = "The number", body = SafeNumberView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    form: Form<AddRequest>,
) -> Result<HttpResponse, Problem> {
    let number = hashed(&state, &caller, &form.value.phone_number).await?;
    let numbers = state.database.tenant(caller.tenant).safe_numbers();
    let added = numbers.add(number.1, MOST).await.map_err(store::problem)?;
    added.ok_or_else(|| Problem::new(Code::AlreadyThere).detail("A tenant calls at most 10000 numbers safe."))?;
    Ok(HttpResponse::Created().json(SafeNumberView::new(number, &Place::of(&state, &request, &caller))))
}
