//! Sets a tenant's single sign-on. The provider is asked once, so that what is stored has worked.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::access::Role;
use pinfold_core::email::Email;
use pinfold_core::field::{Checks, FieldError};
use pinfold_http::{Authorized, Body, MembersManage, Problem, ProblemView};
use pinfold_postgres::SingleSignOn;
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::view::{NONE, SingleSignOnView};
use crate::members::check_reach;
use crate::refusals::ConsoleOneBody;
use crate::{State, store};

const LONGEST_ISSUER: usize = 512;
const LONGEST: usize = 255;
const MOST_DOMAINS: usize = 50;

/// How people are to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SingleSignOnRequest)]
pub(crate) struct SingleSignOnRequest {
    /// The provider, exactly as it calls itself: below it is `/.well-known/openid-configuration`.
    #[schema(max_length = 512, example = "https://login.example.com")]
    issuer: String,
    /// What this installation is called there.
    #[schema(min_length = 1, max_length = 255, example = "pinfold")]
    client_id: String,
    /// The secret that the provider gave; left out it stays, as long as the issuer does.
    #[schema(min_length = 1, max_length = 255, example = "the-secret-of-the-client")]
    client_secret: Option<String>,
    /// What somebody new becomes: `viewer` (where nothing was set), `analyst`, `developer` or `admin`; with `none` only those come in
    /// who were here before.
    #[schema(example = "viewer")]
    new_members_role: Option<String>,
    /// The domains of the addresses that the provider may vouch for, unless it says that one is not verified; all when there are none.
    #[schema(max_items = 50, example = json!(["example.com"]))]
    allowed_domains: Option<Vec<String>>,
}

