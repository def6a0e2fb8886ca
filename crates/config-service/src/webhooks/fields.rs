//! The fields of an endpoint that several operations take, and their bounds.

use std::borrow::Cow;

use pinfold_channels::check_callback;
use pinfold_core::field::Checks;
use pinfold_core::webhook::WebhookType;
use serde_json::json;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

const LONGEST_DESCRIPTION: usize = 255;

/// The types by name, for the API reference.
pub(super) enum TypeSchema {}

impl PartialSchema for TypeSchema {
    fn schema() -> RefOr<Schema> {
        let names: Vec<&str> = WebhookType::ALL.iter().map(|known| known.name()).collect();
        let schema = json!({ "type": "string", "description": "What a webhook is about.", "enum": names });
        serde_json::from_value(schema).expect("a literal schema")
    }
}

impl ToSchema for TypeSchema {
    fn name() -> Cow<'static, str> {
        "WebhookType".into()
    }
}

pub(super) fn check_url(url: &str, allow_private_addresses: bool, checks: &mut Checks) {
    if let Err(errors) = check_callback(url, allow_private_addresses) {
        errors.into_iter().for_each(|error| checks.push(error));
    }
}

pub(super) fn check_description(description: &str, checks: &mut Checks) {
    let is_fine = description.chars().count() <= LONGEST_DESCRIPTION && !description.contains('\0');
    checks.require(is_fine, "description", format!("must have at most {LONGEST_DESCRIPTION} characters"));
}

/// The types that are named, each once, in the order of the table.
pub(super) fn types(names: &[String], checks: &mut Checks) -> Vec<&'static str> {
    let mut types: Vec<WebhookType> = Vec::new();
    for name in names {
        types.extend(checks.take("eventTypes", name.parse::<WebhookType>()));
    }
    checks.require(!names.is_empty(), "eventTypes", "must name at least one type");
    types.sort_unstable();
    types.dedup();
    types.into_iter().map(WebhookType::name).collect()
}
