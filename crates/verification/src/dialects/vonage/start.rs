//! Starts a verification: the first channel's message goes now, the others follow in their time. The code lives as long as the
//! whole workflow, within the operator's ceiling, and whoever starts another for the same number while it lives is told which one
//! runs.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::ApplicationId;
use pinfold_core::life::WhenLive;
use pinfold_core::template_set::{Locale, TemplateSet, wording};
use pinfold_core::wording::Wording;
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, Body, Caller, Code, PinSend, Problem};
use pinfold_postgres::Snapshot;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::trace;
use super::request::shown;
use super::workflow::{Item, Workflow};
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::send::{Send, send};

/// The time of a channel in seconds when a request does not say.
const TIMEOUT_S: u64 = 300;
/// The wrong codes that end a verification, as the vendor has it.
const ATTEMPTS: u8 = 3;
/// What keeps the numbers of this dialect apart from those of others.
const PURPOSE: &str = "vonage";

/// A verification to start.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VonageVerifyRequest)]
pub struct StartRequest {
    /// Who sends, for the person.
    #[schema(min_length = 1, max_length = 16, example = "ACME")]
    brand: String,
    /// The channels, in order.
    #[schema(min_items = 1, max_items = 5)]
    workflow: Vec<Item>,
    /// The language of the texts.
    #[schema(example = "en-us")]
    locale: Option<String>,
    /// The time of each channel in seconds.
    #[schema(minimum = 15, maximum = 900, example = 120)]
    channel_timeout: Option<u64>,
    /// The caller's own reference, which callbacks repeat.
    #[schema(min_length = 1, max_length = 16, example = "my-ref")]
    client_ref: Option<String>,
    /// The length of the code; 6 by default. That of a `code` is its own.
    #[schema(minimum = 4, maximum = 10, example = 6)]
    code_length: Option<i64>,
    /// A code of the caller's own.
    #[schema(pattern = "^[a-zA-Z0-9]{4,10}$", example = "e4dR1Qz")]
    code: Option<String>,
    /// Taken and without effect: limits and locks hold for everybody.
    #[serde(rename = "fraud_check")]
    _fraud_check: Option<bool>,
    /// The template whose texts are sent.
    #[schema(example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9")]
    template_id: Option<String>,
}

/// A verification that was started.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VonageVerifyResponse)]
pub struct StartResponse {
    /// Its id.
    #[schema(example = "c11236f4-00bf-4b89-84ba-88b25df97315")]
    request_id: String,
}

