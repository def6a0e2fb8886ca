//! The fields by which a service is created and changed, and their bounds.

use pinfold_core::field::Checks;
use pinfold_core::id::MessageId;
use pinfold_core::limits::{Ceilings, Limits, SHORTEST_PIN};
use pinfold_core::service::ServiceSettings;
use pinfold_http::{Code, Problem, twilio};
use serde::Deserialize;
use utoipa::ToSchema;

const LONGEST_NAME: usize = 32;
/// What the vendor sends to channels that are not here.
const ELSEWHERE: &str = "push, WhatsApp and passkeys are not offered here";
/// How long a verification lives for the vendor's clients.
const LIFE: &str = "10m";

/// A service, or changes to one: what is left out keeps its value.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioServiceRequest)]
pub(super) struct ServiceRequest {
    /// Its name, which messages show.
    #[schema(min_length = 1, max_length = 32, example = "My App")]
    pub(super) friendly_name: Option<String>,
    /// The length of its codes.
    #[schema(minimum = 4, maximum = 10, example = 6)]
    code_length: Option<i64>,
    /// Kept and shown.
    lookup_enabled: Option<bool>,
    /// Whether a send to a line that takes no SMS is refused.
    skip_sms_to_landlines: Option<bool>,
    /// Kept and shown.
    dtmf_input_required: Option<bool>,
    /// Kept and shown.
    #[schema(max_length = 255)]
    tts_name: Option<String>,
    /// Whether codes may be bound to an amount and a payee.
    psd2_enabled: Option<bool>,
    /// Whether messages warn against sharing the code.
    do_not_share_warning_enabled: Option<bool>,
    /// Whether the caller may choose codes.
    custom_code_enabled: Option<bool>,
    /// The template of sends that name none.
    default_template_sid: Option<String>,
    /// Who the codes of authenticator apps are for.
    #[serde(rename = "Totp.Issuer")]
    #[schema(max_length = 64)]
    totp_issuer: Option<String>,
    /// How many seconds a code of an app lasts.
    #[serde(rename = "Totp.TimeStep")]
    #[schema(minimum = 20, maximum = 60)]
    totp_time_step: Option<i64>,
    /// The digits of an app's codes.
    #[serde(rename = "Totp.CodeLength")]
    #[schema(minimum = 4, maximum = 8)]
    totp_code_length: Option<i64>,
    /// How many steps an app's clock may be off.
    #[serde(rename = "Totp.Skew")]
    #[schema(minimum = 0, maximum = 2)]
    totp_skew: Option<i64>,
    /// Kept and shown.
    verify_event_subscription_enabled: Option<bool>,
    #[serde(rename = "Push.IncludeDate")]
    #[schema(ignore)]
    push_include_date: Option<bool>,
    #[serde(rename = "Push.ApnCredentialSid")]
    #[schema(ignore)]
    push_apn: Option<String>,
    #[serde(rename = "Push.FcmCredentialSid")]
    #[schema(ignore)]
    push_fcm: Option<String>,
    #[serde(rename = "Whatsapp.MsgServiceSid")]
    #[schema(ignore)]
    whatsapp_service: Option<String>,
    #[serde(rename = "Whatsapp.From")]
    #[schema(ignore)]
    whatsapp_from: Option<String>,
    #[serde(rename = "Passkeys.RelyingParty.Id")]
    #[schema(ignore)]
    passkeys_party: Option<String>,
}

