//! Sends a test message through exactly one connection, and says what came of it. It carries no code, and costs what the
//! provider charges: five at once, then one each twelve seconds.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_channels::{Outcome, Outgoing};
use pinfold_core::access::Environment;
use pinfold_core::channel::Channel;
use pinfold_core::connection::Connection;
use pinfold_core::recipient::Recipient;
use pinfold_http::clock::{now_ms, stopwatch};
use pinfold_http::{Authorized, Body, Code, ConfigWrite, Problem, ProblemView};
use pinfold_redis::Pace;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusals::NativeOneBody;
use crate::{State, store};

/// What a person reads.
const TEXT: &str = "This is a test message of Pinfold. It contains no code.";
const SUBJECT: &str = "Test message";
/// How many at once, and how often after that.
const AT_ONCE: u32 = 5;
const EACH: Duration = Duration::from_secs(12);
/// How long the message is worth delivering.
const LIFE_MS: u64 = 300_000;

/// A test message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionTestRequest)]
pub(crate) struct TestRequest {
    /// Who gets it.
    #[schema(example = "41793026727")]
    to: String,
    /// The channel; the first that the connection carries and that reaches the recipient, unless it is given.
    #[schema(example = "sms")]
    channel: Option<String>,
    /// The sender.
    #[schema(max_length = 64, example = "Example")]
    sender: Option<String>,
}

/// What came of a test message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionTest)]
pub(crate) struct TestView {
    /// `accepted`, `temporary`, `permanent` or `unknown`.
    #[schema(example = "accepted")]
    outcome: &'static str,
    /// Why it was not accepted, as a stable word.
    #[schema(example = "http_401")]
    reason: Option<String>,
    /// Whose fault that is: `connection`, `recipient`, `message` or `unclear`.
    #[schema(example = "connection")]
    fault: Option<&'static str>,
    /// The provider's id of the message.
    #[schema(example = "2250be2d4219-3af1-78856-aabe-1362af1edfd2")]
    provider_id: Option<String>,
    /// How long it took, in milliseconds.
    #[schema(example = 230)]
    latency_ms: u64,
}

/// Sends a test message through a connection, whether it is enabled or not.
#[utoipa::path(
    post,
    path = "/v1/connections/{id}/test",
    operation_id = "connections.test",
    tag = "Connections",
    params(("id" = String, Path, description = "The connection", example = "5B6E0D3C1F2A49788C7B6A5948372615")),
    request_body = TestRequest,
    responses(
        (status = 200, description = "What came of it, failures included", body = TestView),
        (status = 400, description = "A field is missing or past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<TestRequest>,
) -> Result<HttpResponse, Problem> {
    let id = store::id(&path)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let connection = store::found(state.database.tenant(caller.tenant).connections().get(id, &snapshot.keys).await)?;
    if caller.environment == Environment::Sandbox {
        return Err(Problem::new(Code::Forbidden).detail("A sandbox key sends nothing to providers."));
    }
    let TestRequest { to, channel, sender } = body.value;
    let to = Recipient::parse(&to).map_err(|error| Problem::field("to", format!("{error}")))?;
    let channel = channel.map(|text| text.parse::<Channel>()).transpose();
    let channel = channel.map_err(|error| Problem::field("channel", format!("{error}")))?;
    let channel = channel_for(&connection, &to, channel)?;
    if sender.as_ref().is_some_and(|sender| sender.chars().count() > 64 || sender.chars().any(char::is_control)) {
        return Err(Problem::field("sender", "must be at most 64 characters of one line"));
    }
    let turn = state.hot.step(caller.tenant, Pace::tests(AT_ONCE, EACH)).await.map_err(store::hot_problem)?;
    if let Some(wait) = turn {
        return Err(Problem::new(Code::TooManyTests).retry_after_ms(wait.as_millis() as u64));
    }
    store::tell(state.database.tenant(caller.tenant), "tested", "connection", id).await?;
    let reference = format!("test-{:032x}", u128::from_be_bytes(pinfold_core::entropy::bytes()));
    let mut message = Outgoing::new(&reference, channel, &to, TEXT);
    message.tenant = Some(caller.tenant);
    message.from = sender.as_deref();
    message.subject = (channel == Channel::Email).then_some(SUBJECT);
    message.expires_at_ms = now_ms() + LIFE_MS;
    let started = stopwatch();
    let outcome = match state.connectors.get(&Arc::new(connection)) {
        Ok(connector) => connector.deliver(&message).await,
        Err(_) => Outcome::Permanent { reason: "invalid_connection".into() },
    };
    let latency_ms = started.elapsed().as_millis() as u64;
    Ok(HttpResponse::Ok().json(TestView::new(&outcome, latency_ms)))
}

impl TestView {
    fn new(outcome: &Outcome, latency_ms: u64) -> Self {
        Self {
            outcome: outcome.name(),
            reason: outcome.reason().map(str::to_owned),
            fault: outcome.fault().map(pinfold_channels::Fault::name),
            provider_id: if let Outcome::Accepted { provider_id, .. } = outcome { provider_id.clone() } else { None },
            latency_ms,
        }
    }
}

/// The channel that was asked for, or the first that fits connection and recipient.
fn channel_for(connection: &Connection, to: &Recipient, asked: Option<Channel>) -> Result<Channel, Problem> {
    let reaches = |channel: Channel| match to {
        Recipient::Phone(_) => matches!(channel, Channel::Sms | Channel::Voice),
        Recipient::Email(_) => channel == Channel::Email,
        Recipient::Push(_) => channel == Channel::Push,
    };
    match asked {
        Some(channel) if !connection.provider.carries(channel) => {
            Err(Problem::field("channel", "must be one that the connection carries"))
        }
        Some(channel) if !reaches(channel) => Err(Problem::field("to", format!("must be somebody whom {channel} reaches"))),
        Some(channel) => Ok(channel),
        None => Channel::ALL
            .into_iter()
            .find(|channel| connection.provider.carries(*channel) && reaches(*channel))
            .ok_or_else(|| Problem::field("to", "must be somebody whom the connection reaches")),
    }
}
