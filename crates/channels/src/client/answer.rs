//! What a provider's HTTP answer means.
//!
//! A 2xx without a rule is success. Where a rule looks into the body and the body cannot be read (cut off, too large,
//! too slow, no JSON), nobody knows: the provider did take the request. Where it can be read and does not hold, the
//! provider refused.

use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use http::StatusCode;
use http::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::pointer::Pointer;
use crate::outcome::Outcome;

/// The longest id that is kept.
const ID_LIMIT: usize = 200;
/// The longest wait a provider may ask for; no PIN lives longer.
const WAIT_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// A provider's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// What is known of an answer's body.
#[derive(Debug)]
pub(crate) enum Body {
    /// Nothing, it was not asked for.
    Unread,
    /// All of it.
    Whole(Bytes),
    /// Not all of it, and why.
    Cut(&'static str),
}

/// When an answer means success, and where the id of the message stands.
#[derive(Debug, Default)]
pub(crate) struct Rule {
    /// The place of a value that must be there.
    pub(crate) pointer: Option<Pointer>,
    /// What it must equal.
    pub(crate) equals: Option<Value>,
    /// The place of the id.
    pub(crate) id_pointer: Option<Pointer>,
}

impl Answer {
    /// `Retry-After` in seconds, or as a date, counted from the provider's own clock.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Duration::from_secs(seconds.into()).min(WAIT_LIMIT));
        }
        let now = DateTime::parse_from_rfc2822(self.headers.get(DATE)?.to_str().ok()?).ok()?;
        let then = DateTime::parse_from_rfc2822(text).ok()?;
        Some((then - now).to_std().unwrap_or_default().min(WAIT_LIMIT))
    }

    /// What the status alone means when it is no success.
    pub(crate) fn failed(&self) -> Outcome {
        let status = self.status;
        if status.is_redirection() {
            return Outcome::permanent("redirect_refused");
        }
        let reason = format!("http_{}", status.as_u16()).into();
        let may_pass = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS);
        if status.is_server_error() || may_pass {
            Outcome::Temporary { reason, retry_after: self.retry_after() }
        } else {
            Outcome::Permanent { reason }
        }
    }

    /// The body as JSON, or why there is none.
    pub(crate) fn json(&self) -> Result<Value, &'static str> {
        serde_json::from_slice(self.whole()?).map_err(|_| "invalid_json")
    }

    /// What stands at a place of it, or why there is no JSON.
    fn at(&self, pointer: &Pointer) -> Result<Option<Value>, &'static str> {
        pointer.find(self.whole()?).map_err(|_| "invalid_json")
    }

    fn whole(&self) -> Result<&[u8], &'static str> {
        match &self.body {
            Body::Unread => Err("unread"),
            Body::Cut(reason) => Err(reason),
            Body::Whole(bytes) => Ok(bytes),
        }
    }
}

impl Rule {
    pub(crate) fn wants_body(&self) -> bool {
        self.pointer.is_some() || self.id_pointer.is_some()
    }

    pub(crate) fn judge(&self, answer: &Answer) -> Outcome {
        if answer.status.is_success() { self.judge_body(answer) } else { answer.failed() }
    }

    fn judge_body(&self, answer: &Answer) -> Outcome {
        match self.pointer.as_ref().map(|pointer| answer.at(pointer)) {
            Some(Err(reason)) => return Outcome::unknown(reason),
            Some(Ok(found)) if !self.holds(found.as_ref()) => return Outcome::permanent("provider_refused"),
            Some(Ok(_)) | None => {}
        }
        let id_value = self.id_pointer.as_ref().and_then(|pointer| answer.at(pointer).ok()?);
        Outcome::accepted(id_value.as_ref().and_then(id))
    }

    fn holds(&self, found: Option<&Value>) -> bool {
        match (&self.equals, found) {
            (Some(wanted), Some(found)) => wanted == found,
            (None, found) => found.is_some(),
            (Some(_), None) => false,
        }
    }
}

