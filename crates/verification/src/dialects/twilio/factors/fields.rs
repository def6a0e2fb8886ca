//! The fields of an app that creation and change share.

use pinfold_core::field::Checks;
use pinfold_core::limits::SHORTEST_PIN;
use pinfold_core::totp::{Algorithm, Totp};
use pinfold_http::Problem;

/// How an app makes its codes, as far as a request says.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    pub(super) alg: Option<&'a str>,
    pub(super) time_step: Option<i64>,
    pub(super) code_length: Option<i64>,
    pub(super) skew: Option<i64>,
}

impl Asked<'_> {
    /// What it is afterwards.
    ///
    /// # Errors
    /// 400 with the fields.
    pub(super) fn apply(&self, mut totp: Totp) -> Result<Totp, Problem> {
        let mut checks = Checks::default();
        if let Some(name) = self.alg {
            let known = Algorithm::from_name(name);
            checks.require(known.is_some(), "Config.Alg", "must be sha1, sha256 or sha512");
            totp.algorithm = known.unwrap_or(totp.algorithm);
        }
        let mut number = |field: &'static str, given: Option<i64>, least: i64, most: i64, value: &mut u8| {
            if let Some(given) = given {
                checks.require((least..=most).contains(&given), field, format!("must be between {least} and {most}"));
                *value = u8::try_from(given).unwrap_or(*value);
            }
        };
        number("Config.TimeStep", self.time_step, 20, 60, &mut totp.step_s);
        number("Config.CodeLength", self.code_length, SHORTEST_PIN.into(), 8, &mut totp.digits);
        number("Config.Skew", self.skew, 0, 2, &mut totp.skew);
        checks.finish()?;
        Ok(totp)
    }
}

/// # Errors
/// 400 naming the field.
pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    let is_fine = !name.trim().is_empty() && name.chars().count() <= 64 && !name.chars().any(char::is_control);
    if is_fine { Ok(()) } else { Err(Problem::field("FriendlyName", "must have 1 to 64 characters")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_name_their_fields_and_what_is_left_out_stays() {
        assert_eq!(Asked::default().apply(Totp::default()).expect("fine"), Totp::default());
        let asked = Asked { alg: Some("sha256"), code_length: Some(8), ..Asked::default() };
        let totp = asked.apply(Totp::default()).expect("fine");
        assert_eq!((totp.algorithm, totp.digits, totp.step_s), (Algorithm::Sha256, 8, 30));
        for (asked, field) in [
            (Asked { alg: Some("md5"), ..Asked::default() }, "Config.Alg"),
            (Asked { time_step: Some(19), ..Asked::default() }, "Config.TimeStep"),
            (Asked { code_length: Some(3), ..Asked::default() }, "Config.CodeLength"),
            (Asked { skew: Some(3), ..Asked::default() }, "Config.Skew"),
        ] {
            assert_eq!(asked.apply(Totp::default()).expect_err(field).fields[0].field, field);
        }
    }
}
