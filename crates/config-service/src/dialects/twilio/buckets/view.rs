//! A bucket as a client sees it, and the fields by which it is created and changed.

use pinfold_core::field::{Checks, FieldError};
use pinfold_core::span::DAY_MS;
use pinfold_http::twilio::{sid, time};
use pinfold_postgres::Bucket;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Place;

/// A bucket, or changes to one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwilioBucketRequest)]
pub(super) struct BucketRequest {
    /// The most sends in its interval.
    #[schema(minimum = 1, maximum = 1000000, example = 4)]
    max: Option<i64>,
    /// The interval in seconds.
    #[schema(minimum = 1, maximum = 86400, example = 60)]
    interval: Option<i64>,
}

impl BucketRequest {
    /// Both numbers; `stored` are those of before, if there are any.
    ///
    /// # Errors
    /// The bounds that are broken.
    pub(super) fn check(&self, stored: Option<(u32, u32)>) -> Result<(u32, u32), Vec<FieldError>> {
        let mut checks = Checks::default();
        let mut number = |field: &'static str, given: Option<i64>, most: i64, stored: Option<u32>| {
            let value = given.or(stored.map(i64::from));
            checks.require(
                value.is_some_and(|value| (1..=most).contains(&value)),
                field,
                format!("must be between 1 and {most}"),
            );
            value.and_then(|value| u32::try_from(value).ok()).unwrap_or(1)
        };
        let most = number("Max", self.max, 1_000_000, stored.map(|(most, _)| most));
        let interval_s = number("Interval", self.interval, (DAY_MS / 1_000).cast_signed(), stored.map(|(_, interval)| interval));
        checks.finish()?;
        Ok((most, interval_s))
    }
}

/// A bucket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioBucket)]
pub(super) struct BucketView {
    /// Its SID.
    #[schema(example = "BL0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    rate_limit_sid: String,
    service_sid: String,
    account_sid: String,
    /// The most sends in its interval.
    max: u32,
    /// The interval in seconds.
    interval: u32,
    date_created: String,
    date_updated: String,
    url: String,
}

impl BucketView {
    pub(super) fn new(bucket: Bucket, service_sid: &str, rate_limit_sid: &str, place: &Place) -> Self {
        let bucket_sid = sid("BL", bucket.id);
        let path = format!("/v2/Services/{service_sid}/RateLimits/{rate_limit_sid}/Buckets/{bucket_sid}");
        Self {
            sid: bucket_sid,
            rate_limit_sid: rate_limit_sid.to_owned(),
            service_sid: service_sid.to_owned(),
            account_sid: place.account_sid.clone(),
            max: bucket.most,
            interval: bucket.interval_s,
            date_created: time(bucket.created_ms),
            date_updated: time(bucket.updated_ms),
            url: place.base.url(&path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_bounded_and_what_is_left_out_stays() {
        let check =
            |max, interval, stored| BucketRequest { max, interval }.check(stored).map_err(|faults| faults[0].field.to_string());
        assert_eq!(check(Some(4), Some(60), None), Ok((4, 60)));
        assert_eq!(check(Some(4), None, Some((9, 60))), Ok((4, 60)));
        for (max, interval, field) in [(None, Some(60), "Max"), (Some(0), Some(60), "Max"), (Some(4), Some(86_401), "Interval")] {
            assert_eq!(check(max, interval, None), Err(field.to_owned()));
        }
    }
}
