//! Verifies a code by the number it went to. Why one is not good is not told apart, as the vendor does not.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::life::Verdict;
use pinfold_core::recipient::Recipient;
use pinfold_http::clock::rfc3339_manila;
use pinfold_http::dialect::IprogError;
use pinfold_http::{Anywhere, Authorized, Code, PinVerify, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::application;
use super::{digits, phone};
use crate::State;
use crate::verify::{Which, verify};

/// A guess.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = IprogVerifyRequest)]
pub struct VerifyRequest {
    /// The API key, unless it is in the query.
    #[serde(default, rename = "api_token")]
    _api_token: Option<String>,
    /// The number the code went to.
    #[serde(deserialize_with = "digits")]
    #[schema(example = "639171234567")]
    phone_number: String,
    /// The code as the person typed it: a string, because leading zeros count.
    #[schema(example = "123456", min_length = 1, max_length = 32)]
    otp: String,
}

/// A code that was right.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IprogVerified)]
pub struct VerifiedView {
    /// `success`.
    #[schema(value_type = String, example = "success")]
    status: &'static str,
    /// What happened.
    #[schema(value_type = String, example = "OTP verified successfully")]
    message: &'static str,
    /// What was verified.
    data: VerifiedData,
}

/// What was verified.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IprogVerifiedData)]
struct VerifiedData {
    /// The number, canonical.
    #[schema(example = "639171234567")]
    phone_number: String,
    /// When the code would have died.
    #[schema(example = "2025-10-04T14:25:00.000+08:00")]
    expired_at: String,
}

/// Verify a code.
#[utoipa::path(
    post,
    path = "/api/v1/otp/verify_otp",
    operation_id = "iprog.verify",
    tag = "IPROG OTP",
    params(("api_token" = Option<String>, Query, description = "The API key, unless it is in the body")),
    request_body = VerifyRequest,
    responses(
        (status = 200, description = "Right, or what is wrong: `status` says which", body = inline(Answer)),
        (status = 413, description = "Body too large", body = IprogError),
        (status = 415, description = "Neither JSON nor a form", body = IprogError),
        (status = 503, description = "Not available; see Retry-After", body = IprogError),
    )
)]
pub async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    body: Anywhere<VerifyRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = body.value;
    let phone = phone(&asked.phone_number)?;
    let phone_number = phone.digits().to_owned();
    let snapshot = state.snapshot(caller.tenant).await?;
    let application = application(&snapshot, &caller, None)?;
    let which = Which::latest(&snapshot.keys, application, &Recipient::Phone(phone), "");
    let judged = verify(&state, &snapshot, &caller, which, "otp", &asked.otp, None).await?;
    match judged.verdict {
        Verdict::Verified { .. } => Ok(HttpResponse::Ok().json(VerifiedView {
            status: "success",
            message: "OTP verified successfully",
            data: VerifiedData { phone_number, expired_at: rfc3339_manila(judged.record.expires_ms) },
        })),
        // Unknown, wrong, used, exhausted and expired look alike.
        _ => Err(Problem::new(Code::NotFound)),
    }
}

/// What a verification answers.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the answers")]
enum Answer {
    Verified(VerifiedView),
    Refused(IprogError),
}
