//! An application as a client sees it.

use pinfold_core::application::Application;
use pinfold_core::id::ApplicationId;
use pinfold_core::span::{Rate, Span};
use serde::Serialize;
use utoipa::ToSchema;

/// An application.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Application)]
pub(crate) struct ApplicationView {
    /// Its id.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    application_id: ApplicationId,
    /// Its name.
    #[schema(example = "Sign-in")]
    name: String,
    /// What it allows.
    configuration: ConfigurationView,
    /// Whether it sends and verifies.
    enabled: bool,
    /// The short name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "amazing_hq")]
    slug: Option<String>,
}

/// What an application allows. Durations and rates stand as they were written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApplicationConfiguration)]
struct ConfigurationView {
    /// Checks allowed per PIN, over all its resends.
    #[schema(example = 5)]
    pin_attempts: u8,
    /// Whether a PIN may be verified successfully more than once.
    #[schema(example = false)]
    allow_multiple_pin_verifications: bool,
    /// How long a PIN lives.
    #[schema(value_type = String, example = "5m")]
    pin_time_to_live: Span,
    /// Checks per number.
    #[schema(value_type = String, example = "1/3s")]
    verify_pin_limit: Rate,
    /// Messages of the whole application.
    #[schema(value_type = String, example = "10000/1d")]
    send_pin_per_application_limit: Rate,
    /// Messages per number.
    #[schema(value_type = String, example = "3/1h")]
    send_pin_per_phone_number_limit: Rate,
    /// Failed checks of one number that lock it for a while.
    #[schema(value_type = String, example = "10/1h")]
    lock_after_failures: Rate,
}

impl From<Application> for ApplicationView {
    fn from(application: Application) -> Self {
        let limits = application.limits;
        Self {
            application_id: application.id,
            name: application.name,
            configuration: ConfigurationView {
                pin_attempts: limits.pin_attempts,
                allow_multiple_pin_verifications: limits.allow_multiple_verifications,
                pin_time_to_live: limits.time_to_live,
                verify_pin_limit: limits.verify,
                send_pin_per_application_limit: limits.send_per_application,
                send_pin_per_phone_number_limit: limits.send_per_number,
                lock_after_failures: limits.lock_after,
            },
            enabled: application.is_enabled,
            slug: application.slug,
        }
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::limits::Limits;

    use super::*;

    #[test]
    fn all_six_of_the_vendors_fields_are_filled_in() {
        let id = ApplicationId::from_bytes([9; 16]);
        let application = Application { id, ..Application::new("Sign-in", Limits::default()) };
        assert_eq!(
            serde_json::to_string(&ApplicationView::from(application)).expect("serialises"),
            r#"{"applicationId":"09090909090909090909090909090909","name":"Sign-in","configuration":{"pinAttempts":5,"allowMultiplePinVerifications":false,"pinTimeToLive":"5m","verifyPinLimit":"1/3s","sendPinPerApplicationLimit":"10000/1d","sendPinPerPhoneNumberLimit":"3/1h","lockAfterFailures":"10/1h"},"enabled":true}"#
        );
    }
}
