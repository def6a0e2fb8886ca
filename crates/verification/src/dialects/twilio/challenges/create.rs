//! Asks for a code, and judges one that comes with the question. A wrong one leaves the question open.

use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::clock::{now_ms, parse_rfc3339};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, Form, PinVerify, Problem};
use pinfold_postgres::NewChallenge;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::factors::{code, is_right};
use super::super::{Service, object};
use super::view::ChallengeView;
use crate::State;
use crate::state::record_problem;

/// How long a question is open, unless the request says, and at most.
const LIFE_MS: u64 = 5 * 60_000;
const LONGEST_MS: u64 = 60 * 60_000;

/// A question to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioChallengeRequest)]
pub(crate) struct CreateRequest {
    /// The app whose code is wanted.
    #[schema(example = "YF0933f3bc087d2a617ac6dcb2ef5b8a61")]
    factor_sid: String,
    /// When it expires: 5 minutes from now unless said, an hour at most.
    expiration_date: Option<String>,
    /// What the person is shown.
    #[serde(rename = "Details.Message")]
    #[schema(max_length = 256)]
    details_message: Option<String>,
    /// What the person is not shown: a JSON object.
    hidden_details: Option<String>,
    /// The code that the app shows.
    #[schema(example = "123456")]
    auth_payload: Option<String>,
}

/// # Errors
/// 400 naming the field.
fn expiry(text: Option<&str>, now_ms: u64) -> Result<u64, Problem> {
    let Some(text) = text else { return Ok(now_ms + LIFE_MS) };
    let is_ahead = |at: &u64| *at > now_ms && *at <= now_ms + LONGEST_MS;
    let must = "must be a time such as 2026-11-21T12:00:00Z, at most an hour from now";
    parse_rfc3339(text).filter(is_ahead).ok_or_else(|| Problem::field("ExpirationDate", must))
}

/// What the person is shown, as one object.
fn details(message: Option<&str>, fields: &[String]) -> Result<Option<Value>, Problem> {
    if message.is_none() && fields.is_empty() {
        return Ok(None);
    }
    if message.is_some_and(|message| message.chars().count() > 256) || fields.len() > 20 {
        return Err(Problem::field("Details.Message", "must have at most 256 characters, and at most 20 fields"));
    }
    let field = |text: &String| object("Details.Fields", Some(text)).map(|map| Value::Object(map.unwrap_or_default()));
    let fields = fields.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(json!({ "message": message, "fields": fields })))
}

/// Asks for a code, and judges one that comes with the question. A wrong one leaves the question open.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Challenges",
    operation_id = "twilio_challenges.create",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
    ),
    request_body(content = CreateRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, description = "The question", body = ChallengeView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: Form<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let fields = form.all("Details.Fields");
    let asked = form.value;
    let code = asked.auth_payload.map(code).transpose()?;
    let details = details(asked.details_message.as_deref(), &fields)?;
    let hidden_details = object("HiddenDetails", asked.hidden_details.as_deref())?.map(Value::Object);
    let now_ms = now_ms();
    let expires_ms = expiry(asked.expiration_date.as_deref(), now_ms)?;
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let entity = service.entity(&state, &caller, &path.1).await?;
    service.application()?;
    let factor = service.factor(&state, &caller, entity.id, &asked.factor_sid).await?;
    if !factor.is_verified {
        return Err(Problem::new(Code::Forbidden).numbered(60318));
    }
    let challenges = state.database.tenant(caller.tenant).challenges(service.id, entity.id);
    let new = NewChallenge { factor: factor.id, details, hidden_details, expires_ms };
    let mut challenge = challenges.create(new).await.map_err(record_problem)?;
    if let Some(code) = code {
        let snapshot = Arc::clone(&service.snapshot);
        let judged = challenges.answer(challenge.id, code, snapshot, now_ms).await.map_err(record_problem)?;
        if is_right(judged, 60308)? {
            challenge.approved_ms = Some(now_ms);
        }
    }
    Ok(HttpResponse::Created().json(ChallengeView::new(challenge, &entity, &service.place)))
}
