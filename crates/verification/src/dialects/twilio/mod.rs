//! Twilio Verify, version 2: verifications, checks, attempts, and authenticator apps. A service is an application, a
//! verification a PIN. What is configured lives in the configuring role.

mod attempts;
mod challenges;
mod check;
mod entities;
mod factors;
mod note;
mod sentences;
mod verifications;

use std::sync::Arc;

use actix_web::HttpRequest;
use pinfold_core::application::Application;
use pinfold_core::channel::Channel;
use pinfold_core::id::ApplicationId;
use pinfold_core::service::ServiceSettings;
use pinfold_http::twilio::{Base, id, sid};
use pinfold_http::{Caller, Code, Mount, Problem};
use pinfold_postgres::Snapshot;
use serde_json::{Map, Value};

use crate::State;

pub(crate) fn mount(mount: &mut Mount) {
    verifications::mount(mount);
    pinfold_http::mount!(mount; self::check);
    attempts::mount(mount);
    entities::mount(mount);
    factors::mount(mount);
    challenges::mount(mount);
}

/// Whose answers these are, and the address that they are reached under.
struct Place {
    base: Base,
    account_sid: String,
    service_sid: String,
}

/// A service and the configuration that it is part of.
struct Service {
    snapshot: Arc<Snapshot>,
    id: ApplicationId,
    settings: ServiceSettings,
    place: Place,
}

impl Service {
    /// The service of a SID. One that was deleted is gone for these clients.
    ///
    /// # Errors
    /// 404; 401 and 503 as for any configuration.
    async fn find(state: &State, caller: &Caller, request: &HttpRequest, service_sid: &str) -> Result<Self, Problem> {
        let application: ApplicationId = id("VA", service_sid)?;
        let snapshot = state.snapshot_with(caller.tenant, application, None).await?;
        let settings = snapshot.service(application);
        if settings.is_deleted || !snapshot.applications.contains_key(&application) {
            return Err(Problem::new(Code::NotFound));
        }
        let place = Place::of(state, caller, request, sid("VA", application));
        Ok(Self { snapshot, id: application, settings, place })
    }

    /// Its application, which must be switched on.
    ///
    /// # Errors
    /// 403 when it is not.
    fn application(&self) -> Result<&Application, Problem> {
        crate::state::application(&self.snapshot, self.id)
    }
}

impl Place {
    fn of(state: &State, caller: &Caller, request: &HttpRequest, service_sid: String) -> Self {
        Self { base: Base::of(state.public_url.as_deref(), request), account_sid: sid("AC", caller.tenant), service_sid }
    }
}

/// What the vendor calls a channel.
fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "sms",
        Channel::Voice => "call",
        Channel::Email => "email",
        Channel::Push => "push",
    }
}

/// Something that is not offered here, by the vendor's number for that.
fn not_offered(detail: &'static str) -> Problem {
    Problem::new(Code::InvalidField).detail(detail).numbered(60204)
}

/// The object that a field holds as text; none when it is not given.
///
/// # Errors
/// 400 naming the field.
fn object(field: &'static str, text: Option<&str>) -> Result<Option<Map<String, Value>>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    match pinfold_http::parse_json(text.as_bytes()) {
        Ok(Value::Object(map)) if map.len() <= 32 => Ok(Some(map)),
        _ => Err(Problem::field(field, "must be a JSON object of at most 32 members")),
    }
}
