//! Lists what an endpoint was told, newest first, page by page.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::WebhookMessageId;
use pinfold_core::webhook::{TEST, WebhookType};
use pinfold_http::{Authorized, ConfigRead, Params, Problem, ProblemView};
use pinfold_postgres::WebhookFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::view::MessageView;
use crate::refusals::NativeOne;
use crate::{State, moment, store};

/// Messages on a page when a request does not say, and the most there may be.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

/// Which messages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Those in this state: `waiting`, `delivered` or `failed`.
    status: Option<String>,
    /// Those of this type.
    r#type: Option<String>,
    /// Those queued at this time or later.
    since: Option<String>,
    /// Those queued before this time.
    before: Option<String>,
    /// Those after this message, which is `next` of the page before.
    after: Option<String>,
    /// Messages on a page; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    size: Option<u32>,
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookMessageList)]
pub(crate) struct ListView {
    /// The messages of the page, newest first.
    messages: Vec<MessageView>,
    /// What `after` takes for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, example = "9B1DEB4D3B7D4BAD9BDD2B0D7B3DCB6D")]
    next: Option<WebhookMessageId>,
}

/// Lists what a webhook endpoint was told, newest first.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}/messages",
    operation_id = "webhook_messages.list",
    tag = "Webhooks",
    params(
        ("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A"),
        ListParams,
    ),
    responses(
        (status = 200, description = "A page of its messages", body = ListView),
        (status = 400, description = "A parameter is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    let messages = state.database.tenant(caller.tenant).webhook_messages(store::id(&path)?);
    let mut filter = params.filter()?;
    let size = filter.size as usize;
    // One more, to know whether there is a next page.
    filter.size += 1;
    let mut found = store::found(messages.list(filter).await)?;
    let has_more = found.len() > size;
    found.truncate(size);
    let next = found.last().map(|message| message.id).filter(|_| has_more);
    Ok(HttpResponse::Ok().json(ListView { messages: found.into_iter().map(MessageView::from).collect(), next }))
}

impl ListParams {
    fn filter(&self) -> Result<WebhookFilter, Vec<FieldError>> {
        let mut checks = Checks::default();
        let status = self.status.as_deref().and_then(|status| {
            let known = ["waiting", "delivered", "failed"].into_iter().find(|known| *known == status);
            checks.take("status", known.ok_or("must be one of waiting, delivered, failed"))
        });
        let is_type = |kind: &String| kind == TEST || kind.parse::<WebhookType>().is_ok();
        checks.require(self.r#type.as_ref().is_none_or(is_type), "type", "must be a type of webhooks");
        let mut time = |field, text: &Option<String>| {
            text.as_deref().and_then(|text| checks.take(field, moment::parse(text).ok_or(moment::MUST)))
        };
        let (since_ms, before_ms) = (time("since", &self.since), time("before", &self.before));
        let after = self.after.as_deref().and_then(|after| checks.take("after", after.parse()));
        let size = self.size.unwrap_or(PAGE);
        checks.require((1..=LARGEST_PAGE).contains(&size), "size", format!("must be between 1 and {LARGEST_PAGE}"));
        checks.finish()?;
        Ok(WebhookFilter { status, kind: self.r#type.clone(), since_ms, before_ms, after, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_broken_bound_is_named() {
        let text = |text: &str| Some(text.to_owned());
        for (params, field) in [
            (ListParams { status: text("lost"), ..ListParams::default() }, "status"),
            (ListParams { r#type: text("pin.guessed"), ..ListParams::default() }, "type"),
            (ListParams { since: text("yesterday"), ..ListParams::default() }, "since"),
            (ListParams { before: text("1"), ..ListParams::default() }, "before"),
            (ListParams { after: text("x"), ..ListParams::default() }, "after"),
            (ListParams { size: Some(0), ..ListParams::default() }, "size"),
            (ListParams { size: Some(201), ..ListParams::default() }, "size"),
        ] {
            let fields: Vec<_> = params.filter().expect_err(field).into_iter().map(|error| error.field).collect();
            assert_eq!(fields, [field]);
        }
        assert_eq!(ListParams::default().filter().map(|filter| filter.size), Ok(PAGE));
    }
}
