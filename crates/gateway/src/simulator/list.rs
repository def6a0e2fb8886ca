//! Lists the messages on the phone, newest first.

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use pinfold_http::{Params, Problem};

use crate::State;
use crate::simulator::viewer::{Filter, Viewer};

/// `{"messages": […]}`, of one recipient (`?to=`) or of all.
pub(super) async fn handler(
    request: HttpRequest,
    state: web::Data<State>,
    filter: Params<Filter>,
) -> Result<HttpResponse, Problem> {
    let simulator = state.phone()?;
    let viewer = Viewer::of(&state, simulator, &request).await?;
    let messages = simulator.inbox().list(viewer, filter.recipient().as_deref());
    let list = messages.iter().map(|message| message.json.as_str()).collect::<Vec<_>>().join(",");
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(format!(r#"{{"messages":[{list}]}}"#)))
}
