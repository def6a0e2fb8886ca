//! A provider's settings on the wire: the rules' own type, described for the API reference.

use std::borrow::Cow;

use pinfold_core::connection::Provider;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// A provider's settings, in the shape of [`Provider`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ProviderBody(pub(super) Provider);

impl PartialSchema for ProviderBody {
    fn schema() -> RefOr<Schema> {
        let schema = json!({
            "description": "What a connection talks to. `***` stands for what is never shown; sent back, it keeps what is stored, as long as it goes to the same place.",
            "oneOf": Provider::schemas(),
            "example": {
                "kind": "http", "url": "https://api.example.com/messages", "headers": { "Authorization": "Bearer KEY" },
                "body": { "json": { "to": "{{to}}", "text": "{{text}}" } }, "id_pointer": "/id"
            }
        });
        serde_json::from_value(schema).expect("a literal schema")
    }
}

impl ToSchema for ProviderBody {
    fn name() -> Cow<'static, str> {
        "Provider".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_has_exactly_the_fields_that_are_taken() {
        let schema = serde_json::to_value(ProviderBody::schema()).expect("serialises");
        for described in schema["oneOf"].as_array().expect("kinds") {
            let mut names: Vec<String> = described["properties"].as_object().expect("properties").keys().cloned().collect();
            names.sort_unstable();
            // What the rules' type takes stands in its complaint about a field it does not take.
            let body = json!({ "kind": described["title"], "?": 1 });
            let complaint = serde_json::from_value::<ProviderBody>(body).err().expect("an unknown field").to_string();
            let mut taken: Vec<String> = complaint.split('`').skip(3).step_by(2).map(str::to_owned).collect();
            taken.push("kind".into());
            taken.sort_unstable();
            assert_eq!(names, taken, "{complaint}");
        }
    }
}
