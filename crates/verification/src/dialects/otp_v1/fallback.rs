//! What follows when a message does not reach its person, as a request says it.

use pinfold_core::channel::{Channel, UnknownChannel};
use pinfold_core::fallback::{On, Step};
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::push::{FcmToken, PushAddress, Subscription};
use pinfold_core::recipient::Recipient;
use pinfold_http::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::send::parse_recipient;

/// A step of a fallback plan.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FallbackStep {
    /// `sms`, `voice`, `email` or `push`.
    #[schema(example = "voice")]
    channel: String,
    /// Seconds after the message before was handed to a provider.
    #[schema(example = 30, minimum = 5, maximum = 3600)]
    after: u32,
    /// `failure`: when the message before failed; `no_receipt`: or nobody said in that time that it arrived;
    /// `not_verified`, the default: or the code was not verified in that time.
    #[schema(example = "not_verified")]
    on: Option<String>,
}

/// Where push messages go: an app's registration token, or a browser's subscription.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PushPlace {
    /// The registration token of an app at Firebase Cloud Messaging.
    token: Option<String>,
    /// The endpoint of a browser's subscription.
    endpoint: Option<String>,
    /// Its keys.
    keys: Option<PushKeys>,
}

/// The keys of a browser's subscription, as `PushSubscription.toJSON()` has them.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PushKeys {
    /// The browser's public key in base64url.
    p256dh: String,
    /// The authentication secret in base64url.
    auth: String,
}

/// The steps; what they are together is judged with the send.
///
/// # Errors
/// 400 naming the fields.
pub(super) fn steps(asked: Vec<FallbackStep>) -> Result<Vec<Step>, Problem> {
    let (mut checks, mut steps) = (Checks::default(), Vec::with_capacity(asked.len()));
    for (place, asked) in asked.into_iter().enumerate() {
        let channel: Result<Channel, UnknownChannel> = asked.channel.parse();
        let on = match asked.on.as_deref() {
            None | Some("not_verified") => Some(On::NotVerified),
            Some("no_receipt") => Some(On::NoReceipt),
            Some("failure") => Some(On::Failure),
            Some(_) => None,
        };
        if on.is_none() {
            checks.push(FieldError::new(format!("fallback[{place}].on"), "must be failure, no_receipt or not_verified"));
        }
        match (channel, on) {
            (Ok(channel), Some(on)) => steps.push(Step { channel, after: asked.after, on }),
            (Ok(_), None) => {}
            (Err(error), _) => checks.push(FieldError::new(format!("fallback[{place}].channel"), error.to_string())),
        }
    }
    checks.finish()?;
    Ok(steps)
}

/// Further addresses of the person.
///
/// # Errors
/// 400 naming the field.
pub(super) fn others(phone: Option<&str>, email: Option<&str>, push: Option<PushPlace>) -> Result<Vec<Recipient>, Problem> {
    let mut others = Vec::new();
    if let Some(phone) = phone {
        others.push(parse_recipient("phone", phone, Channel::Sms)?);
    }
    if let Some(email) = email {
        others.push(parse_recipient("email", email, Channel::Email)?);
    }
    if let Some(push) = push {
        others.push(Recipient::Push(push.address()?));
    }
    Ok(others)
}

impl PushPlace {
    fn address(self) -> Result<PushAddress, Problem> {
        let inside = |mut error: FieldError| {
            error.field = format!("push.{}", error.field).into();
            error
        };
        match self {
            Self { token: Some(token), endpoint: None, keys: None } => {
                Ok(PushAddress::Fcm(FcmToken::parse(&token).map_err(inside)?))
            }
            Self { token: None, endpoint: Some(endpoint), keys: Some(keys) } => {
                let subscription = Subscription::parse(&endpoint, &keys.p256dh, &keys.auth);
                let named = |errors: Vec<FieldError>| errors.into_iter().map(inside).collect::<Vec<_>>();
                Ok(PushAddress::Web(subscription.map_err(named)?))
            }
            _ => Err(Problem::field("push", "must have a token, or an endpoint and keys")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn faults(asked: Value) -> Vec<String> {
        let asked = serde_json::from_value(asked).expect("of the right shape");
        let problem = steps(asked).expect_err("it breaks a bound");
        problem.fields.iter().map(|error| error.field.to_string()).collect()
    }

    #[test]
    fn a_step_names_its_channel_and_what_starts_it() {
        let asked = json!([{"channel": "voice", "after": 30}, {"channel": "email", "after": 60, "on": "failure"}]);
        let steps = steps(serde_json::from_value(asked).expect("of the right shape")).expect("they are steps");
        let [voice, mail] = steps[..] else { panic!("two") };
        assert_eq!((voice.channel, voice.after, voice.on), (Channel::Voice, 30, On::NotVerified));
        assert_eq!((mail.channel, mail.after, mail.on), (Channel::Email, 60, On::Failure));
        assert_eq!(faults(json!([{"channel": "fax", "after": 30}])), ["fallback[0].channel"]);
        assert_eq!(faults(json!([{"channel": "sms", "after": 30, "on": "never"}])), ["fallback[0].on"]);
    }

    #[test]
    fn a_push_place_is_a_token_or_a_subscription() {
        let place = |json: Value| serde_json::from_value::<PushPlace>(json).expect("of the right shape").address();
        assert!(place(json!({"token": "device:1"})).is_ok());
        for wrong in [json!({}), json!({"token": "a", "endpoint": "https://push.example.net/1"}), json!({"token": "a b"})] {
            assert!(place(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
