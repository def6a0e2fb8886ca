//! A tenant leaves: it is closed at once, and everything of it is removed from PostgreSQL and Redis. What takes longer than an answer goes on by itself, after a restart too.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::id::TenantId;
use pinfold_http::clock::stopwatch;
use pinfold_http::{Authorized, Body, Problem, ProblemView, TenantManage};
use pinfold_postgres::Database;
use pinfold_redis::Hot;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::refusals::ConsoleOneBody;
use crate::{State, store};

/// How long an answer waits for the end.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many rows go in one step.
const STEP: i32 = 5_000;
/// How often it is looked whether somebody left in the middle.
const LOOK: Duration = Duration::from_secs(20);

/// A proof that it is meant.
#[derive(Deserialize, ToSchema)]
#[schema(as = OffBoardingRequest)]
pub(crate) struct OffBoardRequest {
    /// The short name of the tenant.
    #[schema(example = "example")]
    slug: String,
}

/// What was removed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OffBoarding)]
pub(crate) struct OffBoardingView {
    /// Whether nothing is left.
    done: bool,
    /// How many rows of each table.
    removed: BTreeMap<String, u64>,
    /// How many keys of Redis.
    redis_keys: u64,
}

/// Removes some more of a tenant that leaves; `true` when nothing is left.
async fn remove_some(database: &Database, hot: &Hot, tenant: TenantId) -> Result<bool, Problem> {
    let tenants = database.tenants();
    let is_done = tenants.continue_offboarding(tenant, STEP).await.map_err(store::problem)?;
    if is_done {
        let keys = hot.forget_tenant(tenant).await.map_err(Problem::unavailable)?;
        tenants.note_redis_keys(tenant, keys).await.map_err(store::problem)?;
    }
    Ok(is_done)
}

/// Goes on with tenants that leave, until `stop`; and prunes what people left behind.
pub async fn continue_offboardings(database: Database, hot: Hot, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        let leaving = database.tenants().offboardings().await.unwrap_or_default();
        for one in leaving {
            // Up to a fault: the next look goes on.
            while !stop.is_cancelled() && matches!(remove_some(&database, &hot, one.tenant).await, Ok(false)) {}
        }
        if let Err(error) = database.people().attempts().prune().await {
            tracing::debug!(%error, "what is over cannot be pruned");
        }
    }
}

/// Removes the tenant with everything that belongs to it, for good. A person needs a recent confirmation.
#[utoipa::path(
    delete,
    path = "/v1/tenant",
    operation_id = "tenants.off_board",
    tag = "Tenant",
    request_body = OffBoardRequest,
    responses(
        (status = 200, description = "Nothing is left; with 202, it goes on by itself", body = OffBoardingView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<TenantManage>,
    state: Data<State>,
    body: Body<OffBoardRequest>,
) -> Result<HttpResponse, Problem> {
    state.confirmed_caller(&caller).await?;
    let scope = state.database.tenant(caller.tenant);
    let profile = store::found(scope.profile().await)?;
    if body.value.slug != profile.slug {
        return Err(Problem::field("slug", "must be the short name of this tenant, as a proof that it is meant"));
    }
    if !scope.begin_offboarding().await.map_err(store::problem)? {
        return Err(store::missing());
    }
    tracing::info!(tenant.id = %caller.tenant, "a tenant leaves");
    let started = stopwatch();
    let mut is_done = false;
    while !is_done && started.elapsed() < PATIENCE {
        is_done = remove_some(&state.database, &state.hot, caller.tenant).await?;
    }
    let report = store::found(state.database.tenants().offboarding(caller.tenant).await)?;
    let mut answer = if is_done { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    Ok(answer.json(OffBoardingView { done: is_done, removed: report.removed, redis_keys: report.redis_keys }))
}
