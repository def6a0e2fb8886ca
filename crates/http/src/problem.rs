//! An error on its way out: `application/problem+json` (RFC 9457) with a stable code. A 5xx shows nothing of its cause;
//! the chain is logged once, at the edge.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use pinfold_core::field::FieldError;
use pinfold_core::life::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Code;

/// An error that a client sees.
#[derive(Debug)]
pub struct Problem {
    /// What kind it is.
    pub code: Code,
    /// What happened in this case.
    pub detail: Option<Cow<'static, str>>,
    /// Fields that break a bound.
    pub fields: Vec<FieldError>,
    /// Seconds after which trying again makes sense.
    pub retry_after_s: Option<u64>,
    /// The methods the path takes, for a 405.
    pub allow: Option<Cow<'static, str>>,
    /// The vendor's number of it, where a dialect has one that the code does not tell.
    pub number: Option<u32>,
    /// The cause, for the log only.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, fields: Vec::new(), retry_after_s: None, allow: None, number: None, source: None }
    }

    /// Something that should not happen; the cause is logged, not shown.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::new(Code::Internal) }
    }

    /// A store that does not answer; the cause is logged, not shown.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), retry_after_s: Some(1), ..Self::new(Code::Unavailable) }
    }

    /// Fields that break their bounds.
    #[must_use]
    pub fn fields(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Self::new(Code::InvalidField) }
    }

    /// One field that breaks its bound.
    pub fn field(field: impl Into<Cow<'static, str>>, must: impl Into<Cow<'static, str>>) -> Self {
        Self::fields(vec![FieldError::new(field, must)])
    }

    /// The same under a vendor's number.
    #[must_use]
    pub fn numbered(self, number: u32) -> Self {
        Self { number: Some(number), ..self }
    }

    /// The same with an explanation.
    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The same, worth trying again after so many milliseconds.
    #[must_use]
    pub fn retry_after_ms(self, ms: u64) -> Self {
        Self { retry_after_s: Some(ms.div_ceil(1_000).max(1)), ..self }
    }

    /// What a person reads: the detail, or the title.
    #[must_use]
    pub fn text(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.code.title())
    }

    /// The native body.
    #[must_use]
    pub fn view(&self, request_id: &str) -> ProblemView {
        ProblemView {
            r#type: format!("https://pinfold.example/errors/{}", self.code.name()),
            code: self.code.name(),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail.as_deref().map(str::to_owned),
            request_id: request_id.to_owned(),
            fields: self
                .fields
                .iter()
                .map(|error| FieldView { field: error.field.to_string(), must: error.must.to_string() })
                .collect(),
        }
    }
}

impl From<Vec<FieldError>> for Problem {
    fn from(fields: Vec<FieldError>) -> Self {
        Self::fields(fields)
    }
}

impl From<FieldError> for Problem {
    fn from(field: FieldError) -> Self {
        Self::fields(vec![field])
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Locked { retry_ms } => Self::new(Code::NumberLocked).retry_after_ms(retry_ms),
            Refusal::NumberLimit { retry_ms } | Refusal::PushLimit { retry_ms } => {
                Self::new(Code::TooManySends).retry_after_ms(retry_ms)
            }
            Refusal::TooSoon { retry_ms } => Self::new(Code::TooSoon).retry_after_ms(retry_ms),
            Refusal::ApplicationLimit { retry_ms } => Self::new(Code::TooManySendsApplication).retry_after_ms(retry_ms),
            Refusal::DailyCap { retry_ms } => Self::new(Code::DailyCap).retry_after_ms(retry_ms),
            Refusal::MonthlyCap { retry_ms } => Self::new(Code::MonthlyCap).retry_after_ms(retry_ms),
            Refusal::CallerLimit { retry_ms } => Self::new(Code::TooManySendsCaller).retry_after_ms(retry_ms),
            Refusal::Fraud => Self::new(Code::FraudBlocked),
            Refusal::Throttled { retry_ms } => Self::new(Code::TooManyChecks).retry_after_ms(retry_ms),
            Refusal::Backlog => Self::new(Code::BacklogFull).retry_after_ms(5_000),
            Refusal::TenantBacklog => Self::new(Code::TenantBacklogFull).retry_after_ms(5_000),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        // The edge renders the body in the caller's dialect.
        HttpResponse::new(self.code.status())
    }
}

/// The native error body.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemView {
    /// The page that explains the code.
    #[schema(example = "https://pinfold.example/errors/too_many_sends")]
    r#type: String,
    /// The stable code.
    #[schema(example = "too_many_sends", value_type = String)]
    code: &'static str,
    /// One sentence for people.
    #[schema(value_type = String)]
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened in this case.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The id to quote when asking for help.
    request_id: String,
    /// Fields that break a bound.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldView>,
}

/// One field that breaks a bound.
#[derive(Debug, Serialize, ToSchema)]
struct FieldView {
    /// The field as the client wrote it.
    field: String,
    /// What must hold.
    must: String,
}
