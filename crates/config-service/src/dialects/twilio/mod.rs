//! Twilio Verify, version 2: services and what is configured below them. A service is an application; its SID is `VA` and
//! the application's id.

mod buckets;
mod messaging_configurations;
mod rate_limits;
mod safe_numbers;
mod services;
mod templates;
mod webhooks;

use actix_web::HttpRequest;
use pinfold_core::id::ApplicationId;
use pinfold_http::twilio::{Base, id, sid};
use pinfold_http::{Caller, Code, Mount, Problem};
use pinfold_postgres::Service;

use crate::{State, store};

pub(crate) fn mount(mount: &mut Mount) {
    services::mount(mount);
    rate_limits::mount(mount);
    buckets::mount(mount);
    messaging_configurations::mount(mount);
    safe_numbers::mount(mount);
    templates::mount(mount);
    webhooks::mount(mount);
}

/// Whose answers these are, and the address that they are reached under.
struct Place {
    base: Base,
    account_sid: String,
}

impl Place {
    fn of(state: &State, request: &HttpRequest, caller: &Caller) -> Self {
        Self { base: Base::of(state.public_url.as_deref(), request), account_sid: sid("AC", caller.tenant) }
    }
}

/// The service of a SID. One that was deleted is gone for these clients.
///
/// # Errors
/// 404.
async fn service(state: &State, caller: &Caller, service_sid: &str) -> Result<Service, Problem> {
    let application: ApplicationId = id("VA", service_sid)?;
    let service = store::found(state.database.tenant(caller.tenant).services().get(application).await)?;
    if service.settings.is_deleted { Err(store::missing()) } else { Ok(service) }
}

/// One more than there may be, or one that is there already, under the vendor's number.
fn conflict(number: u32, detail: &'static str) -> Problem {
    Problem::new(Code::AlreadyThere).detail(detail).numbered(number)
}
