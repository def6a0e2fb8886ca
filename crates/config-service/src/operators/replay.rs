//! Queues messages that were given up once more.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Body, Problem, ProblemView, SignedIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authority;
use super::dead_letters::{name, newest};
use crate::refusals::ConsoleOneBody;
use crate::{State, store};

/// The most that are looked at.
const MOST: usize = 10_000;

/// Which ones.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeadLetterReplayRequest)]
pub(crate) struct ReplayRequest {
    /// As the list names them; all unless given.
    #[schema(max_items = 1000)]
    ids: Option<Vec<String>>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetterReplay)]
pub(crate) struct ReplayView {
    /// How many wait again.
    replayed: u64,
}

/// Queues messages that were given up again: those named, or all. Needs a recent confirmation.
#[utoipa::path(
    post,
    path = "/v1/operator/dead-letters/replay",
    operation_id = "operators.replay",
    tag = "Operators",
    request_body = ReplayRequest,
    security(("session" = [])),
    responses(
        (status = 200, description = "How many", body = ReplayView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, body: Body<ReplayRequest>) -> Result<HttpResponse, Problem> {
    authority::check(&state, &person).await?;
    state.confirmed(person.session).await?;
    let mut replayed = 0;
    for letter in newest(&state, MOST).await? {
        let is_wanted = body.value.ids.as_ref().is_none_or(|ids| ids.contains(&name(&letter)));
        if is_wanted && state.hot.replay_dead_letter(&letter).await.map_err(store::hot_problem)? {
            replayed += 1;
        }
    }
    Ok(HttpResponse::Ok().json(ReplayView { replayed }))
}