/// Sets the single sign-on of the tenant. Another issuer ends the sessions of all who came by the one before. A person needs a recent
/// confirmation.
#[utoipa::path(
    put,
    path = "/v1/single-sign-on",
    operation_id = "single_sign_on.set",
    tag = "Single sign-on",
    request_body = SingleSignOnRequest,
    responses(
        (status = 200, description = "How people sign in", body = SingleSignOnView),
        (status = 400, description = "A field is past its bound, or the provider cannot be asked", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<MembersManage>,
    state: Data<State>,
    body: Body<SingleSignOnRequest>,
) -> Result<HttpResponse, Problem> {
    let (snapshot, setting) = (state.snapshot(caller.tenant).await?, state.database.tenant(caller.tenant).single_sign_on());
    let stored = setting.get(&snapshot.keys).await.map_err(store::problem)?;
    let sign_on = body.value.check(stored, |issuer| state.providers.permits(issuer))?;
    if let Some(role) = sign_on.new_members_role {
        check_reach(&caller, role)?;
    }
    state.confirmed_caller(&caller).await?;
    state.providers.ask(&sign_on.issuer).await.map_err(|fault| Problem::field("issuer", fault.must()))?;
    setting.set(&sign_on, &snapshot.keys).await.map_err(store::problem)?;
    state.providers.forget(caller.tenant);
    Ok(HttpResponse::Ok().json(SingleSignOnView::of(&state, &caller, Some(sign_on)).await?))
}

impl SingleSignOnRequest {
    /// The setting, with what is left out as it is stored.
    ///
    /// # Errors
    /// Every field that breaks its bound.
    fn check(self, stored: Option<SingleSignOn>, permits: impl Fn(&str) -> bool) -> Result<SingleSignOn, Vec<FieldError>> {
        let Self { issuer, client_id, client_secret, new_members_role, allowed_domains } = self;
        let mut checks = Checks::default();
        checks.require(
            is_issuer(&issuer) && permits(&issuer),
            "issuer",
            "must be an https:// address on the public Internet, of at most 512 bytes, without query and fragment",
        );
        let is_line = |text: &str| (1..=LONGEST).contains(&text.len()) && !text.contains(char::is_control);
        checks.require(is_line(&client_id), "clientId", "must be one line of 1 to 255 bytes");
        // A secret goes to nobody but whom it was given for.
        let kept = stored.as_ref().filter(|stored| stored.issuer == issuer).map(|stored| stored.client_secret.clone());
        let secret = client_secret.map(Zeroizing::new);
        checks.require(secret.as_deref().is_none_or(|text| is_line(text)), "clientSecret", "must be one line of 1 to 255 bytes");
        let secret = secret.or(kept);
        checks.require(secret.is_some(), "clientSecret", "must be given, for another issuer anew");
        let stored = stored.as_ref();
        let role = match new_members_role.as_deref() {
            None => stored.map_or(Some(Role::Viewer), |stored| stored.new_members_role),
            Some(NONE) => None,
            Some(name) => {
                let role = name.parse::<Role>().ok().filter(|role| *role != Role::Owner);
                checks.require(role.is_some(), "newMembersRole", "must be one of viewer, analyst, developer, admin, none");
                role
            }
        };
        let domains = allowed_domains.or_else(|| stored.map(|stored| stored.allowed_domains.clone())).unwrap_or_default();
        let domains: Option<Vec<String>> = domains.iter().map(|domain| plain_domain(domain)).collect();
        let is_short = domains.as_ref().is_some_and(|domains| domains.len() <= MOST_DOMAINS);
        checks.require(is_short, "allowedDomains", format!("must be at most {MOST_DOMAINS} domains such as example.com"));
        checks.finish()?;
        Ok(SingleSignOn {
            issuer,
            client_id,
            client_secret: secret.unwrap_or_default(),
            new_members_role: role,
            allowed_domains: domains.unwrap_or_default(),
        })
    }
}

fn is_issuer(text: &str) -> bool {
    let is_plain = |url: &Url| url.query().is_none() && url.fragment().is_none();
    text.len() <= LONGEST_ISSUER && Url::parse(text).is_ok_and(|url| is_plain(&url))
}

/// A domain as canonical addresses have it.
fn plain_domain(text: &str) -> Option<String> {
    let email = Email::parse(&format!("x@{}", text.trim())).ok()?;
    email.address().split_once('@').map(|(_, domain)| domain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(issuer: &str, secret: Option<&str>) -> SingleSignOnRequest {
        SingleSignOnRequest {
            issuer: issuer.to_owned(),
            client_id: "pinfold".to_owned(),
            client_secret: secret.map(str::to_owned),
            new_members_role: None,
            allowed_domains: None,
        }
    }

    fn checked(request: SingleSignOnRequest, stored: Option<&SingleSignOn>) -> Result<SingleSignOn, Vec<String>> {
        let names = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.check(stored.cloned(), |issuer| issuer.starts_with("https://")).map_err(names)
    }

    #[test]
    fn a_secret_stays_with_the_issuer_it_was_given_for() {
        let first = checked(request("https://a.example", Some("s")), None).expect("a whole setting");
        assert_eq!((first.new_members_role, first.allowed_domains.len()), (Some(Role::Viewer), 0));
        let kept = checked(request("https://a.example", None), Some(&first)).expect("the secret is there");
        assert_eq!(*kept.client_secret, "s");
        for stored in [None, Some(&first)] {
            assert_eq!(checked(request("https://b.example", None), stored).err(), Some(vec!["clientSecret".to_owned()]));
        }
    }

    #[test]
    fn each_broken_bound_is_named() {
        for issuer in ["http://a.example", "https://a.example/?x", "https://a.example/#x", "a.example", ""] {
            assert_eq!(checked(request(issuer, Some("s")), None).err(), Some(vec!["issuer".to_owned()]), "{issuer}");
        }
        for role in ["owner", "", "Viewer", "nobody"] {
            let request =
                SingleSignOnRequest { new_members_role: Some(role.to_owned()), ..request("https://a.example", Some("s")) };
            assert_eq!(checked(request, None).err(), Some(vec!["newMembersRole".to_owned()]), "{role}");
        }
        for domain in ["", "example", "a@example.com", "exa mple.com"] {
            let request =
                SingleSignOnRequest { allowed_domains: Some(vec![domain.to_owned()]), ..request("https://a.example", Some("s")) };
            assert_eq!(checked(request, None).err(), Some(vec!["allowedDomains".to_owned()]), "{domain}");
        }
        let all = SingleSignOnRequest {
            client_id: String::new(),
            new_members_role: Some("none".to_owned()),
            allowed_domains: Some(vec![" Example.COM".to_owned()]),
            ..request("https://a.example", Some("a\nb"))
        };
        assert_eq!(checked(all, None).err(), Some(vec!["clientId".to_owned(), "clientSecret".to_owned()]));
    }
}
