//! Adds a text to a template.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_core::field::Checks;
use pinfold_core::id::FragmentId;
use pinfold_core::template_set::{Fragment, Locale, check_text};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{FragmentView, view};
use crate::refusals::VonageOneBody;
use crate::{State, store};

/// A text to be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VonageFragmentRequest)]
pub(crate) struct CreateRequest {
    /// `sms` or `voice`.
    #[schema(example = "sms", pattern = "^(sms|voice)$")]
    channel: String,
    /// The locale.
    #[schema(example = "en-us")]
    locale: String,
    /// The text, with `${code}` once, and as wanted `${brand}`, `${time-limit}` and `${time-limit-unit}`.
    #[schema(min_length = 1, max_length = 1000, example = "The code for ${brand} is ${code}")]
    text: String,
}

/// Adds a text to a template, for a channel and a locale.
#[utoipa::path(
    post,
    path = "/v2/verify/templates/{templateId}/template_fragments",
    operation_id = "vonage_fragments.create",
    tag = "Codes (Vonage)",
    params(("templateId" = String, Path, description = "The template", example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9")),
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The fragment", body = FragmentView),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 409, description = "The template has one for channel and locale", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "A field is past its bound", body = VonageError, content_type = "application/problem+json"),
        VonageOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    request: HttpRequest,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let CreateRequest { channel, locale, text } = body.value;
    let sets = state.database.tenant(caller.tenant).template_sets();
    let Some(set) = store::uuid(&path) else { return Ok(Refusal::TemplateNotFound.answer(&request)) };
    if sets.get(set).await.map_err(store::problem)?.is_none() {
        return Ok(Refusal::TemplateNotFound.answer(&request));
    }
    let mut checks = Checks::default();
    let known = [Channel::Sms, Channel::Voice].into_iter().find(|known| known.name() == channel);
    let channel = checks.take("channel", known.ok_or("must be sms or voice"));
    let locale = checks.take("locale", locale.parse::<Locale>());
    check_text("text", &text).unwrap_or_else(|error| checks.push(error));
    checks.finish()?;
    let (channel, locale) = channel.zip(locale).expect("what is not there is a fault");
    let fragment = Fragment { id: FragmentId::random(), set, channel, locale, text };
    match sets.create_fragment(fragment).await {
        Ok(stored) => Ok(HttpResponse::Created().json(view(state.public_url.as_deref(), &stored))),
        // The template may have gone meanwhile; mostly it has such a text.
        Err(error) if error.is_refused() => Ok(Refusal::FragmentExists.answer(&request)),
        Err(error) => Err(store::problem(error)),
    }
}
