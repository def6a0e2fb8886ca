//! Clears the phone, of one recipient's messages or of all.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use pinfold_http::{Params, Problem};

use crate::State;
use crate::simulator::News;
use crate::simulator::viewer::{Filter, Viewer};

/// Forgets messages and tells everybody who watches.
pub(super) async fn handler(
    request: HttpRequest,
    state: web::Data<State>,
    filter: Params<Filter>,
) -> Result<HttpResponse, Problem> {
    let simulator = state.phone()?;
    let viewer = Viewer::of(&state, simulator, &request).await?;
    let recipient = filter.recipient();
    simulator.inbox().clear(viewer, recipient.as_deref());
    let tenant = match viewer {
        Viewer::Everybody => None,
        Viewer::Tenant(tenant) => Some(tenant),
    };
    // Nobody may be watching.
    let _ = simulator.news.send(News::Cleared { tenant, to: recipient.map(Arc::from) });
    Ok(HttpResponse::NoContent().finish())
}
