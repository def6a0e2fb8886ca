//! A passkey that answered a challenge is kept. Who had to enrol is signed in.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_http::visit::Lacks;
use pinfold_http::{Body, Code, HalfWay, Problem, ProblemView};
use pinfold_postgres::Stage;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ceremony::Answered;
use super::view::PasskeyView;
use crate::account::checked_name;
use crate::refusals::ConsoleOneBody;
use crate::{State, store};

/// A passkey to be kept.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasskeyRequest)]
pub(crate) struct EnrolRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 255, example = "my laptop")]
    name: String,
    /// What the browser answered.
    #[serde(flatten)]
    answered: Answered,
}

/// Enrols a passkey with the browser's answer. Needs a recent confirmation. Who had to enrol is signed in: the cookie is set anew.
#[utoipa::path(
    post,
    path = "/v1/me/passkeys",
    operation_id = "passkeys.create",
    tag = "Oneself",
    request_body = EnrolRequest,
    security(("session" = [])),
    responses(
        (status = 201, description = "The passkey, with recovery codes when these are the first", body = PasskeyView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(half_way: HalfWay, state: Data<State>, body: Body<EnrolRequest>) -> Result<HttpResponse, Problem> {
    let visitor = half_way.0;
    let shown = visitor.shown(&[Lacks::Enrolment])?;
    state.unmanaged(shown.person).await?;
    if shown.lacks == Lacks::Nothing {
        state.confirmed(shown.session).await?;
    }
    let EnrolRequest { name, answered } = body.value;
    let name = checked_name("name", &name)?;
    let (credential_id, credential) = answered.enrolled(&state, shown.person).await?;
    let passkeys = state.database.people().passkeys();
    let created = passkeys.create(shown.person, credential_id, name, credential).await.map_err(store::problem)?;
    let created = created.ok_or_else(|| Problem::new(Code::AlreadyThere))?;
    let recovery_codes = crate::factors::first_codes(&state, shown.person).await?;
    state.warn(shown.person, "a passkey was added to your account.").await?;
    let mut answer = HttpResponse::Created();
    if shown.lacks == Lacks::Enrolment {
        let (person, before) = (state.person(shown.person).await?, (Some(shown.session), None));
        let session = state.begin_session((StatusCode::CREATED, person), Stage::SignedIn, &visitor, before, None).await?;
        for cookie in session.cookies() {
            answer.cookie(cookie);
        }
    }
    let mut view = PasskeyView::from(created);
    view.recovery_codes = recovery_codes;
    Ok(answer.json(view))
}
