//! Changes an application. What the request leaves out stays.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::application::{Application, check_name, check_slug};
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::limits::Ceilings;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::configuration::ConfigurationRequest;
use super::create::refused;
use super::view::ApplicationView;
use crate::refusals::{ApiException, InfobipOneBody};
use crate::{State, store};

/// Changes to an application.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApplicationUpdateRequest)]
pub(crate) struct UpdateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "Sign-in")]
    name: Option<String>,
    /// Whether it sends and verifies.
    enabled: Option<bool>,
    /// What it allows.
    configuration: Option<ConfigurationRequest>,
    /// A short name of your own for it: what 8x8 calls a sub-account. Empty takes it away.
    #[schema(example = "amazing_hq")]
    slug: Option<String>,
}

/// Changes an application.
#[utoipa::path(
    put,
    path = "/2fa/2/applications/{appId}",
    operation_id = "applications.update",
    tag = "Applications",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    request_body = UpdateRequest,
    responses(
        (status = 200, description = "The application after the change", body = ApplicationView),
        (status = 400, description = "A field is past its bound", body = ApiException),
        InfobipOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<UpdateRequest>,
) -> Result<HttpResponse, Problem> {
    let applications = state.database.tenant(caller.tenant).applications();
    let ceilings = state.ceilings;
    let changed = applications.update(store::id(&path)?, move |stored| body.value.apply(stored, &ceilings));
    let application = changed.await.map_err(refused)?.ok_or_else(store::missing)??;
    Ok(HttpResponse::Ok().json(ApplicationView::from(application)))
}

impl UpdateRequest {
    fn apply(self, mut application: Application, ceilings: &Ceilings) -> Result<Application, Vec<FieldError>> {
        let mut checks = Checks::default();
        if let Some(name) = self.name {
            checks.take("name", check_name(&name));
            application.name = name;
        }
        if let Some(slug) = self.slug {
            application.slug = Some(slug).filter(|slug| !slug.is_empty());
            if let Some(slug) = &application.slug {
                checks.take("slug", check_slug(slug));
            }
        }
        if let Some(is_enabled) = self.enabled {
            application.is_enabled = is_enabled;
        }
        // Limits that nobody touches are not judged again: the operator may have lowered a ceiling since.
        if let Some(configuration) = self.configuration {
            match configuration.apply(application.limits.clone(), ceilings) {
                Ok(limits) => application.limits = limits,
                Err(errors) => errors.into_iter().for_each(|error| checks.push(error)),
            }
        }
        checks.finish()?;
        Ok(application)
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::id::ApplicationId;
    use pinfold_core::limits::Limits;
    use serde_json::{Value, json};

    use super::*;

    fn application() -> Application {
        let limits = Limits { time_to_live: "12m".parse().expect("a span"), pin_attempts: 7, ..Limits::default() };
        Application {
            id: ApplicationId::from_bytes([1; 16]),
            slug: Some("slug".into()),
            is_enabled: false,
            ..Application::new("before", limits)
        }
    }

    fn apply(request: Value) -> Result<Application, Vec<String>> {
        let request: UpdateRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.apply(application(), &Ceilings::default()).map_err(fields)
    }

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(apply(json!({})), Ok(application()));
        assert_eq!(apply(json!({"name": null, "enabled": null, "configuration": null})), Ok(application()));
        assert_eq!(apply(json!({"name": "x"})), Ok(Application { name: "x".into(), ..application() }));
        assert_eq!(apply(json!({"slug": ""})), Ok(Application { slug: None, ..application() }));
        let changed = apply(json!({"configuration": {"pinAttempts": 3}})).expect("fine");
        assert_eq!(changed.limits, Limits { pin_attempts: 3, ..application().limits });
    }

    #[test]
    fn bounds_hold_for_changes_too() {
        assert_eq!(apply(json!({"slug": "a b"})), Err(vec!["slug".into()]));
        assert_eq!(apply(json!({"name": ""})), Err(vec!["name".into()]));
        assert_eq!(apply(json!({"configuration": {"pinTimeToLive": "1h"}})), Err(vec!["configuration.pinTimeToLive".into()]));
    }

    #[test]
    fn a_rename_is_no_matter_of_ceilings_lowered_since() {
        let request: UpdateRequest = serde_json::from_value(json!({"name": "x"})).expect("of the right shape");
        let ceilings = Ceilings { time_to_live_ms: 60_000, ..Ceilings::default() };
        assert_eq!(request.apply(application(), &ceilings).map(|changed| changed.limits), Ok(application().limits));
    }
}
