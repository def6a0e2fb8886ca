//! The fields of a verification to be, and what they must be.

use std::collections::BTreeMap;

use pinfold_core::channel::Channel;
use pinfold_http::{Code, Problem};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::sentences::is_locale;
use super::super::{not_offered, object};

/// A verification to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioVerificationRequest)]
pub(super) struct VerificationRequest {
    /// The phone number in E.164 form, or the e-mail address.
    #[schema(example = "+15017122661")]
    pub(super) to: String,
    /// `sms`, `call`, `email`, or `auto`, which is SMS here.
    #[schema(example = "sms")]
    channel: String,
    /// The name that the message shows, instead of the service's.
    #[schema(max_length = 32)]
    pub(super) custom_friendly_name: Option<String>,
    #[schema(ignore)]
    custom_message: Option<String>,
    #[schema(ignore)]
    send_digits: Option<String>,
    /// The language of the message.
    #[schema(example = "en")]
    pub(super) locale: Option<String>,
    /// A code of your own, where the service allows it.
    #[schema(min_length = 4, max_length = 10)]
    pub(super) custom_code: Option<String>,
    /// What a transaction moves; with `Payee`, where the service has PSD2 switched on.
    #[schema(max_length = 64, example = "€39.99")]
    pub(super) amount: Option<String>,
    /// Who gets it.
    #[schema(max_length = 64, example = "Acme Inc")]
    pub(super) payee: Option<String>,
    /// What the service's rate limits count, by their names, as a JSON object.
    pub(super) rate_limits: Option<String>,
    /// Nothing is configured by channel here: an empty JSON object.
    channel_configuration: Option<String>,
    /// The 11 characters by which an Android app finds its message.
    #[schema(min_length = 11, max_length = 11)]
    pub(super) app_hash: Option<String>,
    /// The message template.
    pub(super) template_sid: Option<String>,
    /// Values of the template's placeholders, as a JSON object.
    template_custom_substitutions: Option<String>,
    /// The address of the person's device: the fraud guard counts by it.
    pub(super) device_ip: Option<String>,
    /// `enable` or `disable`; neither changes anything.
    risk_check: Option<String>,
    /// Taken and not used: a JSON object.
    tags: Option<String>,
}

const LONGEST_VALUE: usize = 64;

impl VerificationRequest {
    /// The channel.
    ///
    /// # Errors
    /// 60223 for one that is not here, 400 for one that is nowhere.
    pub(super) fn channel(&self) -> Result<Channel, Problem> {
        match self.channel.as_str() {
            "sms" | "auto" => Ok(Channel::Sms),
            "call" => Ok(Channel::Voice),
            "email" => Ok(Channel::Email),
            "whatsapp" | "sna" | "rcs" => {
                let detail = format!("Delivery channel disabled: {}", self.channel.to_ascii_uppercase());
                Err(Problem::new(Code::Forbidden).detail(detail).numbered(60223))
            }
            _ => Err(Problem::field("Channel", "must be sms, call or email")),
        }
    }

    /// Checks what stands for itself.
    ///
    /// # Errors
    /// 400 naming the field; 60204 for what is not offered here.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.custom_message.is_some() {
            return Err(not_offered("Messages are written in templates: name one in TemplateSid."));
        }
        if self.send_digits.is_some() {
            return Err(not_offered("Digits are not sent after a call is answered."));
        }
        if object("ChannelConfiguration", self.channel_configuration.as_deref())?.is_some_and(|map| !map.is_empty()) {
            return Err(not_offered("Channels are not configured by request: use templates and routes."));
        }
        object("Tags", self.tags.as_deref())?;
        if !matches!(self.risk_check.as_deref(), None | Some("enable" | "disable")) {
            return Err(Problem::field("RiskCheck", "must be enable or disable"));
        }
        if self.locale.as_deref().is_some_and(|locale| !is_locale(locale)) {
            return Err(Problem::field("Locale", "must be the code of a language, such as en or pt-BR"));
        }
        let is_hash = |hash: &str| hash.len() == 11 && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b));
        if self.app_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
            return Err(Problem::field("AppHash", "must be the 11 characters of the app's hash"));
        }
        let is_name = |name: &str| (1..=32).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if self.custom_friendly_name.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(Problem::field("CustomFriendlyName", "must have 1 to 32 characters"));
        }
        Ok(())
    }

    /// Values of the template's placeholders.
    ///
    /// # Errors
    /// 400 naming the field.
    pub(super) fn substitutions(&self) -> Result<BTreeMap<String, String>, Problem> {
        let field = "TemplateCustomSubstitutions";
        let given = object(field, self.template_custom_substitutions.as_deref())?.unwrap_or_default();
        texts(field, given).map(|pairs| pairs.into_iter().collect())
    }
}

/// Amount and payee, when there are both.
///
/// # Errors
/// 60206 when there is one alone, 400 for what they cannot be.
pub(in super::super) fn transaction<'a>(
    amount: Option<&'a str>,
    payee: Option<&'a str>,
) -> Result<Option<(&'a str, &'a str)>, Problem> {
    let given = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
    let (amount, payee) = match (given(amount), given(payee)) {
        (None, None) => return Ok(None),
        (Some(amount), Some(payee)) => (amount, payee),
        _ => return Err(Problem::new(Code::InvalidField).numbered(60206)),
    };
    for (field, text) in [("Amount", amount), ("Payee", payee)] {
        if text.chars().count() > LONGEST_VALUE || text.chars().any(char::is_control) {
            return Err(Problem::field(
                field,
                format!("must have at most {LONGEST_VALUE} characters, none of them a control character"),
            ));
        }
    }
    Ok(Some((amount, payee)))
}

/// The members of an object as texts.
///
/// # Errors
/// 400 naming the field.
pub(super) fn texts(field: &'static str, given: Map<String, Value>) -> Result<Vec<(String, String)>, Problem> {
    let text = |(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(number) => Ok((name, number.to_string())),
        _ => Err(Problem::field(field, "must be a JSON object of texts")),
    };
    given.into_iter().map(text).collect()
}
