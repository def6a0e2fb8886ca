//! Lists what the fraud guard blocks now.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};
use pinfold_redis::Block;
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusals::Native;
use crate::{State, store};

/// A place that is blocked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudBlock)]
struct BlockView {
    /// What ends it.
    #[schema(example = "634348")]
    id: String,
    /// What is blocked.
    #[schema(example = "country CH")]
    about: String,
    /// The rule.
    #[schema(value_type = String, example = "conversion")]
    rule: &'static str,
    /// Sends within the hour when it began.
    #[schema(example = 50)]
    sends: u32,
    /// How many of them were verified.
    #[schema(example = 3)]
    verified: u32,
    /// The how manyth block in a row: the first lasts an hour, the second six, every further one a day.
    #[schema(example = 1)]
    strike: u8,
    /// Since when.
    #[schema(example = "2026-11-21T12:00:00Z")]
    since: String,
    /// Until when.
    #[schema(example = "2026-11-21T13:00:00Z")]
    until: String,
}

/// What is blocked.
#[derive(Serialize, ToSchema)]
#[schema(as = FraudBlocks)]
struct BlocksView {
    /// The blocks, those that end last first.
    blocks: Vec<BlockView>,
}

impl From<Block> for BlockView {
    fn from(block: Block) -> Self {
        Self {
            id: hex::encode(&block.name),
            about: block.about(),
            rule: block.hit.rule.name(),
            sends: block.hit.sends,
            verified: block.hit.verified,
            strike: block.strikes,
            since: rfc3339(block.since_ms),
            until: rfc3339(block.until_ms),
        }
    }
}

/// Lists the countries and prefixes that the fraud guard blocks now.
#[utoipa::path(
    get,
    path = "/v1/fraud/blocks",
    operation_id = "fraud.list_blocks",
    tag = "Fraud guard",
    responses(
        (status = 200, description = "What is blocked", body = BlocksView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let blocks = state.hot.blocks(caller.tenant).await.map_err(store::hot_problem)?;
    Ok(HttpResponse::Ok().json(BlocksView { blocks: blocks.into_iter().map(BlockView::from).collect() }))
}
