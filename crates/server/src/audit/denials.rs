//! Denied accesses: told behind the answer, within a second, and never more than there is room for. Those alike of one
//! moment are one entry with a count, and strangers have so many entries in a minute, so that an attack fills neither the log nor
//! the queue.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use pinfold_core::audit::Who;
use pinfold_core::id::TenantId;
use pinfold_core::request_id::RequestId;
use pinfold_http::{Caller, Code, Problem, Refused, pattern};
use pinfold_postgres::{Acting, Database, Note, PLATFORM, acting_as};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

use super::address;

/// Denials that wait to be told.
const WAITING: usize = 4_096;
/// How long alike ones are collected.
const COLLECTED: Duration = Duration::from_millis(400);
/// The most entries for one tenant and moment; the rest is one entry with a count.
const ENTRIES: usize = 50;
/// The most entries for strangers in a minute: what they write is never removed. The rest is one entry with a count.
const STRANGERS_ENTRIES: usize = 60;
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// Where denials are told.
#[derive(Clone)]
pub struct Trail {
    sender: Sender<Denial>,
    counted: Family<Reason, Counter>,
    /// Whether requests come through a gateway elsewhere, which tells of what its callers are denied.
    is_inner: bool,
}

/// What of them is still to be told.
pub struct Denials(Receiver<Denial>);

struct Denial {
    tenant: Option<TenantId>,
    alike: Alike,
    request_id: Option<RequestId>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    who: Who,
    address: Option<IpAddr>,
    operation: String,
    reason: &'static str,
}

impl Trail {
    /// Where to tell, and what is told.
    pub fn new(registry: &mut Registry, is_inner: bool) -> (Self, Denials) {
        let (sender, receiver) = channel(WAITING);
        let counted = Family::default();
        registry.register("pinfold_denied_requests", "Requests that were denied, by reason", counted.clone());
        (Self { sender, counted, is_inner }, Denials(receiver))
    }
}

/// Tells of a request that was denied; use around what finds the caller.
///
/// # Errors
/// Those of what is inside.
pub async fn watch(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<BoxBody>> {
    let response = next.call(request).await?.map_into_boxed_body();
    if let Some(reason) = reason(&response) {
        tell(&response, reason);
    }
    Ok(response)
}

fn reason(response: &ServiceResponse<BoxBody>) -> Option<&'static str> {
    if !matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return None;
    }
    match response.response().error().and_then(|error| error.as_error::<Problem>()).map(|problem| problem.code) {
        Some(Code::AddressNotAllowed) => Some("address_not_allowed"),
        Some(Code::Unauthorized) => Some("no_valid_credential"),
        Some(Code::Forbidden) => Some("not_permitted"),
        Some(Code::Csrf) => Some("foreign_page"),
        // Some refuse with a 403 what is no question of access.
        Some(_) => None,
        // The answer of a role in another process.
        None if response.status() == StatusCode::UNAUTHORIZED => Some("no_valid_credential"),
        None => Some("not_permitted"),
    }
}

fn tell(response: &ServiceResponse<BoxBody>, reason: &'static str) {
    let request = response.request();
    let Some(trail) = request.app_data::<web::Data<Trail>>() else { return };
    let extensions = request.extensions();
    let caller = extensions.get::<Caller>().map(|caller| (caller.tenant, caller.actor));
    if trail.is_inner && caller.is_some() {
        return;
    }
    trail.counted.get_or_create(&Reason { reason }).inc();
    let refused = extensions.get::<Refused>().map(|refused| (refused.tenant, refused.actor));
    let known = caller.or(refused);
    let request_id = extensions.get::<RequestId>().copied();
    drop(extensions);
    // The pattern names the operation without what may be secret in an address.
    let operation = pattern(request).unwrap_or_default();
    let who = known.map(|(_, actor)| actor).into();
    let alike = Alike { who, address: address(request), operation: format!("{} {operation}", request.method()), reason };
    // Past the bound only the counter knows.
    let _ = trail.sender.try_send(Denial { tenant: known.map(|(tenant, _)| tenant), alike, request_id });
}

