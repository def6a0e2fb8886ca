//! Lists the newest codes, without the codes and without numbers: nobody keeps those in clear.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::clock::{now_ms, rfc3339_manila};
use pinfold_http::dialect::IprogError;
use pinfold_http::{Authorized, Problem, ReportsRead};
use pinfold_postgres::{Verification, VerificationFilter};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::application;
use crate::State;
use crate::state::record_problem;

/// Codes in an answer.
const PAGE: u32 = 50;

/// The newest codes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IprogList)]
pub struct ListView {
    /// `success`.
    #[schema(value_type = String, example = "success")]
    status: &'static str,
    /// What happened.
    #[schema(value_type = String, example = "OTP list")]
    message: &'static str,
    /// The codes, newest first.
    data: Vec<OtpView>,
}

/// A code that was sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IprogOtp)]
struct OtpView {
    /// Its id, by which reports know it.
    #[schema(example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    id: String,
    /// `waiting`, `sent`, `verified`, `exhausted`, `canceled`, `failed` or `expired`.
    #[schema(value_type = String, example = "verified")]
    status: &'static str,
    /// When it was accepted, by the clock of Manila.
    #[schema(example = "2025-10-04T14:20:00.000+08:00")]
    created_at: String,
    /// When it dies.
    #[schema(example = "2025-10-04T14:25:00.000+08:00")]
    otp_code_expires_at: String,
}

/// List codes.
#[utoipa::path(
    get,
    path = "/api/v1/otp",
    operation_id = "iprog.list",
    tag = "IPROG OTP",
    params(("api_token" = Option<String>, Query, description = "The API key")),
    responses(
        (status = 200, description = "The newest codes, or what is wrong: `status` says which", body = inline(Answer)),
        (status = 503, description = "Not available; see Retry-After", body = IprogError),
    )
)]
pub async fn handler(caller: Authorized<ReportsRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let snapshot = state.snapshot(caller.tenant).await?;
    let application = application(&snapshot, &caller, None)?;
    let filter = VerificationFilter {
        application: Some(application),
        status: None,
        channel: None,
        from_ms: None,
        to_ms: None,
        subjects: None,
        after: None,
        size: PAGE,
        now_ms: now_ms(),
    };
    let now_ms = filter.now_ms;
    let found = state.database.tenant(caller.tenant).verifications().page(filter).await.map_err(record_problem)?;
    let data = found.iter().map(|one| OtpView::new(one, now_ms)).collect();
    Ok(HttpResponse::Ok().json(ListView { status: "success", message: "OTP list", data }))
}

impl OtpView {
    fn new(one: &Verification, now_ms: u64) -> Self {
        Self {
            id: one.pin.to_string(),
            status: one.status_at(now_ms).name(),
            created_at: rfc3339_manila(one.created_ms),
            otp_code_expires_at: rfc3339_manila(one.expires_ms),
        }
    }
}

/// What the list answers.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the answers")]
enum Answer {
    Listed(ListView),
    Refused(IprogError),
}
