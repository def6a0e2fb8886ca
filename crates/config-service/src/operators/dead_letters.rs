//! Messages that were given up, for operators.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::id::{PinId, TenantId};
use pinfold_http::clock::rfc3339;
use pinfold_http::{Params, Problem, ProblemView, SignedIn};
use pinfold_redis::DeadLetter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::authority;
use crate::refusals::ConsoleOne;
use crate::{State, store};

/// How many.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LetterParams {
    /// The most that come; 100 by default.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// A message that was given up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeadLetter)]
pub(crate) struct LetterView {
    /// Its id, for a replay.
    #[schema(example = "07-1763720000000-0")]
    id: String,
    /// When.
    #[schema(format = DateTime)]
    given_up_at: String,
    /// Why, as a stable word.
    #[schema(example = "http_500")]
    reason: String,
    /// The way it should have gone.
    channel: Option<String>,
    /// Whose.
    #[schema(value_type = Option<String>)]
    tenant_id: Option<TenantId>,
    /// Of which PIN.
    #[schema(value_type = Option<String>)]
    pin_id: Option<PinId>,
}

/// Messages that were given up.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetterList)]
pub(crate) struct LetterList {
    /// The newest first.
    letters: Vec<LetterView>,
}

/// The newest of all partitions.
///
/// # Errors
/// 503 when Redis does not answer.
pub(super) async fn newest(state: &State, most: usize) -> Result<Vec<DeadLetter>, Problem> {
    let mut letters = Vec::new();
    for partition in state.hot.partitions() {
        letters.extend(state.hot.dead_letters(partition, most).await.map_err(store::hot_problem)?);
    }
    letters.sort_by_key(|letter| std::cmp::Reverse(buried_ms(letter)));
    letters.truncate(most);
    Ok(letters)
}

/// A letter's name over all partitions.
pub(super) fn name(letter: &DeadLetter) -> String {
    format!("{:02}-{}", letter.partition.number(), letter.id)
}

fn buried_ms(letter: &DeadLetter) -> u64 {
    letter.id.split('-').next().and_then(|ms| ms.parse().ok()).unwrap_or_default()
}

/// Lists messages that were given up, the newest first.
#[utoipa::path(
    get,
    path = "/v1/operator/dead-letters",
    operation_id = "operators.dead_letters",
    tag = "Operators",
    params(LetterParams),
    security(("session" = [])),
    responses(
        (status = 200, description = "The messages", body = LetterList),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, params: Params<LetterParams>) -> Result<HttpResponse, Problem> {
    authority::check(&state, &person).await?;
    let most = params.limit.unwrap_or(100);
    if !(1..=1_000).contains(&most) {
        return Err(Problem::field("limit", "must be between 1 and 1000"));
    }
    let letters = newest(&state, most).await?;
    let view = |letter: &DeadLetter| LetterView {
        id: name(letter),
        given_up_at: rfc3339(buried_ms(letter)),
        reason: letter.reason.clone(),
        channel: letter.job.as_ref().map(|job| job.channel.to_string()),
        tenant_id: letter.job.as_ref().map(|job| job.tenant),
        pin_id: letter.job.as_ref().map(|job| job.pin),
    };
    Ok(HttpResponse::Ok().json(LetterList { letters: letters.iter().map(view).collect() }))
}
