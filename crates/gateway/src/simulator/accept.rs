//! Takes a message from the simulator connector, as a provider would: accepts it, refuses it, or keeps silent, as the
//! recipient's script says.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use pinfold_core::channel::Channel;
use pinfold_core::id::TenantId;
use pinfold_http::{Body, Code, Problem};
use serde::Deserialize;
use serde_json::json;

use crate::State;
use crate::simulator::inbox::{Content, Message, new_id};
use crate::simulator::script::{Script, recipient_key};

/// The role's name in signed identities.
const AUDIENCE: &str = "simulator";
/// How long a client that sets no deadline of its own waits for nothing.
const SILENCE: Duration = Duration::from_secs(15);
const FLAKY_ATTEMPTS: u32 = 2;

/// A message, as the connector writes it.
#[derive(Deserialize)]
pub(super) struct Incoming {
    reference: String,
    channel: Channel,
    from: Option<String>,
    to: String,
    text: String,
    subject: Option<String>,
    language: Option<String>,
    /// The connection's name, shown when the message has no sender.
    sent_by: Option<String>,
    tenant: Option<TenantId>,
}

/// Proof that a request comes from a process of this installation.
pub(super) struct FromConnector;

impl pinfold_http::Argument for FromConnector {}

impl FromRequest for FromConnector {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(request).map(|()| Self))
    }
}

fn check(request: &HttpRequest) -> Result<(), Problem> {
    let unauthorized = || Problem::new(Code::Unauthorized);
    let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("the gateway has no state"))?;
    state.phone()?;
    let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok()).ok_or_else(unauthorized)?;
    let (scheme, token) = header.split_once(' ').ok_or_else(unauthorized)?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(unauthorized());
    }
    state.identities.check(AUDIENCE, request.method().as_str(), request.path(), token.trim()).map(drop)
}

/// Answers 202 with the message's id, or as the recipient's script says.
pub(super) async fn handler(_: FromConnector, state: web::Data<State>, body: Body<Incoming>) -> Result<HttpResponse, Problem> {
    let simulator = state.phone()?;
    let Incoming { reference, channel, from, to, text, subject, language, sent_by, tenant } = body.value;
    let id = new_id();
    let accepted = json!({ "id": id });
    let script = Script::of(&recipient_key(&to));
    let from = from.or(sent_by).unwrap_or_else(|| "Pinfold".to_owned());
    let content = Content { id, channel, from, to, text, subject, language };
    match script {
        Script::Prompt => simulator.show(Message::new(tenant, &content)),
        Script::Flaky if simulator.inbox().attempt(&reference) <= FLAKY_ATTEMPTS => return Ok(unavailable()),
        Script::Flaky => simulator.show(Message::new(tenant, &content)),
        Script::Late(after) => {
            if !simulator.show_later(after, move || Message::new(tenant, &content)) {
                return Ok(unavailable());
            }
        }
        Script::Lost => {}
        Script::Fails => return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, "the recipient does not exist")),
        Script::Down => return Ok(unavailable()),
        Script::Mute => {
            simulator.wait(SILENCE).await;
            return Ok(unavailable());
        }
    }
    Ok(HttpResponse::Accepted().json(accepted))
}

fn unavailable() -> HttpResponse {
    refuse(StatusCode::SERVICE_UNAVAILABLE, "the provider is not available")
}

fn refuse(status: StatusCode, error: &'static str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": error }))
}
