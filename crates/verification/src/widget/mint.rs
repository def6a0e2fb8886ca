//! Mints a token for one verification in a page. The tenant's server asks, and hands the token to its page.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::access::Environment;
use pinfold_core::channel::Channel;
use pinfold_core::field::Checks;
use pinfold_core::id::{ApplicationId, MessageId, PinId};
use pinfold_core::recipient::Recipient;
use pinfold_core::sealed_token::{Kind, seal};
use pinfold_http::clock::{now_ms, rfc3339};
use pinfold_http::{Authorized, Body, Code, PinSend, Problem, ProblemView};
use pinfold_postgres::built_in_id;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{is_address, is_origin};
use super::token::{LONGEST_LIFE_S, MOST_ORIGINS, WidgetToken};
use crate::State;
use crate::dialects::{application, id};
use crate::fraud::key;
use crate::send::{check_carries, parse_recipient};
use crate::settings::LONGEST_SESSION_S;

/// The pause between two messages, in seconds, when the request names none.
const RESEND_S: u64 = 30;
/// The life of the session token, in seconds, when the request names none: long enough to be handed over.
const SESSION_S: u64 = 600;

/// What a page may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WidgetTokenRequest {
    /// The application; without, the API key's own.
    application_id: Option<String>,
    /// A message template of the application; without, its built-in text.
    message_id: Option<String>,
    /// Who gets the code: a phone number or an e-mail address. Without, the person says so in the page, and your server has to see
    /// in the session token whom they chose.
    #[schema(example = "+41793026727")]
    to: Option<String>,
    /// The ways the code may go, the first one first: `sms`, `voice`, `email`. Without, `sms` and `voice` for a number and `email`
    /// for an address; `sms` when nobody is named.
    channels: Option<Vec<String>>,
    /// The origins of the pages that show the widget; none for this installation's own page `/verify`.
    #[serde(default)]
    #[schema(example = json!(["https://shop.example"]), max_items = 10)]
    origins: Vec<String>,
    /// The language of the page: `en` or `de`; without, the browser's.
    #[schema(example = "de")]
    locale: Option<String>,
    /// The life of the token in seconds.
    #[schema(minimum = 30, maximum = 900, default = 900)]
    expires_in_seconds: Option<u64>,
    /// The pause between two messages, in seconds.
    #[schema(minimum = 5, maximum = 300, default = 30)]
    resend_seconds: Option<u64>,
    /// Values of the template's placeholders.
    #[serde(default)]
    placeholders: BTreeMap<String, String>,
    /// What the fraud guard should count by beside number and address, such as a device or an account of yours.
    #[schema(example = "device-7c1d", max_length = 255)]
    risk_key: Option<String>,
    /// The name of the person in the session token; without, the number or address.
    session_subject: Option<String>,
    /// The life of the session token in seconds.
    #[schema(minimum = 60, maximum = 86400, default = 600)]
    session_seconds: Option<u64>,
    /// Where the page `/verify` goes after a success, with the session token in its fragment.
    #[schema(example = "https://shop.example/verified")]
    return_url: Option<String>,
}

/// A token for one verification.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WidgetTokenView {
    /// The token. Hand it to the page, and to nobody else; never put it into a query string.
    token: String,
    /// The PIN that it will send: the claim `pin_id` of the session token, by which your server knows that it belongs to this one.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    pin_id: PinId,
    /// When it ends.
    #[schema(example = "2025-10-04T14:35:00Z")]
    expires_at: String,
    /// This installation's own page with the token in its fragment.
    url: String,
}

