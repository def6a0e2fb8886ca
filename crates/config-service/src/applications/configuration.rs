//! An application's limits as a request states them. Every field that breaks a bound is named, all at once; nothing is
//! wrapped, rounded or cut to fit.

use std::str::FromStr;

use pinfold_core::field::{Checks, FieldError};
use pinfold_core::limits::{Ceilings, Limits};
use serde::Deserialize;
use serde_json::Number;
use utoipa::ToSchema;

/// Limits of an application. What is left out keeps its value, or takes the safe default in a new application.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApplicationConfigurationRequest)]
pub(crate) struct ConfigurationRequest {
    /// Checks allowed per PIN, over all its resends; 5 by default.
    #[schema(value_type = Option<i32>, minimum = 1, example = 5)]
    pin_attempts: Option<Number>,
    /// Whether a PIN may be verified successfully more than once; not by default.
    #[schema(example = false)]
    allow_multiple_pin_verifications: Option<bool>,
    /// How long a PIN lives; `5m` by default.
    #[schema(pattern = "^[0-9]*(ms|s|m|h|d)$", example = "5m")]
    pin_time_to_live: Option<String>,
    /// Checks per number; `1/3s` by default. A check past it is not evaluated and costs nothing.
    #[schema(pattern = "^[0-9]+/[0-9]*(ms|s|m|h|d)$", example = "1/3s")]
    verify_pin_limit: Option<String>,
    /// Messages of the whole application; `10000/1d` by default.
    #[schema(pattern = "^[0-9]+/[0-9]*(ms|s|m|h|d)$", example = "10000/1d")]
    send_pin_per_application_limit: Option<String>,
    /// Messages per number; `3/1h` by default.
    #[schema(pattern = "^[0-9]+/[0-9]*(ms|s|m|h|d)$", example = "3/1h")]
    send_pin_per_phone_number_limit: Option<String>,
    /// Failed checks of one number, over all its PINs, that lock it for a while; `10/1h` by default.
    #[schema(pattern = "^[0-9]+/[0-9]*(ms|s|m|h|d)$", example = "10/1h")]
    lock_after_failures: Option<String>,
}

impl ConfigurationRequest {
    /// `limits` with what the request states.
    ///
    /// # Errors
    /// Every field that is malformed or past the operator's ceiling.
    pub(super) fn apply(&self, mut limits: Limits, ceilings: &Ceilings) -> Result<Limits, Vec<FieldError>> {
        let mut checks = Checks::default();
        if let Some(attempts) = &self.pin_attempts {
            // 0 is out of bounds as well: the ceilings say what is allowed.
            limits.pin_attempts = attempts.as_u64().and_then(|attempts| attempts.try_into().ok()).unwrap_or(0);
        }
        if let Some(allows) = self.allow_multiple_pin_verifications {
            limits.allow_multiple_verifications = allows;
        }
        set(&mut checks, "configuration.pinTimeToLive", self.pin_time_to_live.as_ref(), &mut limits.time_to_live);
        set(&mut checks, "configuration.verifyPinLimit", self.verify_pin_limit.as_ref(), &mut limits.verify);
        let (per_application, per_number) = (&self.send_pin_per_application_limit, &self.send_pin_per_phone_number_limit);
        let field = "configuration.sendPinPerApplicationLimit";
        set(&mut checks, field, per_application.as_ref(), &mut limits.send_per_application);
        set(&mut checks, "configuration.sendPinPerPhoneNumberLimit", per_number.as_ref(), &mut limits.send_per_number);
        set(&mut checks, "configuration.lockAfterFailures", self.lock_after_failures.as_ref(), &mut limits.lock_after);
        let bounds = ceilings.check(&limits).err();
        bounds.into_iter().flatten().for_each(|error| checks.push(error));
        checks.finish()?;
        Ok(limits)
    }
}

