//! A safe number as a client sees it.

use pinfold_http::twilio::sid_of_hash;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Place;

/// A safe number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioSafeNumber)]
pub(super) struct SafeNumberView {
    /// Its SID.
    #[schema(example = "GN0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    /// The number, canonical.
    #[schema(example = "+15017122661")]
    phone_number: String,
    url: String,
}

impl SafeNumberView {
    pub(super) fn new((phone_number, hash): (String, [u8; 16]), place: &Place) -> Self {
        let url = place.base.url(&format!("/v2/SafeList/Numbers/{phone_number}"));
        Self { sid: sid_of_hash("GN", hash), phone_number, url }
    }
}
