//! Sets the route of a channel for numbers that start with some digits, or for a country.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::channel::Channel;
use pinfold_core::route::Prefix;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};

use super::legs::SetRequest;
use super::set::set;
use super::view::RouteView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Sets the route of a channel for some numbers.
///
/// Of the routes that fit a number the longest prefix is taken; a country stands between calling codes (up to three digits)
/// and longer prefixes; the default route comes last.
#[utoipa::path(
    put,
    path = "/v1/routes/{channel}/{prefix}",
    operation_id = "routes.set_prefix",
    tag = "Routes",
    params(
        ("channel" = String, Path, description = "`sms` or `voice`", example = "sms"),
        ("prefix" = String, Path, description = "Digits that numbers start with, or a country (ISO 3166-1)", example = "41"),
    ),
    request_body = SetRequest,
    responses(
        (status = 200, description = "The route", body = RouteView),
        (status = 400, description = "There is no such connection, it does not carry the channel, or a field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    body: Body<SetRequest>,
) -> Result<HttpResponse, Problem> {
    let (channel, prefix) = place(&path)?;
    set(&state, caller.tenant, channel, prefix, body.value).await
}

/// Channel and prefix of a path. Mails have no prefix, and what cannot be one names nothing.
pub(super) fn place((channel, prefix): &(String, String)) -> Result<(Channel, Prefix), Problem> {
    let (channel, prefix): (Channel, Prefix) = (store::id(channel)?, store::id(prefix)?);
    if !matches!(channel, Channel::Sms | Channel::Voice) || prefix == Prefix::Any {
        Err(store::missing())
    } else {
        Ok((channel, prefix))
    }
}
