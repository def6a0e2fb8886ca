//! The windows of a limit: so many sends in so many seconds.

mod create;
mod delete;
mod fetch;
mod list;
mod update;
mod view;

use pinfold_core::id::{ApplicationId, RateLimitId};
use pinfold_http::twilio::id;
use pinfold_http::{Caller, Mount, Problem, mount};

use crate::{State, store};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::create, self::list, self::fetch, self::update, self::delete);
}

/// The limit of a SID in a service, which must be there.
///
/// # Errors
/// 404.
async fn limit(state: &State, caller: &Caller, service_sid: &str, sid: &str) -> Result<(ApplicationId, RateLimitId), Problem> {
    let service = super::service(state, caller, service_sid).await?;
    let found = store::found(state.database.tenant(caller.tenant).rate_limits(service.id).get(id("RK", sid)?).await)?;
    Ok((service.id, found.id))
}
