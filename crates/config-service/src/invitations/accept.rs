//! Somebody follows the link of an invitation: signed in they become a member; otherwise they see it, or open an account with it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_core::email::Email;
use pinfold_core::visit::Link;
use pinfold_http::{Body, Code, Problem, ProblemView, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::account::{SessionView, checked_name};
use crate::refusals::ConsoleBody;
use crate::{State, store};

/// An invitation that is accepted.
#[derive(Deserialize, ToSchema)]
#[schema(as = AcceptanceRequest)]
pub(crate) struct AcceptanceRequest {
    /// The token behind the `#` of the link.
    #[schema(max_length = 128, example = "pfl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    token: String,
    /// The name of a person who has no account.
    #[schema(min_length = 1, max_length = 255, example = "John Smith")]
    name: Option<String>,
    /// Their password: 12 to 128 characters, not a common one.
    #[schema(min_length = 12, max_length = 128, example = "four grey horses")]
    password: Option<String>,
}

/// An invitation that is looked at.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Acceptance)]
pub(crate) struct AcceptanceView {
    /// Who is asked.
    #[schema(example = "john.smith@example.com")]
    email: String,
    /// To become a member of what.
    #[schema(example = "Example")]
    organization: String,
    /// As what.
    #[schema(value_type = String, example = "developer")]
    role: &'static str,
    /// Whether the address has an account; its person signs in first.
    person_exists: bool,
}

/// The session of who accepted, or the invitation of who looks.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AcceptanceAnswer)]
#[expect(dead_code, reason = "says what the two answers look like")]
enum AcceptanceAnswer {
    Session(Box<SessionView>),
    Invitation(AcceptanceView),
}

/// Accepts an invitation, or looks at one when neither a session nor a name and a password come with it.
#[utoipa::path(
    post,
    path = "/v1/invitations/acceptances",
    operation_id = "invitations.accept",
    tag = "Sign-up and sign-in",
    request_body = AcceptanceRequest,
    security(()),
    responses(
        (status = 200, description = "The session, its cookie set anew; or the invitation", body = AcceptanceAnswer),
        (status = 201, description = "The session of a new account", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(
    visitor: Visitor,
    state: Data<State>,
    body: Body<AcceptanceRequest>,
) -> Result<HttpResponse, Problem> {
    let invalid = || Problem::new(Code::InvalidToken);
    let AcceptanceRequest { token, name, password } = body.value;
    let hash = Link::Invitation.hash(&state.master, &token).ok_or_else(invalid)?;
    let people = state.database.people();
    let tenant = people.inviting_tenant(hash).await.map_err(store::problem)?.ok_or_else(invalid)?;
    let scope = state.database.tenant(tenant);
    let invitation = scope.invitations().find(hash).await.map_err(store::problem)?.ok_or_else(invalid)?;
    let profile = scope.profile().await.map_err(store::problem)?.filter(|tenant| tenant.is_enabled).ok_or_else(invalid)?;
    let email = Email::parse(&invitation.email).map_err(|_| invalid())?;
    let known = people.find(&email).await.map_err(store::problem)?;
    if let Ok(shown) = visitor.shown(&[]) {
        let person = state.unmanaged(shown.person).await?;
        if known.as_ref().map(|known| known.id) != Some(person.id) {
            return Err(Problem::new(Code::Forbidden).detail("The invitation is for another address: sign in with that one."));
        }
        scope.invitations().delete(invitation.id).await.map_err(store::problem)?.ok_or_else(invalid)?;
        scope.members().add(person.id, invitation.role).await.map_err(store::problem)?;
        return state.renew_session((StatusCode::OK, shown.session), false, Some(tenant)).await;
    }
    let (Some(name), Some(password), None) = (name, password, &known) else {
        let view = AcceptanceView {
            email: invitation.email,
            organization: profile.name,
            role: invitation.role.name(),
            person_exists: known.is_some(),
        };
        return Ok(HttpResponse::Ok().json(view));
    };
    let name = checked_name("name", &name)?;
    let password = Zeroizing::new(password);
    state.passwords.check(&password, Some(&email)).await?.map_err(|must| Problem::field("password", must.to_string()))?;
    let password = state.passwords.hash(password).await?;
    scope.invitations().delete(invitation.id).await.map_err(store::problem)?.ok_or_else(invalid)?;
    let person = people.create(&email, &name, &password).await.map_err(store::problem)?.ok_or_else(invalid)?;
    scope.members().add(person.id, invitation.role).await.map_err(store::problem)?;
    let stage = state.stage(person.id).await?;
    state.begin_session((StatusCode::CREATED, person), stage, &visitor, (None, Some(tenant)), None).await
}
