//! Issues an access token for client credentials (RFC 6749, section 4.4). The client's secret is an API key; the token
//! stands for it for an hour, or until the key ends.

use std::collections::BTreeMap;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use pinfold_core::credential::Credential;
use pinfold_core::field::FieldError;
use pinfold_http::{Problem, RawBody};
use pinfold_redis::TokenKind;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::State;
use crate::authenticate::redis_problem;
use crate::presented::{Presented, basic, login};

/// How long an access token is good, in seconds.
const LIFE_S: u64 = 3_600;

/// Client credentials, in the body or, for clients that put them there, in the query or in `Authorization: Basic`.
#[derive(ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a form that is read by name")]
struct TokenRequest {
    /// Any name; it is not checked.
    client_id: Option<String>,
    /// The API key.
    #[schema(format = Password)]
    #[param(format = Password)]
    client_secret: Option<String>,
    /// `client_credentials`.
    grant_type: Option<String>,
}

/// A new access token.
#[derive(Serialize, ToSchema)]
struct TokenView {
    /// What to send as `Authorization: Bearer <token>`.
    access_token: String,
    /// Seconds until it ends.
    expires_in: u64,
    /// `Bearer`.
    #[schema(value_type = String)]
    token_type: &'static str,
}

/// Issues an access token.
#[utoipa::path(
    post,
    path = "/auth/1/oauth2/token",
    operation_id = "tokens.issue",
    tag = "sessions",
    security(()),
    params(TokenRequest),
    request_body(content = Option<TokenRequest>, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token", body = TokenView),
        (status = 400, description = "A parameter is missing, given twice or not supported"),
        (status = 401, description = "The secret is no valid API key"),
        (status = 403, description = "The API key may not be used from this address"),
        (status = 413, description = "The body is too large"),
        (status = 415, description = "The body is compressed"),
        (status = 503, description = "Come back later", headers(("Retry-After" = u64, description = "Seconds"))),
    )
)]
pub(crate) async fn handler(
    request: HttpRequest,
    state: web::Data<State>,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let basic = request.headers().get(AUTHORIZATION).and_then(basic);
    let client = Client::read(request.query_string().as_bytes(), &body, basic)?;
    let owner = state.owner(Presented::key(login(&client.id, &client.secret))).await?;
    owner.check_address(&request)?;
    let token = Credential::Token.generate();
    let hash = state.master.credential_hash(token.expose_secret());
    let kind = TokenKind::Access { seconds: LIFE_S };
    state.hot.issue_token(&hash, kind, owner.snapshot.tenant, owner.key.id).await.map_err(redis_problem)?;
    let view = TokenView { access_token: token.expose_secret().to_owned(), expires_in: LIFE_S, token_type: "Bearer" };
    Ok(HttpResponse::Ok().json(view))
}

/// Who asks for a token.
struct Client {
    id: String,
    secret: String,
}

impl Client {
    /// Reads the parameters from the query and the body, whatever that is declared as; without a secret there, name and secret
    /// are those of `Authorization: Basic` (RFC 6749, section 2.3.1).
    fn read(query: &[u8], body: &[u8], basic: Option<(String, String)>) -> Result<Self, Problem> {
        let mut given = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query).chain(url::form_urlencoded::parse(body)) {
            let known = ["client_id", "client_secret", "grant_type"].into_iter().find(|known| *known == name);
            let Some(name) = known else { continue };
            if given.insert(name, value.into_owned()).is_some() {
                return Err(Problem::field(name, "must be given once"));
            }
        }
        if !given.contains_key("client_secret")
            && let Some((id, secret)) = basic
        {
            given.insert("client_id", id);
            given.insert("client_secret", secret);
        }
        let missing = ["client_id", "client_secret", "grant_type"].into_iter().filter(|name| !given.contains_key(name));
        let missing: Vec<FieldError> = missing.map(|name| FieldError::new(name, "must be given")).collect();
        if !missing.is_empty() {
            return Err(Problem::fields(missing));
        }
        if given.remove("grant_type").as_deref() != Some("client_credentials") {
            return Err(Problem::field("grant_type", "must be client_credentials"));
        }
        let mut take = |name| given.remove(name).unwrap_or_default();
        Ok(Self { id: take("client_id"), secret: take("client_secret") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, body: &str) -> Result<(String, String), Vec<String>> {
        read_with(query, body, None)
    }

    fn read_with(query: &str, body: &str, basic: Option<(&str, &str)>) -> Result<(String, String), Vec<String>> {
        let basic = basic.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
        let client = Client::read(query.as_bytes(), body.as_bytes(), basic);
        client
            .map(|client| (client.id, client.secret))
            .map_err(|problem| problem.fields.iter().map(|error| format!("{} {}", error.field, error.must)).collect())
    }

    #[test]
    fn credentials_come_in_the_body_or_in_the_query() {
        let form = "client_id=user&client_secret=pa%2Bss&grant_type=client_credentials";
        let expected = Ok(("user".to_owned(), "pa+ss".to_owned()));
        assert_eq!(read("", form), expected);
        assert_eq!(read(form, ""), expected);
        assert_eq!(read("grant_type=client_credentials", "client_id=user&client_secret=pa%2Bss&scope=x"), expected);
    }

    #[test]
    fn a_header_gives_what_the_parameters_leave_out() {
        let (grant, basic) = ("grant_type=client_credentials", Some(("header", "secret")));
        let header = Ok(("header".to_owned(), "secret".to_owned()));
        assert_eq!(read_with("", grant, basic), header);
        assert_eq!(read_with("", &format!("{grant}&client_id=user"), basic), header);
        let stated = read_with("", &format!("{grant}&client_id=user&client_secret=pass"), basic);
        assert_eq!(stated, Ok(("user".to_owned(), "pass".to_owned())));
        assert_eq!(read_with("", "", basic), Err(vec!["grant_type must be given".into()]));
    }

    #[test]
    fn what_is_missing_doubled_or_not_supported_is_named() {
        assert_eq!(
            read("", ""),
            Err(vec!["client_id must be given".into(), "client_secret must be given".into(), "grant_type must be given".into()])
        );
        let form = "client_id=user&client_secret=pass&grant_type=";
        assert_eq!(read("", &format!("{form}authorization_code")), Err(vec!["grant_type must be client_credentials".into()]));
        assert_eq!(
            read("client_secret=other", &format!("{form}client_credentials")),
            Err(vec!["client_secret must be given once".into()])
        );
    }
}
