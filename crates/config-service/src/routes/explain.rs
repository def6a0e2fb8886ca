//! Says which way a message to a recipient would take now, and why. Nothing is sent and nothing is spent.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::access::Environment;
use pinfold_core::breaker::Phase;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider};
use pinfold_core::decision::Decision;
use pinfold_core::health::Health;
use pinfold_core::id::{ConnectionId, TenantId};
use pinfold_core::ranking::{Score, Table, rank};
use pinfold_core::recipient::Recipient;
use pinfold_core::region::Region;
use pinfold_core::route::{Because, Block, Route, Routes, Strategy, pick};
use pinfold_http::clock::now_ms;
use pinfold_http::{Authorized, Body, ConfigRead, Problem, ProblemView};
use pinfold_postgres::Window;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusals::NativeBody;
use crate::{State, store};

/// A message that nobody sends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteExplainRequest)]
pub(crate) struct ExplainRequest {
    /// The channel: `sms`, `voice` or `email`.
    #[schema(example = "sms")]
    channel: String,
    /// Who would get it.
    #[schema(example = "41793026727")]
    to: String,
}

/// The way a message would take.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteExplanation)]
pub(crate) struct ExplainView {
    /// The number's country.
    #[schema(value_type = Option<String>, example = "CH")]
    region: Option<Region>,
    /// The prefix of the route that fits; none when there is no route.
    #[schema(example = "41")]
    prefix: Option<String>,
    /// The route's strategy.
    #[schema(value_type = Option<String>, example = "ranked")]
    strategy: Option<Strategy>,
    /// The connection; none when nothing can be used now.
    #[schema(value_type = Option<String>, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    connection_id: Option<ConnectionId>,
    /// Why: `only`, `first`, `weight`, `leader`, `sandbox` or `no_route`; none when nothing can be used now.
    #[schema(example = "leader")]
    because: Option<String>,
    /// Every leg, in its order, with what speaks for and against it.
    candidates: Vec<CandidateView>,
}

/// One leg.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteCandidate)]
pub(crate) struct CandidateView {
    /// Its connection.
    #[schema(value_type = String, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    connection_id: ConnectionId,
    /// The connection's name.
    #[schema(example = "Our SMS provider")]
    name: Option<String>,
    /// Why it cannot be used now, such as `disabled` or `breaker_open`.
    #[schema(value_type = Option<String>, example = "breaker_open")]
    blocked: Option<Block>,
    /// Its weight, where weights decide.
    #[schema(example = 3)]
    weight: Option<u16>,
    /// How it does, where that decides.
    score: Option<ScoreView>,
}

/// How a leg does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RouteScore)]
pub(crate) struct ScoreView {
    /// The whole, 0 to 1.
    #[schema(example = 0.83)]
    value: f64,
    /// Verified PINs per message, 0 to 1, with what is assumed of a leg that little is known of.
    #[schema(example = 0.81)]
    conversion: f64,
    /// How many recent messages that rests on; older ones count less.
    #[schema(example = 412)]
    sends: u32,
    /// The usual time to the provider's answer, in milliseconds.
    #[schema(example = 230)]
    latency_ms: Option<u32>,
    /// The lowest price of the legs in proportion to this one's.
    #[schema(example = 0.9)]
    cheap: f64,
}