/// An id is a number or plain text; anything else is none.
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if is_id(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a text can be an id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=ID_LIMIT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use http::header::{HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, headers: &[(HeaderName, &'static str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let status = StatusCode::from_u16(status).expect("a status");
        Answer { status, headers, body: Body::Whole(Bytes::copy_from_slice(body.as_bytes())) }
    }

    fn rule(pointer: Option<&str>, equals: Option<Value>, id_pointer: Option<&str>) -> Rule {
        Rule { pointer: pointer.map(Into::into), equals, id_pointer: id_pointer.map(Into::into) }
    }

    #[test]
    fn statuses_say_whether_a_retry_can_help() {
        for (status, name) in
            [(200, "accepted"), (202, "accepted"), (204, "accepted"), (400, "permanent"), (401, "permanent"), (404, "permanent")]
                .into_iter()
                .chain([(422, "permanent"), (408, "temporary"), (425, "temporary"), (429, "temporary"), (500, "temporary")])
                .chain([(503, "temporary"), (301, "permanent"), (307, "permanent"), (304, "permanent")])
        {
            assert_eq!(Rule::default().judge(&answer(status, &[], "")).name(), name, "{status}");
        }
    }

    #[test]
    fn a_provider_says_how_long_to_wait() {
        let wait = |headers: &[_]| match Rule::default().judge(&answer(429, headers, "")) {
            Outcome::Temporary { retry_after, .. } => retry_after,
            other => panic!("{other:?}"),
        };
        let date = (DATE, "Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(wait(&[(RETRY_AFTER, "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[(RETRY_AFTER, "Wed, 21 Oct 2026 07:28:30 GMT"), date.clone()]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[(RETRY_AFTER, "Wed, 21 Oct 2026 07:27:00 GMT"), date]), Some(Duration::ZERO));
        assert_eq!(wait(&[(RETRY_AFTER, "Wed, 21 Oct 2026 07:28:30 GMT")]), None);
        assert_eq!(wait(&[(RETRY_AFTER, "4000000000")]), Some(WAIT_LIMIT));
        assert_eq!(wait(&[(RETRY_AFTER, "-1")]), None);
        assert_eq!(wait(&[(RETRY_AFTER, "99999999999999")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn an_error_inside_a_success_is_a_refusal() {
        let rule = rule(Some("/status"), Some("0".into()), Some("/messages/0/id"));
        let judge = |body| rule.judge(&answer(200, &[], body));
        assert_eq!(judge(r#"{"status":"0","messages":[{"id":"A-1"}]}"#), Outcome::accepted(Some("A-1".into())));
        assert_eq!(judge(r#"{"status":"0","messages":[{"id":42}]}"#), Outcome::accepted(Some("42".into())));
        assert_eq!(judge(r#"{"status":"0"}"#), Outcome::accepted(None));
        assert_eq!(judge(r#"{"status":"9"}"#), Outcome::permanent("provider_refused"));
        assert_eq!(judge(r#"{"error":"Invalid number 41793026727"}"#), Outcome::permanent("provider_refused"));
        assert_eq!(judge("<html>"), Outcome::unknown("invalid_json"));
        assert_eq!(judge(""), Outcome::unknown("invalid_json"));
    }

    #[test]
    fn without_an_expected_value_the_place_must_be_there() {
        let rule = rule(Some("/id"), None, None);
        assert_eq!(rule.judge(&answer(200, &[], r#"{"id":null}"#)).name(), "accepted");
        assert_eq!(rule.judge(&answer(200, &[], "{}")), Outcome::permanent("provider_refused"));
    }

    #[test]
    fn an_unreadable_body_matters_only_to_a_rule() {
        let cut = || Answer { body: Body::Cut("timeout"), ..answer(200, &[], "") };
        assert_eq!(rule(None, None, Some("/id")).judge(&cut()), Outcome::accepted(None));
        assert_eq!(rule(Some("/ok"), None, None).judge(&cut()), Outcome::unknown("timeout"));
    }

    #[test]
    fn an_id_is_short_plain_text() {
        let rule = rule(None, None, Some("/id"));
        for body in [
            r#"{"id":"a b"}"#,
            r#"{"id":"a\r\nb"}"#,
            r#"{"id":""}"#,
            r#"{"id":{}}"#,
            &format!(r#"{{"id":"{}"}}"#, "a".repeat(201)),
        ] {
            assert_eq!(rule.judge(&answer(200, &[], body)), Outcome::accepted(None), "{body}");
        }
    }
}
