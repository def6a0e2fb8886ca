//! Gives an application a public key. Tokens that were signed with the key before are refused within seconds.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::application_token::credential;
use pinfold_core::public_key::PublicKey;
use pinfold_http::{Authorized, Body, KeysManage, Problem, ProblemView};
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority;
use super::view::PublicKeyView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// A public key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublicKeyRequest)]
pub(crate) struct SetRequest {
    /// An RSA public key of 2048 to 8192 bits in PEM.
    #[schema(max_length = 4096, example = "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n")]
    public_key: String,
}

/// Gives an application the public key by which it signs its own tokens. They may send and verify PINs of that application,
/// and nothing else.
#[utoipa::path(
    put,
    path = "/v1/applications/{appId}/public-key",
    operation_id = "public_keys.set",
    tag = "API keys",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    request_body = SetRequest,
    responses(
        (status = 200, description = "The key", body = PublicKeyView),
        (status = 400, description = "It is no such key", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
    body: Body<SetRequest>,
) -> Result<HttpResponse, Problem> {
    let scope = state.database.tenant(caller.tenant);
    let application = store::found(scope.applications().get(store::id(&path)?).await)?.id;
    let current = scope.public_keys().get(application).await.map_err(store::problem)?;
    authority::check(&caller, current.map(|current| current.environment))?;
    let key = PublicKey::from_pem(&body.value.public_key).map_err(|error| Problem::field("publicKey", error.to_string()))?;
    let hash = state.master.credential_hash(&credential(application));
    let stored = scope.public_keys().set(application, &key, caller.environment, hash).await.map_err(|error| {
        // The application went away between the look and the change.
        if error.is_refused() { store::missing() } else { store::problem(error) }
    })?;
    Ok(HttpResponse::Ok().json(PublicKeyView::from(stored)))
}