/// Start a verification.
#[utoipa::path(
    post,
    path = "/v2/verify",
    operation_id = "vonage.start",
    tag = "Codes (Vonage)",
    request_body = StartRequest,
    responses(
        (status = 202, description = "Started", body = StartResponse),
        (status = 400, description = "The body cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = VonageError, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = VonageError, content_type = "application/problem+json"),
        (status = 404, description = "No such template", body = VonageError, content_type = "application/problem+json"),
        (status = 409, description = "A verification of this number runs: `request_id`", body = VonageError, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = VonageError, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a bound: `invalid_parameters`", body = VonageError, content_type = "application/problem+json"),
        (status = 429, description = "A limit; see Retry-After", body = VonageError, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = VonageError, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    body: Body<StartRequest>,
) -> Result<HttpResponse, Problem> {
    let Body { value: asked, bytes } = body;
    let snapshot = state.snapshot(caller.tenant).await?;
    let application = application(&snapshot, &caller)?;
    let draft = asked.check(&state)?;
    let snapshot = if draft.template.is_some_and(|id| !snapshot.template_sets.contains_key(&id.into())) {
        state.snapshots.newest(snapshot).await
    } else {
        snapshot
    };
    let set = match draft.template {
        None => snapshot.template_sets.values().find(|set| set.is_default),
        Some(id) => match snapshot.template_sets.get(&id.into()) {
            Some(set) => Some(set),
            None => return Ok(Refusal::TemplateNotFound.answer(&request)),
        },
    };
    let Draft { workflow, locale, life_ms, timeout_s, .. } = draft;
    let wording = words(&snapshot, set, locale, &asked.brand, life_ms, workflow.app_hash.as_deref())?;
    let channels: Vec<&str> = workflow.channels.iter().map(|channel| channel.name()).collect();
    let note = json!({ "client_ref": asked.client_ref, "channel_timeout": timeout_s, "workflow": channels });
    let trace = trace(&request);
    let idempotency = IdempotencyKey::of(&request)?.map(|key| key.hashed(&snapshot.keys, "vonage start", &[&bytes]));
    // A code of the caller's own has its own length.
    let length = match asked.code {
        Some(_) => None,
        None => Some(asked.code_length.map_or(Ok(DEFAULT_LENGTH), |length| state.ceilings.check_length("code_length", length))?),
    };
    let pin = Send {
        sender: workflow.sender,
        time_to_live_ms: Some(life_ms),
        length,
        attempts: Some(ATTEMPTS),
        wording: Some(wording),
        code: asked.code.as_deref(),
        purpose: Some(PURPOSE),
        when_live: WhenLive::Join,
        note: Some(note.to_string()),
        idempotency,
        fallback: Some(workflow.steps),
        others: workflow.others,
        trace: trace.as_deref(),
        ..Send::new(application, workflow.first, workflow.to)
    };
    let sent = send(&state, &caller, pin).await.map_err(named)?;
    let request_id = shown(sent.pin);
    if sent.is_joined {
        return Ok(Refusal::Concurrent(request_id).answer(&request));
    }
    Ok(HttpResponse::Accepted().json(StartResponse { request_id }))
}

/// The length of a code when a request does not say.
const DEFAULT_LENGTH: u8 = 6;

/// What a request asks for, checked.
struct Draft {
    workflow: Workflow,
    locale: Locale,
    template: Option<Uuid>,
    timeout_s: u64,
    life_ms: u64,
}

impl StartRequest {
    fn check(&self, state: &State) -> Result<Draft, Vec<FieldError>> {
        let mut checks = Checks::default();
        let is_text = |text: &String| (1..=16).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        checks.require(is_text(&self.brand), "brand", "must have 1 to 16 characters");
        let is_reference = self.client_ref.as_ref().is_none_or(is_text);
        checks.require(is_reference, "client_ref", "must have 1 to 16 characters");
        let locale = self.locale.as_deref().map(|locale| checks.take("locale", locale.parse::<Locale>()));
        let template = self.template_id.as_deref().map(|id| {
            let id = Uuid::try_parse(id).ok().ok_or("must be the id of a template");
            checks.take("template_id", id)
        });
        let count = self.workflow.len().max(1) as u64;
        let ceiling_s = state.ceilings.time_to_live_ms / 1_000;
        // What is left out gets a time that fits: the ceiling is the operator's.
        let timeout_s = self.channel_timeout.unwrap_or_else(|| TIMEOUT_S.min(ceiling_s / count));
        let is_time = self.channel_timeout.is_none_or(|seconds| (15..=900).contains(&seconds));
        checks.require(is_time, "channel_timeout", "must be between 15 and 900");
        let life_ms = timeout_s.saturating_mul(1_000).saturating_mul(count);
        if is_time {
            state.ceilings.check_life("channel_timeout", life_ms).unwrap_or_else(|error| {
                let must = format!("{} for all {count} channels together", error.must);
                checks.push(FieldError::new("channel_timeout", must));
            });
        }
        let workflow = Workflow::read(&self.workflow, u32::try_from(timeout_s).unwrap_or(u32::MAX));
        let workflow = workflow.map_err(|errors| errors.into_iter().for_each(|error| checks.push(error))).ok();
        checks.finish()?;
        Ok(Draft {
            workflow: workflow.expect("what is not there is a fault"),
            locale: locale.flatten().unwrap_or_default(),
            template: template.flatten(),
            timeout_s,
            life_ms,
        })
    }
}

/// The application of a credential: its own, or the only one there is.
fn application(snapshot: &Snapshot, caller: &Caller) -> Result<ApplicationId, Problem> {
    let mut all = snapshot.applications.keys();
    match (caller.default_application, all.next(), all.next()) {
        (Some(own), ..) => Ok(own),
        (None, Some(only), None) => Ok(*only),
        _ => Err(Problem::new(Code::Forbidden)
            .detail("The API key has no default application. Give it one, or sign as an application.")),
    }
}

/// The texts for SMS and calls.
fn words(
    snapshot: &Snapshot,
    set: Option<&TemplateSet>,
    locale: Locale,
    brand: &str,
    life_ms: u64,
    app_hash: Option<&str>,
) -> Result<Wording, FieldError> {
    let text = |channel: Channel| {
        let set = set?;
        let is_it = |fragment: &&pinfold_core::template_set::Fragment| {
            fragment.set == set.id && fragment.channel == channel && fragment.locale == locale
        };
        snapshot.fragments.iter().find(is_it).map(|fragment| fragment.text.as_str())
    };
    let mut words = wording("template_id", text(Channel::Sms), locale, brand, life_ms)?;
    if let Some(voice) = text(Channel::Voice) {
        words = words.spoken_as(wording("template_id", Some(voice), locale, brand, life_ms)?);
    }
    Ok(match app_hash {
        Some(hash) => words.followed_by(&format!("\n{hash}")),
        None => words,
    })
}

/// The faults of the use case under the names of this dialect's fields.
fn named(mut problem: Problem) -> Problem {
    for error in &mut problem.fields {
        error.field = match error.field.as_ref() {
            "to" => "workflow[0].to".into(),
            "from" => "workflow[0].from".into(),
            other if other.starts_with("fallback") => "workflow".into(),
            other => other.to_owned().into(),
        };
    }
    problem
}
