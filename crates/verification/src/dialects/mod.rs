//! Wire formats: each maps a vendor's request to the use cases of this crate and the outcome back.

pub(crate) mod camara;
pub(crate) mod eight_x_eight;
pub(crate) mod infobip;
pub(crate) mod iprog;
pub(crate) mod otp_v1;
pub(crate) mod twilio;
pub(crate) mod vonage;

use std::str::FromStr;

use actix_web::{HttpMessage, HttpRequest};
use pinfold_core::id::{ApplicationId, PinId};
use pinfold_http::edge::TraceParent;
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::Snapshot;

use crate::State;
use crate::state::hot_problem;

/// An id from a path or body; what is no id is not there, like what belongs to somebody else.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::new(Code::NotFound))
}

/// The trace that the request belongs to, for the job.
pub(crate) fn trace(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<TraceParent>().map(|trace| trace.0.clone())
}

/// The application that is meant: the one that is named, the key's own, or the only one there is.
///
/// # Errors
/// 400 when that is none.
pub(crate) fn application(snapshot: &Snapshot, caller: &Caller, named: Option<&str>) -> Result<ApplicationId, Problem> {
    if let Some(named) = named {
        return id(named);
    }
    if let Some(default) = caller.default_application {
        return Ok(default);
    }
    let mut all = snapshot.applications.keys();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(*only),
        _ => Err(Problem::field("applicationId", "must be given: the API key has no default application")),
    }
}

/// The life of a code in milliseconds where a vendor's clients count on five minutes without saying so; the operator's ceiling
/// stands above it.
pub(crate) fn five_minutes(state: &State) -> u64 {
    300_000.min(state.ceilings.time_to_live_ms)
}

/// A PIN's id as a UUID, as several vendors have it.
pub(crate) fn uuid(pin: PinId) -> String {
    let id = pin.to_string().to_ascii_lowercase();
    [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-")
}

/// A PIN's id, as a UUID or as its bare digits; what is neither is not there.
pub(crate) fn pin_id(text: &str) -> Result<PinId, Problem> {
    let is_uuid = text.len() == 36 && text.bytes().enumerate().all(|(at, byte)| (byte == b'-') == [8, 13, 18, 23].contains(&at));
    if is_uuid { id(&text.replace('-', "")) } else { id(text) }
}

impl State {
    /// Whether a caller may name a PIN of its tenant: one with an application of its own reaches the PINs of that one alone.
    ///
    /// # Errors
    /// 503 while Redis is away.
    pub(crate) async fn reaches(&self, caller: &Caller, snapshot: &Snapshot, pin: PinId) -> Result<bool, Problem> {
        let Some(own) = caller.default_application.filter(|_| snapshot.applications.len() > 1) else { return Ok(true) };
        let Some(record) = self.hot.peek(caller.tenant, pin).await.map_err(hot_problem)? else { return Ok(false) };
        Ok(snapshot.messages.get(&record.message).is_some_and(|message| message.application == own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_found_by_both_forms_of_its_id() {
        let pin = PinId::random();
        let (uuid, bare) = (uuid(pin), pin.to_string());
        assert_eq!((uuid.len(), uuid.to_lowercase()), (36, uuid.clone()));
        for text in [&uuid, &uuid.to_uppercase(), &bare, &bare.to_lowercase()] {
            assert_eq!(pin_id(text).expect(text), pin);
        }
        for text in ["", "-", &uuid[1..], &format!("{bare}----"), "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"] {
            assert_eq!(pin_id(text).expect_err(text).code, Code::NotFound);
        }
    }
}
