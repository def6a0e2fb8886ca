//! A template as the vendor's clients see it.

use pinfold_core::template_set::TemplateSet;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// The template.
pub(super) fn view(base: Option<&str>, set: &TemplateSet) -> Value {
    let id = Uuid::from(set.id);
    let href = format!("{}/v2/verify/templates/{id}", base.unwrap_or_default());
    json!({
        "template_id": id, "name": set.name, "is_default": set.is_default,
        "_links": { "self": { "href": href }, "fragments": { "href": format!("{href}/template_fragments") } },
    })
}

/// A template.
#[derive(ToSchema)]
#[schema(as = VonageTemplate)]
#[expect(dead_code, reason = "describes what `view` writes")]
pub(super) struct TemplateView {
    /// Its id.
    #[schema(example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9")]
    template_id: String,
    /// Its name.
    #[schema(example = "my-template")]
    name: String,
    /// Whether it is taken where a request names none.
    is_default: bool,
    /// Where it and its fragments are.
    #[schema(rename = "_links", value_type = Object)]
    links: (),
}

/// A page of templates.
#[derive(ToSchema)]
#[schema(as = VonageTemplateList)]
#[expect(dead_code, reason = "describes what `page` writes")]
pub(super) struct TemplateListView {
    page_size: u64,
    page: u64,
    total_pages: u64,
    total_items: u64,
    #[schema(rename = "_embedded")]
    embedded: EmbeddedTemplates,
    #[schema(rename = "_links", value_type = Object)]
    links: (),
}

/// The templates of a page.
#[derive(ToSchema)]
#[schema(as = VonageEmbeddedTemplates)]
#[expect(dead_code, reason = "describes what `page` writes")]
struct EmbeddedTemplates {
    templates: Vec<TemplateView>,
}
