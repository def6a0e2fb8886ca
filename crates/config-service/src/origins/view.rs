//! An origin as a client sees it.

use pinfold_core::id::{ApplicationId, MessageId};
use pinfold_http::Problem;
use pinfold_postgres::Origin;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store;

/// Where something comes from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Origin)]
pub(crate) struct OriginView {
    /// The importer's reference.
    #[schema(example = "twilio:VA15a1b0c2d3e4f5061728394a5b6c7d8e")]
    origin: String,
    /// The application that was made of it, or that the template belongs to.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    application_id: ApplicationId,
    /// The template that was made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, example = "B628A31410306DDB2BFB0D9CF1F3A3FF")]
    message_id: Option<MessageId>,
}

impl From<Origin> for OriginView {
    fn from(origin: Origin) -> Self {
        Self { origin: origin.origin, application_id: origin.application, message_id: origin.message }
    }
}

/// The origin in a path. What cannot be one names nothing.
///
/// # Errors
/// 404.
pub(super) fn origin(text: &str) -> Result<String, Problem> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte));
    if (1..=128).contains(&text.len()) && is_plain { Ok(text.to_owned()) } else { Err(store::missing()) }
}