impl ServiceRequest {
    /// The settings after the request.
    ///
    /// # Errors
    /// 400 with the fields, or for what is not offered.
    pub(super) fn apply(&self, mut settings: ServiceSettings, ceilings: &Ceilings) -> Result<ServiceSettings, Problem> {
        self.refuse_elsewhere()?;
        let mut checks = Checks::default();
        if let Some(name) = &self.friendly_name {
            let is_fine = !name.trim().is_empty()
                && name.chars().count() <= LONGEST_NAME
                && !name.chars().any(|letter| letter.is_control() || letter == '{' || letter == '}');
            checks.require(is_fine, "FriendlyName", "must have 1 to 32 characters, none of them a brace");
        }
        if let Some(length) = self.code_length {
            settings.code_length =
                checks.take("CodeLength", ceilings.check_length("CodeLength", length).map_err(|e| e.must)).unwrap_or(6);
        }
        for (given, setting) in [
            (self.lookup_enabled, &mut settings.lookup_enabled),
            (self.skip_sms_to_landlines, &mut settings.skip_sms_to_landlines),
            (self.dtmf_input_required, &mut settings.dtmf_input_required),
            (self.psd2_enabled, &mut settings.psd2_enabled),
            (self.do_not_share_warning_enabled, &mut settings.do_not_share_warning_enabled),
            (self.custom_code_enabled, &mut settings.custom_code_enabled),
            (self.verify_event_subscription_enabled, &mut settings.verify_event_subscription_enabled),
        ] {
            *setting = given.unwrap_or(*setting);
        }
        let is_text = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
        if let Some(name) = &self.tts_name {
            checks.require(is_text(name, 255), "TtsName", "must have at most 255 characters");
            settings.tts_name = Some(name.clone()).filter(|name| !name.is_empty());
        }
        if let Some(issuer) = &self.totp_issuer {
            checks.require(is_text(issuer, 64), "Totp.Issuer", "must have at most 64 characters");
            settings.totp_issuer = Some(issuer.clone()).filter(|issuer| !issuer.is_empty());
        }
        let mut number = |field: &'static str, given: Option<i64>, range: std::ops::RangeInclusive<i64>, setting: &mut u8| {
            if let Some(given) = given {
                let must = format!("must be between {} and {}", range.start(), range.end());
                checks.require(range.contains(&given), field, must);
                *setting = u8::try_from(given).unwrap_or(*setting);
            }
        };
        number("Totp.TimeStep", self.totp_time_step, 20..=60, &mut settings.totp.step_s);
        number("Totp.CodeLength", self.totp_code_length, SHORTEST_PIN.into()..=8, &mut settings.totp.digits);
        number("Totp.Skew", self.totp_skew, 0..=2, &mut settings.totp.skew);
        if let Some(template) = &self.default_template_sid {
            let template = Some(template).filter(|template| !template.is_empty());
            let parsed = template.map(|template| twilio::id::<MessageId>("HJ", template)).transpose();
            checks.require(parsed.is_ok(), "DefaultTemplateSid", "must be a template's SID");
            settings.default_template = parsed.ok().flatten();
        }
        checks.finish()?;
        Ok(settings)
    }

    fn refuse_elsewhere(&self) -> Result<(), Problem> {
        let given = [&self.push_apn, &self.push_fcm, &self.whatsapp_service, &self.whatsapp_from, &self.passkeys_party];
        let is_empty = given.iter().all(|given| given.as_ref().is_none_or(String::is_empty));
        if is_empty && self.push_include_date != Some(true) {
            return Ok(());
        }
        Err(Problem::new(Code::InvalidField).detail(ELSEWHERE).numbered(60204))
    }
}

/// The limits of an application that is made here: what the vendor's clients know, within the operator's ceilings.
pub(super) fn limits(ceilings: &Ceilings) -> Limits {
    let life: pinfold_core::span::Span = LIFE.parse().expect("a literal span");
    let longest = pinfold_core::span::Span::from_millis(ceilings.time_to_live_ms).unwrap_or(life);
    Limits {
        pin_attempts: ceilings.pin_attempts.min(5),
        time_to_live: if life.millis() <= ceilings.time_to_live_ms { life } else { longest },
        verify: "5/1s".parse().expect("a literal rate"),
        send_per_number: "5/10m".parse().expect("a literal rate"),
        ..Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(form: &str) -> Result<ServiceSettings, Problem> {
        let request: ServiceRequest = serde_json::from_str(form).expect("of the right shape");
        request.apply(ServiceSettings::default(), &Ceilings::default())
    }

    #[test]
    fn what_is_left_out_keeps_its_value() {
        assert_eq!(apply("{}").expect("fine"), ServiceSettings::default());
        let settings = apply(r#"{"CodeLength":8,"Totp.Issuer":"x","Totp.Skew":0,"CustomCodeEnabled":true}"#).expect("fine");
        assert_eq!((settings.code_length, settings.totp.skew, settings.custom_code_enabled), (8, 0, true));
        assert_eq!(settings.totp_issuer.as_deref(), Some("x"));
    }

    #[test]
    fn bounds_name_their_fields_in_the_vendors_spelling() {
        for (form, field) in [
            (r#"{"CodeLength":3}"#, "CodeLength"),
            (r#"{"CodeLength":11}"#, "CodeLength"),
            (r#"{"FriendlyName":""}"#, "FriendlyName"),
            (r#"{"FriendlyName":"{{pin}}"}"#, "FriendlyName"),
            (r#"{"FriendlyName":"123456789012345678901234567890123"}"#, "FriendlyName"),
            (r#"{"Totp.TimeStep":19}"#, "Totp.TimeStep"),
            (r#"{"Totp.CodeLength":3}"#, "Totp.CodeLength"),
            (r#"{"Totp.Skew":-1}"#, "Totp.Skew"),
            (r#"{"DefaultTemplateSid":"VA1"}"#, "DefaultTemplateSid"),
        ] {
            assert_eq!(apply(form).expect_err(form).fields[0].field, field, "{form}");
        }
        assert_eq!(apply(r#"{"Whatsapp.From":"+1"}"#).expect_err("not offered").number, Some(60204));
    }

    #[test]
    fn the_limits_stay_below_the_ceilings() {
        for ceilings in [Ceilings::default(), Ceilings { time_to_live_ms: 60_000, pin_attempts: 3, pin_length: 6 }] {
            assert_eq!(ceilings.check(&limits(&ceilings)), Ok(()));
        }
    }
}
