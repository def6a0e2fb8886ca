//! Finds the template that a path names.

use pinfold_core::id::{ApplicationId, TenantId};
use pinfold_core::message::Message;
use pinfold_http::Problem;

use crate::{State, store};

/// The template of the application that a path names.
///
/// # Errors
/// 404 when the tenant has none such, or has it in another application; 503.
pub(crate) async fn find(state: &State, tenant: TenantId, path: &(String, String)) -> Result<Message, Problem> {
    let application: ApplicationId = store::id(&path.0)?;
    let message = store::found(state.database.tenant(tenant).messages().get(store::id(&path.1)?).await)?;
    if message.application == application { Ok(message) } else { Err(store::missing()) }
}
