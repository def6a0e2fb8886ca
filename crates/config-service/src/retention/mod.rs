//! How long a tenant keeps what leads to people.

mod get;
mod set;

use pinfold_http::Mount;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long what leads to people is kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Retention {
    /// Days after which a verification forgets its recipient, and is a figure from then on.
    #[schema(minimum = 1, maximum = 3650, example = 30)]
    recipient_days: u16,
}

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::set);
}
