//! The OpenAPI document: every operation of the platform, as its own file describes it, whichever roles run here.

use std::collections::BTreeMap;

use pinfold_http::Documents;
use pinfold_http::visit::SESSION_COOKIE;
use utoipa::openapi::path::{PathItem, PathsBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder};

use crate::roles::Roles;

/// How a caller says who it is. The four schemes of the vendor's own clients come down to two headers;
/// people at the console have a cookie.
const CREDENTIALS: [&str; 3] = ["apiKey", "bearer", "session"];

/// The document.
pub fn document() -> OpenApi {
    let operations = Roles::all_operations();
    let mut items: BTreeMap<String, PathItem> = BTreeMap::new();
    for Documents { path, method, operation } in operations.documents() {
        let item = PathItem::new(method.clone(), operation.clone());
        match items.get_mut(path) {
            Some(known) => known.merge_operations(item),
            None => drop(items.insert(path.clone(), item)),
        }
    }
    let paths = items.into_iter().fold(PathsBuilder::new(), |paths, (path, item)| paths.path(path, item));
    let mut schemas: Vec<_> = operations.schemas().to_vec();
    schemas.sort_by(|(one, _), (other, _)| one.cmp(other));
    schemas.dedup_by(|(one, _), (other, _)| one == other);
    let mut components = ComponentsBuilder::new();
    for (name, schema) in schemas {
        components = components.schema(name, schema);
    }
    let info = InfoBuilder::new()
        .title("Pinfold")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("One-time PINs over the wire formats of the vendors that people use today, and a generic one."))
        .license(Some(License::new("Apache-2.0 OR MIT")));
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(with_credentials(components).build()))
        .security(Some(CREDENTIALS.map(|name| SecurityRequirement::new::<_, [&str; 0], &str>(name, []))))
        .build()
}

fn with_credentials(components: ComponentsBuilder) -> ComponentsBuilder {
    let [key, bearer, session] = CREDENTIALS;
    let cookie = ApiKeyValue::with_description(SESSION_COOKIE, "A person at the console; changes need `x-csrf-token` too");
    let header = ApiKeyValue::with_description("Authorization", "`App` and an API key: `App pf_live_…`");
    components
        .security_scheme(key, SecurityScheme::ApiKey(ApiKey::Header(header)))
        .security_scheme(bearer, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme(session, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_named_once_and_every_shape_means_one_thing() {
        let operations = Roles::all_operations();
        let mut ids: Vec<_> = operations.documents().iter().map(|one| one.operation.operation_id.clone()).collect();
        assert!(ids.iter().all(Option::is_some), "an operation has no id");
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "two operations have the same id");
        let mut shapes = BTreeMap::new();
        for (name, schema) in operations.schemas() {
            let text = serde_json::to_string(schema).expect("schemas are JSON");
            let known = shapes.entry(name).or_insert_with(|| text.clone());
            assert_eq!(*known, text, "two different shapes are called {name}");
        }
    }

    #[test]
    fn the_document_is_complete_and_of_version_3_1() {
        let text = document().to_json().expect("the document is JSON");
        let json: serde_json::Value = serde_json::from_str(&text).expect("the document is JSON");
        assert!(json["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", json["openapi"]);
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().expect("split gives one");
            assert!(json["components"]["schemas"].get(name).is_some(), "{name} is referred to but not there");
        }
    }
}
