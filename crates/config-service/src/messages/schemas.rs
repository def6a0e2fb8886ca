//! How the rules' own types look in the API reference.

use std::borrow::Cow;

use pinfold_core::alphabet::Alphabet;
use pinfold_core::language::Language;
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

macro_rules! schemas {
    ($($(#[$doc:meta])* $marker:ident $name:literal $schema:expr),+ $(,)?) => {$(
        $(#[$doc])*
        pub(crate) enum $marker {}

        impl PartialSchema for $marker {
            fn schema() -> RefOr<Schema> {
                serde_json::from_value($schema).expect("a literal schema")
            }
        }

        impl ToSchema for $marker {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    )+};
}

schemas! {
    /// What a PIN is made of.
    PinTypeSchema "PinType" json!({
        "type": "string",
        "description": "What a PIN is made of.",
        "enum": [Alphabet::Numeric, Alphabet::Alpha, Alphabet::Hex, Alphabet::Alphanumeric],
    }),
    /// The language a call is spoken in.
    LanguageSchema "Language" json!({
        "type": "string",
        "description": "The language a call is spoken in.",
        "enum": Language::ALL.iter().map(|language| Value::from(language.code())).collect::<Vec<_>>(),
    }),
    /// Lines at the end of an SMS that let a phone fill in the PIN.
    AutofillSchema "Autofill" json!({
        "type": "object",
        "description": "Lines at the end of an SMS that let a phone fill in the PIN by itself.",
        "properties": {
            "webOrigin": {
                "type": ["string", "null"],
                "description": "The site the code is bound to: the last line becomes `@host #code`.",
                "example": "example.com",
            },
            "androidHash": {
                "type": ["string", "null"],
                "description": "The 11 characters by which Android's SMS Retriever finds the app.",
                "example": "FA+9qCX9VSu",
            },
        },
        "additionalProperties": false,
    }),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_lists_what_is_accepted() {
        let listed = |schema: RefOr<Schema>| serde_json::to_value(schema).expect("serialises")["enum"].clone();
        assert_eq!(listed(PinTypeSchema::schema()), json!(["NUMERIC", "ALPHA", "HEX", "ALPHANUMERIC"]));
        let languages = listed(LanguageSchema::schema());
        assert_eq!(languages.as_array().map(Vec::len), Some(22));
        serde_json::from_value::<Vec<Language>>(languages).expect("each is accepted");
        AutofillSchema::schema();
    }
}
