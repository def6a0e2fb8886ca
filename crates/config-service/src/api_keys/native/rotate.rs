//! Puts a new key in the place of one, with all it may do; the old one works on for a while, so that clients can change
//! over one by one.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::access::ApiKey;
use pinfold_core::credential::{Credential, beginning};
use pinfold_core::id::ApiKeyId;
use pinfold_core::span::YEAR_MS;
use pinfold_http::{Authorized, Body, KeysManage, Problem, ProblemView, clock};
use pinfold_postgres::NewKey;
use secrecy::ExposeSecret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::authority;
use super::view::{CreatedView, KeyView};
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// How long an old key works on when a request does not say, and the longest, in seconds.
const OVERLAP_S: u64 = 86_400;
const LONGEST_S: u64 = 30 * 86_400;

/// How a key is replaced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeyRotationRequest)]
pub(crate) struct RotateRequest {
    /// Seconds for which the old key works on; a day when left out.
    #[schema(minimum = 0, maximum = 2_592_000, example = 86_400)]
    overlap_seconds: Option<u64>,
}

/// Replaces an API key by a new one that may do the same, and lives for a year.
#[utoipa::path(
    post,
    path = "/v1/api-keys/{keyId}/rotation",
    operation_id = "keys.rotate",
    tag = "API keys",
    params(("keyId" = String, Path, description = "The key", example = "573711510E1C002E29679B12C7CB48AE")),
    request_body = RotateRequest,
    responses(
        (status = 201, description = "The new key with its secret", body = CreatedView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
    body: Body<RotateRequest>,
) -> Result<HttpResponse, Problem> {
    let overlap = body.value.overlap_seconds.unwrap_or(OVERLAP_S);
    if overlap > LONGEST_S {
        return Err(Problem::field("overlapSeconds", format!("must be at most {LONGEST_S}")));
    }
    let (keys, now_ms) = (state.database.tenant(caller.tenant).api_keys(), clock::now_ms());
    let old = store::found(keys.get(store::id(&path)?).await)?;
    if !old.key.is_valid_at(now_ms) {
        return Err(Problem::field("keyId", "must be a key that works"));
    }
    authority::check(&caller, &old.key)?;
    state.confirmed_caller(&caller).await?;
    let ends_ms = (now_ms + overlap * 1_000).min(old.key.valid_to_ms.unwrap_or(u64::MAX));
    let secret = Credential::Key(old.key.environment).generate();
    let exposed = secret.expose_secret();
    let key = ApiKey { id: ApiKeyId::random(), valid_from_ms: None, valid_to_ms: Some(now_ms + YEAR_MS), ..old.key.clone() };
    let (hash, prefix) = (state.master.credential_hash(exposed), beginning(exposed).to_owned());
    let new = NewKey { key, hash, prefix, permissions: old.permissions, platform: old.platform, scope_guids: old.scope_guids };
    let issued = store::found(keys.rotate(old.key.id, new, ends_ms).await)?;
    let view = CreatedView { secret: exposed.to_owned(), key: KeyView::new(issued, None) };
    Ok(HttpResponse::Created().json(view))
}
