//! A fragment as the vendor's clients see it.

use pinfold_http::clock::rfc3339;
use pinfold_postgres::StoredFragment;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// The fragment.
pub(super) fn view(base: Option<&str>, stored: &StoredFragment) -> Value {
    let fragment = &stored.fragment;
    let (set, id) = (Uuid::from(fragment.set), Uuid::from(fragment.id));
    let template = format!("{}/v2/verify/templates/{set}", base.unwrap_or_default());
    json!({
        "template_fragment_id": id, "channel": fragment.channel.name(), "locale": fragment.locale.code(), "text": fragment.text,
        "date_created": rfc3339(stored.created_ms), "date_updated": rfc3339(stored.updated_ms),
        "_links": { "self": { "href": format!("{template}/template_fragments/{id}") }, "template": { "href": template } },
    })
}

/// A text of a template.
#[derive(ToSchema)]
#[schema(as = VonageFragment)]
#[expect(dead_code, reason = "describes what `view` writes")]
pub(super) struct FragmentView {
    /// Its id.
    #[schema(example = "c70f446e-997a-4313-a081-60a02a31dc19")]
    template_fragment_id: String,
    /// `sms` or `voice`.
    #[schema(example = "sms")]
    channel: String,
    /// The locale.
    #[schema(example = "en-us")]
    locale: String,
    /// The text.
    #[schema(example = "The code for ${brand} is ${code}")]
    text: String,
    /// When it was made.
    date_created: String,
    /// When it was last changed.
    date_updated: String,
    /// Where it and its template are.
    #[schema(rename = "_links", value_type = Object)]
    links: (),
}

/// A page of fragments.
#[derive(ToSchema)]
#[schema(as = VonageFragmentList)]
#[expect(dead_code, reason = "describes what `page` writes")]
pub(super) struct FragmentListView {
    page_size: u64,
    page: u64,
    total_pages: u64,
    total_items: u64,
    #[schema(rename = "_embedded")]
    embedded: EmbeddedFragments,
    #[schema(rename = "_links", value_type = Object)]
    links: (),
}

/// The fragments of a page.
#[derive(ToSchema)]
#[schema(as = VonageEmbeddedFragments)]
#[expect(dead_code, reason = "describes what `page` writes")]
struct EmbeddedFragments {
    template_fragments: Vec<FragmentView>,
}
