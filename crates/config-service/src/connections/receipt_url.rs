//! Where a connection's provider is to send delivery receipts.

use pinfold_channels::pushes_receipts;
use pinfold_core::access::Scope;
use pinfold_core::connection::Connection;
use pinfold_core::keys::TenantKeys;
use pinfold_core::receipt_path::ReceiptPath;
use pinfold_http::Caller;

use crate::State;

/// The address, for callers who may read the configuration, of providers that push receipts, and where the operator said
/// how providers reach this installation.
pub(super) fn receipt_url(
    state: &State,
    caller: &Caller,
    keys: &TenantKeys,
    connection: &Connection,
    generation: u32,
) -> Option<String> {
    let base = state.public_url.as_deref()?;
    let is_shown = caller.scopes.allows(Scope::ConfigRead) && pushes_receipts(&connection.provider);
    is_shown.then(|| format!("{base}{}", ReceiptPath::of(keys, connection.id, generation)))
}
