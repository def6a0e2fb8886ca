//! A country's configuration as a client sees it, and the fields by which it is created and changed.

use pinfold_http::Problem;
use pinfold_http::twilio::time;
use pinfold_postgres::MessagingConfiguration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Place;

/// A country's configuration, or a change to one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioMessagingConfigurationRequest)]
pub(super) struct ConfigurationRequest {
    /// Two letters, or `all`.
    #[schema(example = "CA")]
    country: Option<String>,
    /// The vendor's messaging service.
    #[schema(example = "MG0933f3bc087d2a617ac6dcb2ef5b8a61")]
    messaging_service_sid: Option<String>,
}

impl ConfigurationRequest {
    /// # Errors
    /// 400 naming the field.
    pub(super) fn country(&self) -> Result<String, Problem> {
        let country = self.country.as_deref().unwrap_or_default();
        let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_code || country == "all" {
            Ok(country.to_owned())
        } else {
            Err(Problem::field("Country", "must be two capitals, or all"))
        }
    }

    /// # Errors
    /// 400 naming the field.
    pub(super) fn messaging_service(&self) -> Result<String, Problem> {
        let given = self.messaging_service_sid.as_deref().unwrap_or_default();
        let is_sid = |hex: &&str| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hex = given.strip_prefix("MG").filter(is_sid);
        let hex = hex.ok_or_else(|| Problem::field("MessagingServiceSid", "must be MG and 32 hexadecimal characters"))?;
        Ok(format!("MG{}", hex.to_ascii_lowercase()))
    }
}

/// A country's configuration.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioMessagingConfiguration)]
pub(super) struct ConfigurationView {
    account_sid: String,
    service_sid: String,
    /// Two letters, or `all`.
    #[schema(example = "CA")]
    country: String,
    /// The vendor's messaging service.
    messaging_service_sid: String,
    date_created: String,
    date_updated: String,
    url: String,
}

impl ConfigurationView {
    pub(super) fn new(configuration: MessagingConfiguration, service_sid: &str, place: &Place) -> Self {
        let path = format!("/v2/Services/{service_sid}/MessagingConfigurations/{}", configuration.country);
        Self {
            account_sid: place.account_sid.clone(),
            service_sid: service_sid.to_owned(),
            country: configuration.country,
            messaging_service_sid: configuration.messaging_service,
            date_created: time(configuration.created_ms),
            date_updated: time(configuration.updated_ms),
            url: place.base.url(&path),
        }
    }
}
