//! Takes a provider's request at a connection's address: whose it is, whether the provider sent it, what it says. An
//! address that is unknown, replaced, or of a connection without receipts is a 404 and says no more.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_channels::{ReceiptRequest, Refused, receipts};
use pinfold_core::connection::Connection;
use pinfold_core::receipt_path::ReceiptPath;
use pinfold_http::{Code, Problem, clock};
use pinfold_postgres::Snapshot;

use super::State;

/// Takes one request. The provider hears that it was taken only when it is stored.
///
/// # Errors
/// 400, 401 for a signature that does not fit, 404, 503.
pub(super) async fn accept(state: &State, request: &HttpRequest, segment: &str, body: &Bytes) -> Result<HttpResponse, Problem> {
    let nowhere = || Problem::new(Code::NotFound);
    let path = ReceiptPath::parse(segment).ok_or_else(nowhere)?;
    let snapshot = state.snapshots.tenant(path.tenant).await.map_err(Problem::unavailable)?;
    let mut snapshot = snapshot.filter(|snapshot| snapshot.is_enabled && path.is_genuine(&snapshot.keys)).ok_or_else(nowhere)?;
    // Only who has the secret makes anybody look for a newer configuration.
    if is_ahead(&path, &snapshot)
        && let Some(newer) = state.snapshots.newer_than(&snapshot).await.map_err(Problem::unavailable)?
    {
        snapshot = newer;
    }
    let connection = connection(&path, &snapshot).ok_or_else(nowhere)?;
    let headers: Vec<(&str, &str)> =
        request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let query = request.query_string();
    // The provider signed the address that it was given, which is not the one that arrived behind a proxy.
    let url = format!("{}{}{}{query}", state.public_url, request.path(), if query.is_empty() { "" } else { "?" });
    let given = ReceiptRequest { method: request.method().as_str(), url: &url, headers: &headers, body, now_ms: clock::now_ms() };
    let receipts = receipts(&connection.provider, &given).map_err(|refused| refusal(refused, connection, &path))?;
    let stored = state.intake.keep(path.tenant, path.connection, connection.provider.kind(), &receipts).await;
    stored.map_err(|error| if error.is_unavailable() { Problem::unavailable(error) } else { Problem::internal(error) })?;
    Ok(HttpResponse::Ok().finish())
}

/// Whether the address is of a connection, or newer than one, that this process has not heard of yet.
fn is_ahead(path: &ReceiptPath, snapshot: &Snapshot) -> bool {
    !snapshot.connections.contains_key(&path.connection) || path.generation > generation(path, snapshot)
}

fn generation(path: &ReceiptPath, snapshot: &Snapshot) -> u32 {
    snapshot.receipt_generations.get(&path.connection).copied().unwrap_or_default()
}

fn connection<'a>(path: &ReceiptPath, snapshot: &'a Snapshot) -> Option<&'a Connection> {
    let connection = snapshot.connections.get(&path.connection)?;
    (path.generation == generation(path, snapshot)).then_some(connection.as_ref())
}

fn refusal(refused: Refused, connection: &Connection, path: &ReceiptPath) -> Problem {
    tracing::info!(
        tenant.id = %path.tenant, connection.id = %path.connection, connector = connection.provider.kind(), reason = %refused,
        "a receipt was refused"
    );
    match refused {
        Refused::Unsupported => Problem::new(Code::NotFound),
        Refused::Unsigned => Problem::new(Code::Unauthorized).detail("The signature does not fit."),
        Refused::Unreadable => Problem::new(Code::BadRequest).detail("This is no delivery receipt."),
    }
}
