//! Version 2: says whether a number can be verified silently. It cannot: there is no connector that asks the operator.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::dialect::EightXEightError;
use pinfold_http::{Authorized, Body, PinSend, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::phone;
use crate::State;

/// A number to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EightXEightCoverageRequest)]
pub struct CoverageRequest {
    /// The number, in international form, or in that of its country.
    destination: Option<String>,
    /// The country of a number in national form.
    country: Option<String>,
    /// The address of the person's device.
    client_ip: String,
}

/// Whether it can be verified silently.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EightXEightCoverage)]
pub struct CoverageView {
    /// Never.
    #[schema(example = false)]
    is_available: bool,
}

/// Read whether a number can be verified silently.
#[utoipa::path(
    post,
    path = "/api/v2/subaccounts/{subAccountId}/sma/coverage",
    operation_id = "eight_x_eight.v2.coverage",
    tag = "8x8 Verify",
    params(("subAccountId" = String, Path, description = "The application's slug", example = "amazing_hq")),
    request_body = CoverageRequest,
    responses(
        (status = 200, description = "It cannot", body = CoverageView),
        (status = 400, description = "A field breaks a bound, or no application has this slug", body = EightXEightError),
        (status = 401, description = "No valid credential", body = EightXEightError),
        (status = 403, description = "Not allowed", body = EightXEightError),
        (status = 413, description = "Body too large", body = EightXEightError),
        (status = 415, description = "Not JSON", body = EightXEightError),
        (status = 503, description = "Not available; see Retry-After", body = EightXEightError),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    sub_account: Path<String>,
    body: Body<CoverageRequest>,
) -> Result<HttpResponse, Problem> {
    state.snapshot_of_slug(caller.tenant, "subAccountId", &sub_account).await?;
    if body.value.client_ip.parse::<std::net::IpAddr>().is_err() {
        return Err(Problem::field("clientIp", "must be an IP address"));
    }
    if let Some(destination) = &body.value.destination {
        phone(destination, body.value.country.as_deref())?;
    }
    Ok(HttpResponse::Ok().json(CoverageView { is_available: false }))
}
