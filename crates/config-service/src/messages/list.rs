//! Lists an application's message templates of both kinds, oldest first, as a bare array.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::view::MessageView;
use crate::refusals::{ApiException, InfobipOne};
use crate::{State, store};

/// Lists an application's message templates, for SMS and voice and for e-mail.
#[utoipa::path(
    get,
    path = "/2fa/2/applications/{appId}/messages",
    operation_id = "messages.list",
    tag = "Message templates",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 200, description = "The templates, oldest first", body = [MessageView]),
        (status = 400, description = "The request cannot be understood", body = ApiException),
        InfobipOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let tenant = state.database.tenant(caller.tenant);
    let application = store::found(tenant.applications().get(store::id(&path)?).await)?;
    let messages = tenant.messages().list(application.id).await.map_err(store::problem)?;
    let views: Vec<MessageView> = messages.into_iter().map(MessageView::from).collect();
    Ok(HttpResponse::Ok().json(views))
}
