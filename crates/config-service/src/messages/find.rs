//! Finds the template that a path names.

use pinfold_core::id::{ApplicationId, MessageId, TenantId};
use pinfold_core::message::Message;
use pinfold_http::Problem;

use crate::{State, store};

/// The template of the application that a path names.
///
/// # Errors
/// 404 when the tenant has none such, or has it in another application; 503.
pub(crate) async fn find(state: &State, tenant: TenantId, path: &(String, String)) -> Result<Message, Problem> {
    let (application, id) = place(path)?;
    of(application, store::found(state.database.tenant(tenant).messages().get(id).await)?)
}

/// The application and the template that a path names.
///
/// # Errors
/// 404 for what cannot be one.
pub(crate) fn place(path: &(String, String)) -> Result<(ApplicationId, MessageId), Problem> {
    Ok((store::id(&path.0)?, store::id(&path.1)?))
}

/// A template, if it is one of the application.
///
/// # Errors
/// 404 when it is not.
pub(crate) fn of(application: ApplicationId, message: Message) -> Result<Message, Problem> {
    if message.application == application { Ok(message) } else { Err(store::missing()) }
}
