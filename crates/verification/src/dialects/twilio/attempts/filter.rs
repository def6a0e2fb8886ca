//! Which messages a report is about.

use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, PinId};
use pinfold_core::recipient::Recipient;
use pinfold_http::Problem;
use pinfold_http::clock::parse_rfc3339;
use pinfold_http::twilio::id;
use pinfold_postgres::{AttemptFilter, Snapshot};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::not_offered;

/// Which messages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FilterParams {
    /// Those of verifications created at this time or later.
    #[serde(rename = "DateCreatedAfter")]
    #[param(rename = "DateCreatedAfter", example = "2026-11-21T00:00:00Z")]
    date_created_after: Option<String>,
    /// Those of verifications created before this time.
    #[serde(rename = "DateCreatedBefore")]
    #[param(rename = "DateCreatedBefore")]
    date_created_before: Option<String>,
    /// Those to this number or address.
    #[serde(rename = "ChannelData.To")]
    #[param(rename = "ChannelData.To")]
    to: Option<String>,
    #[serde(rename = "Country")]
    #[param(ignore)]
    country: Option<String>,
    #[serde(rename = "DestinationPrefix")]
    #[param(ignore)]
    destination_prefix: Option<String>,
    /// Those by this channel: `sms`, `call` or `email`.
    #[serde(rename = "Channel")]
    #[param(rename = "Channel")]
    channel: Option<String>,
    /// Those of this service.
    #[serde(rename = "VerifyServiceSid")]
    #[param(rename = "VerifyServiceSid")]
    verify_service_sid: Option<String>,
    /// Those of this verification.
    #[serde(rename = "VerificationSid")]
    #[param(rename = "VerificationSid")]
    verification_sid: Option<String>,
    /// `converted` or `unconverted`.
    #[serde(rename = "Status")]
    #[param(rename = "Status")]
    status: Option<String>,
}

impl FilterParams {
    /// # Errors
    /// 400 naming the parameter; 60204 for what is not recorded of a message.
    pub(super) fn filter(&self, snapshot: &Snapshot) -> Result<AttemptFilter, Problem> {
        if self.country.is_some() || self.destination_prefix.is_some() {
            return Err(not_offered("Attempts are not told apart by country or prefix."));
        }
        let time = |field: &'static str, text: &Option<String>| {
            let must = "must be a time such as 2026-11-21T12:00:00Z";
            text.as_deref().map(|text| parse_rfc3339(text).ok_or_else(|| Problem::field(field, must))).transpose()
        };
        let channel = match self.channel.as_deref() {
            None => None,
            Some("sms") => Some(Channel::Sms),
            Some("call") => Some(Channel::Voice),
            Some("email") => Some(Channel::Email),
            Some(_) => return Err(Problem::field("Channel", "must be sms, call or email")),
        };
        let is_converted = match self.status.as_deref() {
            None => None,
            Some("converted") => Some(true),
            Some("unconverted") => Some(false),
            Some(_) => return Err(Problem::field("Status", "must be converted or unconverted")),
        };
        let to = self.to.as_deref().map(Recipient::parse).transpose();
        let to = to.map_err(|error| Problem::field("ChannelData.To", error.to_string()))?;
        let pin = self.verification_sid.as_deref().map(|sid| id::<PinId>("VE", sid)).transpose()?;
        let application = self.verify_service_sid.as_deref().map(|sid| id::<ApplicationId>("VA", sid)).transpose()?;
        Ok(AttemptFilter {
            from_ms: time("DateCreatedAfter", &self.date_created_after)?,
            to_ms: time("DateCreatedBefore", &self.date_created_before)?,
            application,
            pins: pin.map(|pin| (pin, pin)),
            channel,
            // A number has another hash in each application.
            subjects: to.map(|to| snapshot.applications.keys().map(|id| snapshot.keys.subject(*id, &to)).collect()),
            is_converted,
            skip: 0,
            size: 0,
        })
    }

    /// The same as a query, for the addresses of other pages.
    pub(super) fn query(&self) -> String {
        let pairs = [
            ("DateCreatedAfter", &self.date_created_after),
            ("DateCreatedBefore", &self.date_created_before),
            ("ChannelData.To", &self.to),
            ("Channel", &self.channel),
            ("VerifyServiceSid", &self.verify_service_sid),
            ("VerificationSid", &self.verification_sid),
            ("Status", &self.status),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}
