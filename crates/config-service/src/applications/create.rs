//! Creates an application. What the request leaves out is safe, not what the vendor would choose.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_core::application::{Application, check_name, check_slug};
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::limits::{Ceilings, Limits};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::configuration::ConfigurationRequest;
use super::view::ApplicationView;
use crate::refusals::{ApiException, InfobipBody};
use crate::{State, store};

/// An application to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApplicationCreateRequest)]
pub(crate) struct CreateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Sign-in")]
    name: String,
    /// Whether it sends and verifies; it does by default.
    enabled: Option<bool>,
    /// What it allows.
    configuration: Option<ConfigurationRequest>,
    /// A short name of your own for it: what 8x8 calls a sub-account. 3 to 50 letters, digits and `.`, `_`, `&`, `-`.
    #[schema(example = "amazing_hq")]
    slug: Option<String>,
}

/// Creates an application.
#[utoipa::path(
    post,
    path = "/2fa/2/applications",
    operation_id = "applications.create",
    tag = "Applications",
    request_body = CreateRequest,
    responses(
        (status = 200, description = "The application; 201 where the operator has chosen so", body = ApplicationView),
        (status = 400, description = "A field is missing or past its bound", body = ApiException),
        InfobipBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let application = body.value.check(&state.ceilings)?;
    state.database.tenant(caller.tenant).applications().create(application.clone()).await.map_err(refused)?;
    let status = if state.settings.create_status_201 { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(ApplicationView::from(application)))
}

impl CreateRequest {
    fn check(self, ceilings: &Ceilings) -> Result<Application, Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.take("name", check_name(&self.name));
        let slug = self.slug.filter(|slug| !slug.is_empty());
        if let Some(slug) = &slug {
            checks.take("slug", check_slug(slug));
        }
        let limits = self.configuration.unwrap_or_default().apply(Limits::default(), ceilings).unwrap_or_else(|errors| {
            errors.into_iter().for_each(|error| checks.push(error));
            Limits::default()
        });
        checks.finish()?;
        Ok(Application { slug, is_enabled: self.enabled.unwrap_or(true), ..Application::new(self.name, limits) })
    }
}

/// A short name that another application has is the request's fault; anything else is not.
pub(super) fn refused(error: pinfold_postgres::Error) -> Problem {
    if error.constraint() == Some("applications_slug") {
        return Problem::field("slug", "must not be the slug of another application");
    }
    store::problem(error)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(request: Value) -> Result<Application, Vec<String>> {
        let request: CreateRequest = serde_json::from_value(request).expect("of the right shape");
        request.check(&Ceilings::default()).map_err(|errors| errors.into_iter().map(|error| error.field.into_owned()).collect())
    }

    #[test]
    fn a_name_is_enough() {
        let application = check(json!({"name": "min", "configuration": null})).expect("fine");
        assert_eq!((application.name.as_str(), application.is_enabled, application.limits), ("min", true, Limits::default()));
    }

    #[test]
    fn the_tutorials_request_is_fine() {
        check(
            json!({"name": "Test application BASIC", "configuration": {"pinAttempts": 10, "allowMultiplePinVerifications": true,
            "pinTimeToLive": "15m", "verifyPinLimit": "1/3s", "sendPinPerApplicationLimit": "10000/1d",
            "sendPinPerPhoneNumberLimit": "3/1d"}, "enabled": true}),
        )
        .expect("fine");
    }

    #[test]
    fn fields_that_nobody_may_set_are_ignored() {
        let application =
            check(json!({"name": "x", "tenantId": "A", "id": "B", "applicationId": "C", "role": "owner", "createdAt": 0}))
                .expect("fine");
        assert_eq!(application.id.to_string().len(), 32);
    }

    #[test]
    fn names_are_bounded() {
        for name in ["", " ", "a\nb", "a\u{7f}", &"a".repeat(256)] {
            assert_eq!(check(json!({"name": name})), Err(vec!["name".into()]), "{name:?}");
        }
        for name in ["a:b", "{x}", "*", "../..", "<script>", &"é".repeat(255)] {
            check(json!({"name": name})).expect(name);
        }
    }

    #[test]
    fn a_slug_is_what_stands_in_a_path() {
        let slug = |slug: &str| check(json!({"name": "x", "slug": slug})).map(|application| application.slug);
        assert_eq!(slug("amazing_hq"), Ok(Some("amazing_hq".into())));
        assert_eq!(slug(""), Ok(None));
        for hostile in ["ab", "a/b", "a b", "../..", "a\0bc"] {
            assert_eq!(slug(hostile), Err(vec!["slug".into()]), "{hostile:?}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let faults = check(json!({"name": "", "configuration": {"pinTimeToLive": "1h", "pinAttempts": 99}}));
        assert_eq!(faults, Err(vec!["name".into(), "configuration.pinAttempts".into(), "configuration.pinTimeToLive".into()]));
    }

    #[test]
    fn other_types_are_refused() {
        for request in [
            json!({}),
            json!({"name": null}),
            json!({"name": 1}),
            json!({"name": ["x"]}),
            json!({"name": "x", "enabled": "true"}),
            json!({"name": "x", "enabled": 1}),
            json!({"name": "x", "configuration": []}),
            json!({"name": "x", "configuration": "15m"}),
            json!([]),
            json!(null),
        ] {
            assert!(serde_json::from_value::<CreateRequest>(request.clone()).is_err(), "{request}");
        }
    }
}