/// Says which way a message would take now, and why.
///
/// Workers keep a leader for a while and give a small share to the others; this is the choice without them.
#[utoipa::path(
    post,
    path = "/v1/route-explanations",
    operation_id = "routes.explain",
    tag = "Routes",
    request_body = ExplainRequest,
    responses(
        (status = 200, description = "The way and its reasons", body = ExplainView),
        (status = 400, description = "A field is missing or past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    body: Body<ExplainRequest>,
) -> Result<HttpResponse, Problem> {
    let ExplainRequest { channel, to } = body.value;
    let channel: Channel = channel.parse().map_err(|error| Problem::field("channel", format!("{error}")))?;
    let to = Recipient::parse(&to).map_err(|error| Problem::field("to", format!("{error}")))?;
    let is_reached = match to {
        Recipient::Phone(_) => matches!(channel, Channel::Sms | Channel::Voice),
        Recipient::Email(_) => channel == Channel::Email,
        Recipient::Push(_) => channel == Channel::Push,
    };
    if !is_reached {
        return Err(Problem::field("to", format!("must be somebody whom {channel} reaches")));
    }
    let region = if let Recipient::Phone(phone) = &to { phone.region() } else { None };
    if caller.environment == Environment::Sandbox {
        return Ok(HttpResponse::Ok().json(nothing(region, "sandbox")));
    }
    let (scope, snapshot) = (state.database.tenant(caller.tenant), state.snapshot(caller.tenant).await?);
    let routes: Routes = scope.routes().list().await.map_err(store::problem)?.into_iter().collect();
    let Some(route) = routes.find(channel, &to, region) else {
        return Ok(HttpResponse::Ok().json(nothing(region, "no_route")));
    };
    let connections = scope.connections().list(&snapshot.keys).await.map_err(store::problem)?;
    let connections: HashMap<ConnectionId, Connection> = connections.into_iter().map(|it| (it.id, it)).collect();
    // Without Redis nobody knows of breakers; the configuration is explained all the same.
    let health = state.hot.health(caller.tenant).await.unwrap_or_default();
    let blocked: Vec<Option<Block>> = route
        .legs
        .iter()
        .map(|leg| block(connections.get(&leg.connection), channel, state.allow_live_simulator, &health))
        .collect();
    let scores = if route.strategy == Strategy::Ranked && route.legs.len() > 1 {
        scores(&state, caller.tenant, route, region).await?
    } else {
        Vec::new()
    };
    let is_usable = |leg: usize| blocked[leg].is_none();
    let chosen = if scores.is_empty() {
        pick(route, is_usable, 0.0)
    } else {
        let ranked = rank(route, &scores, is_usable, None, 0, 1.0, &state.ranking.rules);
        ranked.map(|ranked| (ranked.leg, Because::Leader))
    };
    let decision = Decision::new(route, &blocked, &scores, chosen.map(|(_, because)| because));
    let because = decision.because.and_then(|because| serde_json::to_value(because).ok()?.as_str().map(str::to_owned));
    let candidates = decision.candidates.into_iter().map(|candidate| CandidateView {
        connection_id: candidate.connection,
        name: connections.get(&candidate.connection).map(|connection| connection.name.clone()),
        blocked: candidate.blocked,
        weight: candidate.weight,
        score: candidate.score.map(|score| ScoreView {
            value: score.value,
            conversion: score.conversion,
            sends: score.sends,
            latency_ms: score.latency_ms,
            cheap: score.cheap,
        }),
    });
    Ok(HttpResponse::Ok().json(ExplainView {
        region,
        prefix: Some(decision.prefix),
        strategy: Some(decision.strategy),
        connection_id: chosen.map(|(leg, _)| route.legs[leg].connection),
        because,
        candidates: candidates.collect(),
    }))
}

fn nothing(region: Option<Region>, because: &str) -> ExplainView {
    ExplainView {
        region,
        prefix: None,
        strategy: None,
        connection_id: None,
        because: Some(because.to_owned()),
        candidates: Vec::new(),
    }
}

async fn scores(state: &State, tenant: TenantId, route: &Route, region: Option<Region>) -> Result<Vec<Score>, Problem> {
    let window = Window { now_ms: now_ms(), partition: state.hot.partition(tenant).number(), ..state.ranking.window.clone() };
    let seen = state.database.tenant(tenant).conversions(window).await.map_err(store::problem)?;
    Ok(Table::new(&seen, &state.ranking.rules).scores(route, region, &state.ranking.rules))
}

/// Why a connection cannot be used, by its configuration and by what every worker that knows it says.
fn block(connection: Option<&Connection>, channel: Channel, allow_live_simulator: bool, health: &[Health]) -> Option<Block> {
    let Some(connection) = connection else { return Some(Block::Missing) };
    if !connection.is_enabled {
        return Some(Block::Disabled);
    }
    if !connection.provider.carries(channel) {
        return Some(Block::WrongChannel);
    }
    if matches!(connection.provider, Provider::Simulator {}) && !allow_live_simulator {
        return Some(Block::SimulatorNotAllowed);
    }
    let mut told = health.iter().filter(|health| health.connection == connection.id).map(|health| health.phase).peekable();
    let first = *told.peek()?;
    match first {
        Phase::Open | Phase::Paused if told.all(|phase| matches!(phase, Phase::Open | Phase::Paused)) => {
            Some(if first == Phase::Paused { Block::Paused } else { Block::BreakerOpen })
        }
        _ => None,
    }
}
