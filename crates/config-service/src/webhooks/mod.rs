//! Webhooks: the tenant's own addresses that are told what happened to its PINs, and what they were told.

mod create;
mod delete;
mod fields;
mod get;
mod list;
mod messages;
mod replay;
mod rotate_secret;
mod test;
mod update;
mod view;

use pinfold_http::{Code, Mount, Problem};
use pinfold_postgres::{Error, Queued};

use crate::store;

/// Registers the operations on webhooks.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(
        mount;
        self::list, self::create, self::get, self::update, self::delete, self::rotate_secret, self::test, self::replay,
        self::messages::list, self::messages::get, self::messages::replay
    );
}

/// What was queued.
///
/// # Errors
/// 404, 409 for a disabled endpoint, 429 for a full backlog, and see [`store::problem`].
fn queued<T>(answer: Result<Queued<T>, Error>) -> Result<T, Problem> {
    match answer.map_err(store::problem)? {
        Queued::Done(queued) => Ok(queued),
        Queued::Missing => Err(store::missing()),
        Queued::Disabled => Err(Problem::new(Code::EndpointDisabled)),
        Queued::Full => Err(Problem::new(Code::WebhookBacklogFull).retry_after_ms(60_000)),
    }
}
