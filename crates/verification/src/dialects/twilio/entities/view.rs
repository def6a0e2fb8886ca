//! A person as a client sees it.

use pinfold_http::twilio::{Links, sid, time};
use pinfold_postgres::Entity;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Place;

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioEntity)]
pub(super) struct EntityView {
    /// Its SID.
    #[schema(example = "YE0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    /// What the tenant calls it.
    identity: String,
    account_sid: String,
    service_sid: String,
    date_created: String,
    date_updated: String,
    url: String,
    #[schema(value_type = Object)]
    links: Links,
}

impl EntityView {
    pub(super) fn new(entity: Entity, place: &Place) -> Self {
        let path = format!("/v2/Services/{}/Entities/{}", place.service_sid, entity.identity);
        let below = [("factors", "Factors"), ("new_factors", "Factors"), ("challenges", "Challenges")];
        Self {
            sid: sid("YE", entity.id),
            account_sid: place.account_sid.clone(),
            service_sid: place.service_sid.clone(),
            date_created: time(entity.created_ms),
            date_updated: time(entity.created_ms),
            url: place.base.url(&path),
            links: place.base.links(&path, &below),
            identity: entity.identity,
        }
    }
}
