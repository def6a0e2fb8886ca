//! Publishes the keys that check session tokens.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;

use crate::State;

/// The public keys of session tokens, as a JSON Web Key Set (RFC 7517). Needs no credential.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "session_tokens.keys",
    tag = "Session tokens",
    security(()),
    responses((status = 200, description = "The keys; cache them for five minutes", body = Object))
)]
pub async fn handler(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(state.signer.key_set())
}
