//! What Twilio's clients configure of a service, beside what its application has. Every application is a service to them;
//! one that was made elsewhere has the defaults.

use serde::{Deserialize, Serialize};

use crate::id::MessageId;
use crate::totp::Totp;

/// The settings of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceSettings {
    /// The length of its codes.
    pub code_length: u8,
    /// Whether numbers are looked up before a send.
    pub lookup_enabled: bool,
    /// Whether a send to a line that takes no SMS is refused.
    pub skip_sms_to_landlines: bool,
    /// Whether a person presses a key before a code is spoken.
    pub dtmf_input_required: bool,
    /// The name that is spoken instead of the friendly one.
    pub tts_name: Option<String>,
    /// Whether codes may be bound to an amount and a payee.
    pub psd2_enabled: bool,
    /// Whether messages warn against sharing the code.
    pub do_not_share_warning_enabled: bool,
    /// Whether the caller may choose codes.
    pub custom_code_enabled: bool,
    /// The template of sends that name none.
    pub default_template: Option<MessageId>,
    /// Who the codes of authenticator apps are for; the friendly name unless set.
    pub totp_issuer: Option<String>,
    /// How authenticator apps make their codes.
    pub totp: Totp,
    /// Whether the vendor's event streams are subscribed.
    pub verify_event_subscription_enabled: bool,
    /// Whether it was deleted; its application is switched off and stays.
    pub is_deleted: bool,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            code_length: 6,
            lookup_enabled: false,
            skip_sms_to_landlines: false,
            dtmf_input_required: true,
            tts_name: None,
            psd2_enabled: false,
            do_not_share_warning_enabled: false,
            custom_code_enabled: false,
            default_template: None,
            totp_issuer: None,
            totp: Totp::default(),
            verify_event_subscription_enabled: false,
            is_deleted: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_what_an_older_version_did_not_know_has_its_default() {
        let settings = ServiceSettings { code_length: 8, tts_name: Some("Owl".into()), ..ServiceSettings::default() };
        let text = serde_json::to_string(&settings).expect("serialises");
        assert_eq!(serde_json::from_str::<ServiceSettings>(&text).expect("comes back"), settings);
        assert_eq!(serde_json::from_str::<ServiceSettings>("{}").expect("is fine"), ServiceSettings::default());
    }
}
