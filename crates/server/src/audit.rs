//! The process's side of the audit log: who acts in a request, who was denied, and the checkpoints.

mod checkpoints;
mod denials;

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};
use pinfold_core::access::Actor;
use pinfold_core::audit::Who;
use pinfold_core::request_id::RequestId;
use pinfold_http::visit::Visit;
use pinfold_http::{Answering, Caller, ClientAddress};
use pinfold_postgres::{Acting, acting_as};

pub use checkpoints::{Place, take, take_when_due};
pub use denials::{Denials, Trail, watch};

/// Answers a request as whoever sent it: what it writes to the record names them. Use inside of what finds the caller.
///
/// # Errors
/// Those of what is inside.
pub async fn act(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> actix_web::Result<ServiceResponse<BoxBody>> {
    let acting = Acting {
        who: actor(request.request()).into(),
        address: address(request.request()),
        request_id: request.extensions().get::<RequestId>().copied(),
        operation: request.extensions().get::<Answering>().map(|answering| Arc::clone(&answering.0)).unwrap_or_default(),
    };
    acting_as(acting, next.call(request)).await.map(ServiceResponse::map_into_boxed_body)
}

/// Runs an operator's command as such.
pub async fn as_operator<T>(work: impl Future<Output = T>) -> T {
    acting_as(Acting { who: Who::Operator, ..Acting::default() }, work).await
}

fn actor(request: &HttpRequest) -> Option<Actor> {
    let extensions = request.extensions();
    let visitor = extensions.get::<Visit>().and_then(|visit| visit.shown);
    let visitor = visitor.map(|shown| Actor::Person { person: shown.person, session: shown.session });
    extensions.get::<Caller>().map(|caller| caller.actor).or(visitor)
}

fn address(request: &HttpRequest) -> Option<std::net::IpAddr> {
    let extensions = request.extensions();
    let said = extensions.get::<Caller>().and_then(|caller| caller.address);
    let said = said.or_else(|| extensions.get::<Visit>().and_then(|visit| visit.address));
    said.or_else(|| extensions.get::<ClientAddress>().map(|address| address.0))
}
