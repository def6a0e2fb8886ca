//! Asks somebody to become a member, by a mail. Nobody offers more than they hold.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::access::{Actor, Role};
use pinfold_core::email::Email;
use pinfold_core::field::Checks;
use pinfold_core::visit::{Link, link_token};
use pinfold_http::clock::now_ms;
use pinfold_http::{Authorized, Body, Code, MembersManage, Problem, ProblemView};
use pinfold_postgres::NewInvitation;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::InvitationView;
use crate::account::may_mail;
use crate::members::check_reach;
use crate::refusals::ConsoleOneBody;
use crate::{State, letters, store};

/// How long the link is good.
const LIFE_MS: u64 = 7 * 24 * 3_600_000;

/// Somebody to be asked.
#[derive(Deserialize, ToSchema)]
#[schema(as = InvitationRequest)]
pub(crate) struct InvitationRequest {
    /// Their address.
    #[schema(max_length = 254, example = "john.smith@example.com")]
    email: String,
    /// `owner`, `admin`, `developer`, `analyst` or `viewer`.
    #[schema(example = "developer")]
    role: String,
}

/// Invites somebody. A mail with a link follows, in the place of an older invitation of theirs.
#[utoipa::path(
    post,
    path = "/v1/invitations",
    operation_id = "invitations.create",
    tag = "Members",
    request_body = InvitationRequest,
    responses(
        (status = 201, description = "The invitation", body = InvitationView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<MembersManage>,
    state: Data<State>,
    body: Body<InvitationRequest>,
) -> Result<HttpResponse, Problem> {
    let mut checks = Checks::default();
    let email = checks.take("email", Email::parse(&body.value.email));
    let role = checks.take("role", body.value.role.parse::<Role>());
    checks.finish()?;
    let (email, role) = email.zip(role).ok_or_else(|| Problem::internal("fields that were checked"))?;
    check_reach(&caller, role)?;
    state.mailer.check()?;
    if !may_mail(&state, &email, &caller.tenant.to_string()).await? {
        return Err(Problem::new(Code::TooManyAttempts).detail("This mailbox had its mails for now.").retry_after_ms(3_600_000));
    }
    let scope = state.database.tenant(caller.tenant);
    let tenant = store::found(scope.profile().await)?;
    let by = match caller.actor {
        Actor::Person { person, .. } => state.person(person).await?.name,
        Actor::Key(_) => tenant.name.clone(),
    };
    let token = link_token();
    let hash = Link::Invitation.hash(&state.master, &token).ok_or_else(|| Problem::internal("a token that is none"))?;
    let to = email.address().to_owned();
    let new = NewInvitation { email, role, hash, invited_by: by.clone(), expires_ms: now_ms() + LIFE_MS };
    let created = scope.invitations().create(new).await.map_err(store::problem)?;
    let created = created.ok_or_else(|| Problem::new(Code::AlreadyThere).detail("They are a member already."))?;
    let letter = letters::invitation(&state.console_url, &by, &tenant.name, role.name(), &token);
    state.mailer.queue(&state.database, &state.master, &to, letter).await?;
    Ok(HttpResponse::Created().json(InvitationView::from(created)))
}
