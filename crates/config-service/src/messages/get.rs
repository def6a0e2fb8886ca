//! Shows one message template, of either kind.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::find::find;
use super::view::MessageView;
use crate::State;
use crate::refusals::{ApiException, InfobipOne};

/// Shows one message template, for SMS and voice or for e-mail.
#[utoipa::path(
    get,
    path = "/2fa/2/applications/{appId}/messages/{msgId}",
    operation_id = "messages.get",
    tag = "Message templates",
    params(
        ("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61"),
        ("msgId" = String, Path, description = "The template", example = "B628A31410306DDB2BFB0D9CF1F3A3FF"),
    ),
    responses(
        (status = 200, description = "The template", body = MessageView),
        (status = 400, description = "The request cannot be understood", body = ApiException),
        InfobipOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let message = find(&state, caller.tenant, &path).await?;
    Ok(HttpResponse::Ok().json(MessageView::from(message)))
}