fn set<T: FromStr<Err: std::fmt::Display>>(checks: &mut Checks, field: &'static str, text: Option<&String>, slot: &mut T) {
    if let Some(value) = text.and_then(|text| checks.take(field, text.parse())) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn apply(configuration: &Value) -> Result<Limits, Vec<String>> {
        let request: ConfigurationRequest = serde_json::from_value(configuration.clone()).expect("of the right shape");
        let errors = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.apply(Limits::default(), &Ceilings::default()).map_err(errors)
    }

    #[test]
    fn what_is_left_out_is_safe_and_what_is_stated_is_kept_as_written() {
        assert_eq!(apply(&json!({})), Ok(Limits::default()));
        let limits = apply(&json!({
            "pinAttempts": 10, "allowMultiplePinVerifications": true, "pinTimeToLive": "900s", "verifyPinLimit": "1/3s",
            "sendPinPerApplicationLimit": "10000/1d", "sendPinPerPhoneNumberLimit": "3/d", "lockAfterFailures": "20/2h",
        }))
        .expect("all within the ceilings");
        assert_eq!((limits.pin_attempts, limits.allow_multiple_verifications), (10, true));
        assert_eq!(limits.time_to_live.to_string(), "900s");
        assert_eq!(limits.send_per_number.to_string(), "3/d");
        assert_eq!(limits.lock_after.to_string(), "20/2h");
    }

    #[test]
    fn hostile_durations_are_refused_by_name() {
        let hostile = [
            "",
            "0",
            "0s",
            "-1s",
            "1.5m",
            "1e3s",
            "99999999999999999999d",
            "5M",
            " 5m",
            "5m ",
            "٥m",
            "15m1s",
            "+5m",
            "9223372036854775808ms",
            "18446744073709551616ms",
            "5",
            "m5",
            "5 m",
            "５m",
            "366d",
            "16m",
            "999ms",
            "1h",
            "5m\n",
        ];
        for text in hostile {
            assert_eq!(apply(&json!({"pinTimeToLive": text})), Err(vec!["configuration.pinTimeToLive".into()]), "{text:?}");
        }
    }

    #[test]
    fn hostile_rates_are_refused_by_name() {
        let hostile = [
            "",
            "1/0s",
            "0/1d",
            "4294967296/1s",
            "18446744073709551616/1d",
            "-1/1d",
            "+1/1d",
            "1.5/1d",
            "1e3/1d",
            "/1d",
            "1/",
            "3",
            "3/3/3d",
            "1 /1d",
            "1/ 1d",
            "１/1d",
            "1/366d",
            "1/99999999999999999999d",
            "1/1D",
            "1//1d",
        ];
        let fields = ["verifyPinLimit", "sendPinPerApplicationLimit", "sendPinPerPhoneNumberLimit", "lockAfterFailures"];
        for field in fields {
            for text in hostile {
                assert_eq!(apply(&json!({field: text})), Err(vec![format!("configuration.{field}")]), "{field} {text:?}");
            }
        }
        assert_eq!(apply(&json!({"verifyPinLimit": "1/25h"})), Err(vec!["configuration.verifyPinLimit".into()]));
        assert_eq!(apply(&json!({"lockAfterFailures": "101/1h"})), Err(vec!["configuration.lockAfterFailures".into()]));
    }

    #[test]
    fn attempts_never_wrap() {
        for attempts in
            [json!(0), json!(-1), json!(11), json!(256), json!(261), json!(4_294_967_301_u64), json!(1.5), json!(1e300)]
        {
            assert_eq!(apply(&json!({"pinAttempts": attempts})), Err(vec!["configuration.pinAttempts".into()]), "{attempts}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let faults = apply(&json!({"pinAttempts": 0, "pinTimeToLive": "x", "verifyPinLimit": "x"}));
        assert_eq!(faults.map_err(|faults| faults.len()), Err(3));
    }

    #[test]
    fn other_types_are_refused() {
        for configuration in [
            json!({"pinAttempts": "5"}),
            json!({"pinAttempts": true}),
            json!({"allowMultiplePinVerifications": "true"}),
            json!({"allowMultiplePinVerifications": 1}),
            json!({"pinTimeToLive": 900}),
            json!({"verifyPinLimit": ["1/3s"]}),
            json!([1]),
            json!("15m"),
        ] {
            assert!(serde_json::from_value::<ConfigurationRequest>(configuration.clone()).is_err(), "{configuration}");
        }
    }
}