impl Denials {
    /// Tells them until `stop`, and then the last ones.
    pub async fn tell(mut self, database: Database, stop: CancellationToken) {
        let (mut batch, mut strangers) = (Vec::new(), Strangers::default());
        let mut minute = interval(MINUTE);
        loop {
            batch.clear();
            let first = tokio::select! {
                first = self.0.recv() => first,
                _ = minute.tick() => {
                    write(&database, PLATFORM, strangers.next_minute()).await;
                    continue;
                }
                () = stop.cancelled() => self.0.try_recv().ok(),
            };
            let Some(first) = first else {
                return write(&database, PLATFORM, strangers.next_minute()).await;
            };
            batch.push(first);
            let collect = async { while batch.len() < WAITING && self.0.recv_many(&mut batch, WAITING).await > 0 {} };
            let _ = timeout(COLLECTED, collect).await;
            for (tenant, denials) in by_tenant(&mut batch) {
                match tenant {
                    Some(tenant) => write(&database, tenant, denials).await,
                    None => write(&database, PLATFORM, strangers.admit(denials)).await,
                }
            }
        }
    }
}

type Counts = BTreeMap<Alike, (u64, Option<RequestId>)>;

/// What strangers were denied in this minute.
#[derive(Default)]
struct Strangers {
    told: usize,
    more: u64,
}

impl Strangers {
    /// Those that there is room for; the rest is counted.
    fn admit(&mut self, denials: Counts) -> Counts {
        let room = STRANGERS_ENTRIES.saturating_sub(self.told);
        let (admitted, rest): (Vec<_>, Vec<_>) = denials.into_iter().enumerate().partition(|(nth, _)| *nth < room);
        self.told += admitted.len();
        self.more += rest.iter().map(|(_, (_, (count, _)))| count).sum::<u64>();
        admitted.into_iter().map(|(_, denial)| denial).collect()
    }

    /// Begins a minute; gives one entry for those that the last one had no room for, if there are any.
    fn next_minute(&mut self) -> Counts {
        let Self { more, .. } = std::mem::take(self);
        let rest = Alike { who: Who::Several, address: None, operation: String::new(), reason: "more_than_told" };
        (more > 0).then_some((rest, (more, None))).into_iter().collect()
    }
}

fn by_tenant(batch: &mut Vec<Denial>) -> BTreeMap<Option<TenantId>, Counts> {
    let mut tenants: BTreeMap<Option<TenantId>, Counts> = BTreeMap::new();
    for Denial { tenant, alike, request_id } in batch.drain(..) {
        let counts = tenants.entry(tenant).or_default();
        let is_full = counts.len() >= ENTRIES && !counts.contains_key(&alike);
        let alike = if is_full { Alike { who: Who::Several, address: None, operation: String::new(), ..alike } } else { alike };
        counts.entry(alike).or_insert((0, request_id)).0 += 1;
    }
    tenants
}

async fn write(database: &Database, tenant: TenantId, denials: Counts) {
    for (alike, (count, request_id)) in denials {
        let Alike { who, address, operation, reason } = alike;
        let acting = Acting { who, address, request_id, ..Acting::default() };
        let detail = Some(json!({ "reason": reason, "count": count }));
        let object_id = Some(operation).filter(|operation| !operation.is_empty());
        let note = Note { action: "denied", object: "operation", object_id, detail };
        if let Err(error) = acting_as(acting, database.tenant(tenant).audit().note(note)).await {
            let error = &error as &(dyn std::error::Error + 'static);
            return tracing::warn!(error, tenant.id = %tenant, "denied accesses could not be told");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denials(addresses: std::ops::Range<u32>) -> Counts {
        let alike = |address| Alike { who: Who::Anonymous, address, operation: "GET /".into(), reason: "no_valid_credential" };
        addresses.map(|nth| (alike(Some(IpAddr::from(nth.to_be_bytes()))), (2, None))).collect()
    }

    #[test]
    fn strangers_have_so_many_entries_in_a_minute_and_one_for_the_rest() {
        let mut strangers = Strangers::default();
        assert!(strangers.next_minute().is_empty());
        assert_eq!(strangers.admit(denials(0..50)).len(), 50);
        assert_eq!(strangers.admit(denials(50..100)).len(), 10);
        assert!(strangers.admit(denials(100..1_000)).is_empty());
        let rest: Vec<_> = strangers.next_minute().into_iter().map(|(alike, (count, _))| (alike.reason, count)).collect();
        assert_eq!(rest, [("more_than_told", 2 * (1_000 - 60))]);
        assert_eq!(strangers.admit(denials(0..1)).len(), 1, "another minute");
        assert!(strangers.next_minute().is_empty());
    }
}
