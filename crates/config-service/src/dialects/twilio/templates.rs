//! Lists the tenant's message templates as the vendor's clients see them: `HJ` and the template's id.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::message::{Body, Message};
use pinfold_http::twilio::{Meta, PageParams, Refusals, sid};
use pinfold_http::{Authorized, ConfigRead, Mount, Params, Problem, mount};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Place;
use crate::State;

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; crate::dialects::twilio::templates);
}

/// A template.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioTemplate)]
struct TemplateView {
    /// Its SID.
    #[schema(example = "HJ0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    account_sid: String,
    /// What it is called: here, the beginning of its text.
    friendly_name: String,
    /// The ways it may travel.
    #[schema(value_type = Vec<String>, example = json!(["sms", "call"]))]
    channels: &'static [&'static str],
    /// Its text by language, with what its language is.
    #[schema(value_type = Object)]
    translations: Value,
}

/// A page of templates.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioTemplates)]
struct TemplatesView {
    templates: Vec<TemplateView>,
    meta: Meta,
}

impl TemplateView {
    fn new(message: &Message, place: &Place) -> Self {
        let (channels, locale, text): (&[&str], _, _) = match &message.body {
            Body::Text(body) => (&["sms", "call"], body.language.code(), &body.text),
            Body::Email(_) => (&["email"], "en", &String::new()),
        };
        let vars: Vec<&str> = Vec::new();
        let status = "approved";
        Self {
            sid: sid("HJ", message.id),
            account_sid: place.account_sid.clone(),
            friendly_name: text.chars().take(64).collect(),
            channels,
            translations: json!({ locale: { "is_default_translation": true, "status": status, "locale": locale, "text": text, "vars": vars } }),
        }
    }
}

/// Lists templates.
#[utoipa::path(
    get,
    path = "/v2/Templates",
    operation_id = "twilio_templates.list",
    tag = "Twilio Verify",
    params(PageParams),
    responses((status = 200, description = "A page of them", body = TemplatesView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let (page, place) = (params.page()?, Place::of(&state, &request, &caller));
    let snapshot = state.snapshot(caller.tenant).await?;
    // A template may have been created a moment ago.
    let snapshot = state.snapshots.newest(snapshot).await;
    let mut all: Vec<_> =
        snapshot.messages.values().filter(|message| message.id.as_bytes() != message.application.as_bytes()).collect();
    all.sort_by_key(|message| message.id);
    let (templates, has_next) = page.of(all);
    Ok(HttpResponse::Ok().json(TemplatesView {
        templates: templates.into_iter().map(|message| TemplateView::new(message, &place)).collect(),
        meta: page.meta(&place.base, "/v2/Templates", "", "templates", has_next),
    }))
}
