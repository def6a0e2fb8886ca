//! Lists what was said of countries.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Meta, PageParams, Refusals};
use pinfold_http::{Authorized, ConfigRead, Params, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Place, service};
use super::view::ConfigurationView;
use crate::{State, store};

/// A page of them.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioMessagingConfigurations)]
struct ListView {
    messaging_configurations: Vec<ConfigurationView>,
    meta: Meta,
}

/// Lists what was said of countries.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/MessagingConfigurations",
    operation_id = "twilio_messaging_configurations.list",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), PageParams),
    responses((status = 200, description = "A page of them", body = ListView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let (page, place) = (params.page()?, Place::of(&state, &request, &caller));
    let of = service(&state, &caller, &path).await?;
    let configurations = state.database.tenant(caller.tenant).messaging_configurations(of.id);
    let all = configurations.list().await.map_err(store::problem)?;
    let (all, has_next) = page.of(all);
    Ok(HttpResponse::Ok().json(ListView {
        messaging_configurations: all.into_iter().map(|one| ConfigurationView::new(one, &path, &place)).collect(),
        meta: page.meta(
            &place.base,
            &format!("/v2/Services/{path}/MessagingConfigurations"),
            "",
            "messaging_configurations",
            has_next,
        ),
    }))
}