/// Mint a token for a page.
///
/// It allows one verification of one number, in pages of the origins that it names, until it ends or its API key does.
#[utoipa::path(
    post,
    path = "/v1/widget/tokens",
    operation_id = "widget.mint",
    tag = "Widget",
    request_body = WidgetTokenRequest,
    responses(
        (status = 201, description = "The token", body = WidgetTokenView),
        (status = 400, description = "A field breaks a bound", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "No such application or template", body = ProblemView, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = ProblemView, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    body: Body<WidgetTokenRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = body.value;
    let snapshot = state.snapshot(caller.tenant).await?;
    let application: ApplicationId = application(&snapshot, &caller, asked.application_id.as_deref())?;
    let named: Option<MessageId> = asked.message_id.as_deref().map(id).transpose()?;
    let snapshot = state.snapshot_with(caller.tenant, application, named).await?;
    crate::state::application(&snapshot, application)?;
    let message = snapshot.messages.get(&named.unwrap_or_else(|| built_in_id(application)));
    let message = message.filter(|message| message.application == application).ok_or_else(|| Problem::new(Code::NotFound))?;
    check(&asked)?;
    message.check_values("placeholders", &asked.placeholders)?;
    let channels = channels(asked.channels.as_deref(), asked.to.as_deref())?;
    for channel in &channels {
        check_carries(message, *channel, named.is_some())?;
    }
    let to = asked.to.as_deref().map(|to| parse_recipient("to", to, channels[0])).transpose()?;
    if let Some(to) = &to
        && !channels.iter().all(|channel| to.is_reached_by(*channel))
    {
        return Err(Problem::field("channels", "must be ways that reach the recipient"));
    }
    let expires_ms = now_ms() + asked.expires_in_seconds.unwrap_or(LONGEST_LIFE_S) * 1_000;
    let pin = PinId::random();
    let token = WidgetToken {
        pin,
        application,
        message: named,
        to: to.as_ref().map(written),
        channels: channels.iter().map(|channel| channel.code()).collect(),
        origins: asked.origins,
        locale: asked.locale,
        placeholders: asked.placeholders,
        risk_key: key("riskKey", asked.risk_key.as_deref())?.map(str::to_owned),
        subject: asked.session_subject,
        session_s: asked.session_seconds.unwrap_or(SESSION_S),
        resend_s: asked.resend_seconds.unwrap_or(RESEND_S),
        return_url: asked.return_url,
        expires_ms,
        is_sandbox: caller.messages() == Environment::Sandbox,
        minted_by: caller.actor.into(),
    };
    let token = seal(Kind::Widget, &snapshot.keys, &token);
    let url = format!("{}/verify#token={token}", state.signer.issuer());
    Ok(HttpResponse::Created().json(WidgetTokenView { token, pin_id: pin, expires_at: rfc3339(expires_ms), url }))
}

/// A recipient as it is read again.
fn written(recipient: &Recipient) -> String {
    match recipient {
        Recipient::Phone(phone) => format!("+{}", phone.digits()),
        other => other.text().to_owned(),
    }
}

fn check(asked: &WidgetTokenRequest) -> Result<(), Problem> {
    let mut checks = Checks::default();
    let within = |value: Option<u64>, least: u64, most: u64| value.is_none_or(|value| (least..=most).contains(&value));
    checks.require(within(asked.expires_in_seconds, 30, LONGEST_LIFE_S), "expiresInSeconds", "must be between 30 and 900");
    checks.require(within(asked.resend_seconds, 5, 300), "resendSeconds", "must be between 5 and 300");
    let is_life = within(asked.session_seconds, 60, LONGEST_SESSION_S);
    checks.require(is_life, "sessionSeconds", format!("must be between 60 and {LONGEST_SESSION_S}"));
    let are_origins = asked.origins.len() <= MOST_ORIGINS && asked.origins.iter().all(|origin| is_origin(origin));
    let must = "must be at most 10 origins such as https://shop.example, without a path; http is for this machine's alone";
    checks.require(are_origins, "origins", must);
    let is_page = asked.return_url.as_deref().is_none_or(is_address);
    checks.require(is_page, "returnUrl", "must be an https address without a fragment");
    let is_language =
        |text: &str| (2..=35).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    checks.require(asked.locale.as_deref().is_none_or(is_language), "locale", "must be a language, such as en or de-CH");
    let is_name = |name: &str| (1..=255).contains(&name.len()) && !name.chars().any(char::is_control);
    let must = "must have 1 to 255 bytes and no control characters";
    checks.require(asked.session_subject.as_deref().is_none_or(is_name), "sessionSubject", must);
    Ok(checks.finish()?)
}

/// The ways that a request names, or those that suit the recipient.
fn channels(named: Option<&[String]>, to: Option<&str>) -> Result<Vec<Channel>, Problem> {
    let Some(named) = named else {
        return Ok(match to {
            None => vec![Channel::Sms],
            Some(to) if to.contains('@') => vec![Channel::Email],
            Some(_) => vec![Channel::Sms, Channel::Voice],
        });
    };
    let must = || Problem::field("channels", "must be one to three different ones of sms, voice, email");
    let mut channels = Vec::new();
    for name in named {
        let channel = name.parse().ok().filter(|channel| *channel != Channel::Push && !channels.contains(channel));
        channels.push(channel.ok_or_else(must)?);
    }
    if channels.is_empty() { Err(must()) } else { Ok(channels) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_suit_the_recipient_unless_they_are_named() {
        assert_eq!(channels(None, None).expect("fine"), [Channel::Sms]);
        assert_eq!(channels(None, Some("+41793026727")).expect("fine"), [Channel::Sms, Channel::Voice]);
        assert_eq!(channels(None, Some("a@b.example")).expect("fine"), [Channel::Email]);
        let named = |names: &[&str]| channels(Some(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()), None);
        assert_eq!(named(&["voice", "sms"]).expect("fine"), [Channel::Voice, Channel::Sms]);
        for names in [&[][..], &["push"], &["sms", "sms"], &["fax"]] {
            assert_eq!(named(names).expect_err("refused").fields[0].field, "channels", "{names:?}");
        }
    }
}
