//! Shows what became of PINs in figures: over time, or by country, connection, channel or application.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::field::Checks;
use pinfold_http::clock::{now_ms, parse_rfc3339, rfc3339};
use pinfold_http::{Authorized, Params, Problem, ProblemView, ReportsRead};
use pinfold_postgres::{Figures, Snapshot, TrafficFilter, TrafficGroup, TrafficKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::FiguresView;
use crate::State;
use crate::state::record_problem;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
/// The longest span of an answer: sums are kept so long.
const LONGEST_MS: u64 = 400 * DAY_MS;
/// The most spans of an answer.
const MOST_BUCKETS: u64 = 1_000;
/// Spans of five minutes are kept so long.
const FINE_MS: u64 = 2 * DAY_MS;
/// The names of the spans, the finest first.
const BUCKETS: [(&str, u64); 3] = [("5m", 5 * MINUTE_MS), ("1h", HOUR_MS), ("1d", DAY_MS)];

/// Which figures.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct StatisticsParams {
    /// Of PINs accepted at this time or later (RFC 3339); 24 hours before `to` by default, at most 400 days before it.
    from: Option<String>,
    /// Of PINs accepted before this time (RFC 3339); now by default.
    to: Option<String>,
    /// What they are grouped by: `time` (the default), `country`, `connection`, `channel` or `application`.
    by: Option<String>,
    /// The spans of time, in UTC: `5m` (of the last 48 hours), `1h` or `1d`; what suits the whole span by default.
    bucket: Option<String>,
    /// Those of this application.
    application_id: Option<String>,
    /// Those of this channel.
    channel: Option<String>,
    /// Those to this country (ISO 3166-1, two letters).
    country: Option<String>,
    /// Those over this connection.
    connection_id: Option<String>,
    /// `live` or `sandbox`; both by default.
    environment: Option<String>,
}

/// Figures.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Statistics)]
struct StatisticsView {
    /// From when on.
    #[schema(example = "2026-11-20T12:00:00Z")]
    from: String,
    /// Until when.
    #[schema(example = "2026-11-21T12:00:00Z")]
    to: String,
    /// What they are grouped by.
    #[schema(example = "time")]
    by: &'static str,
    /// The spans of time; absent for other groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1h")]
    bucket: Option<&'static str>,
    /// When the figures were brought up to date; absent before the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-11-21T11:59:57Z")]
    as_of: Option<String>,
    /// All of them together.
    totals: FiguresView,
    /// Each group: spans of time with the oldest first, also those with nothing in them; others with the most PINs first, at most
    /// 300.
    groups: Vec<GroupView>,
}

/// One group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatisticsGroup)]
struct GroupView {
    /// The start of the span, the country, the connection's or application's id, or the channel; empty for what is not known.
    #[schema(example = "2026-11-21T11:00:00Z")]
    key: String,
    /// The connection's or application's name, while it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Main SMS")]
    name: Option<String>,
    #[serde(flatten)]
    figures: FiguresView,
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    filter: TrafficFilter,
    by: &'static str,
    group: TrafficGroup,
}

/// Shows what became of PINs, in figures.
///
/// Figures follow within seconds. Those of the last two days change while receipts come late.
#[utoipa::path(
    get,
    path = "/v1/statistics",
    operation_id = "statistics.get",
    tag = "Verifications",
    params(StatisticsParams),
    responses(
        (status = 200, description = "The figures", body = StatisticsView),
        (status = 400, description = "A parameter is past its bound", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<ReportsRead>,
    state: Data<State>,
    params: Params<StatisticsParams>,
) -> Result<HttpResponse, Problem> {
    let question = params.question(now_ms())?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let traffic = state.database.tenant(caller.tenant).traffic();
    let sums = traffic.sums(question.filter.clone(), question.group).await.map_err(record_problem)?;
    let as_of = traffic.rolled_up_ms().await.map_err(record_problem)?;
    Ok(HttpResponse::Ok().json(view(&question, sums, as_of, &snapshot)))
}

impl StatisticsParams {
    fn question(&self, now_ms: u64) -> Result<Question, Problem> {
        let mut checks = Checks::default();
        let mut time = |field, text: &Option<String>| {
            let must = "must be a time such as 2026-11-21T12:00:00Z";
            text.as_deref().and_then(|text| checks.take(field, parse_rfc3339(text).ok_or(must)))
        };
        let (from, to) = (time("from", &self.from), time("to", &self.to));
        let to_ms = to.unwrap_or(now_ms);
        let from_ms = from.unwrap_or(to_ms.saturating_sub(DAY_MS));
        let length_ms = to_ms.saturating_sub(from_ms);
        checks.require(from_ms < to_ms, "from", "must be before `to`");
        checks.require(length_ms <= LONGEST_MS, "from", "must be at most 400 days before `to`");

        let bucket = self.bucket.as_deref().and_then(|name| {
            let known = BUCKETS.iter().find(|(known, _)| *known == name);
            checks.take("bucket", known.ok_or("must be one of 5m, 1h, 1d"))
        });
        let (_, span_ms) = bucket.unwrap_or_else(|| fitting(length_ms, now_ms.saturating_sub(from_ms)));
        let (by, group) = match self.by.as_deref() {
            None | Some("time") => ("time", TrafficGroup::Time(*span_ms)),
            Some("country") => ("country", TrafficGroup::Country),
            Some("connection") => ("connection", TrafficGroup::Connection),
            Some("channel") => ("channel", TrafficGroup::Channel),
            Some("application") => ("application", TrafficGroup::Application),
            Some(_) => {
                checks.require(false, "by", "must be one of time, country, connection, channel, application");
                ("time", TrafficGroup::Time(*span_ms))
            }
        };
        if let TrafficGroup::Time(span_ms) = group {
            checks.require(length_ms / span_ms <= MOST_BUCKETS, "bucket", format!("must give at most {MOST_BUCKETS} spans"));
            let is_kept = span_ms >= HOUR_MS || now_ms.saturating_sub(from_ms) <= FINE_MS;
            checks.require(is_kept, "bucket", "must be 1h or 1d for what is older than 48 hours");
        }

        let filter = TrafficFilter {
            from_ms: from_ms / (5 * MINUTE_MS) * (5 * MINUTE_MS),
            to_ms,
            application: self.application_id.as_deref().and_then(|id| checks.take("applicationId", id.parse())),
            channel: self.channel.as_deref().and_then(|name| checks.take("channel", name.parse())),
            region: self.country.as_deref().and_then(|code| checks.take("country", code.parse())),
            connection: self.connection_id.as_deref().and_then(|id| checks.take("connectionId", id.parse())),
            is_sandbox: self.environment.as_deref().and_then(|name| {
                let known = [("live", false), ("sandbox", true)].into_iter().find(|(known, _)| *known == name);
                checks.take("environment", known.ok_or("must be live or sandbox")).map(|(_, is_sandbox)| is_sandbox)
            }),
        };
        checks.finish()?;
        Ok(Question { filter, by, group })
    }
}

/// The spans that suit a time of this length, which began so long ago.
fn fitting(length_ms: u64, age_ms: u64) -> &'static (&'static str, u64) {
    match length_ms {
        ..=21_600_000 if age_ms <= FINE_MS => &BUCKETS[0],
        ..=604_800_000 => &BUCKETS[1],
        _ => &BUCKETS[2],
    }
}

fn view(question: &Question, sums: Vec<(TrafficKey, Figures)>, as_of: Option<u64>, snapshot: &Snapshot) -> StatisticsView {
    let filter = &question.filter;
    let mut totals = Figures::default();
    sums.iter().for_each(|(_, figures)| totals.add(figures));
    let (bucket, groups) = match question.group {
        TrafficGroup::Time(span_ms) => {
            let name = BUCKETS.iter().find(|(_, known)| *known == span_ms).map(|(name, _)| *name);
            (name, spans(filter.from_ms, filter.to_ms, span_ms, &sums))
        }
        group => (None, sums.into_iter().map(|(key, figures)| named(group, key, figures, snapshot)).collect()),
    };
    StatisticsView {
        from: rfc3339(filter.from_ms),
        to: rfc3339(filter.to_ms),
        by: question.by,
        bucket,
        as_of: as_of.map(rfc3339),
        totals: totals.into(),
        groups,
    }
}

/// Every span, with its figures or none.
fn spans(from_ms: u64, to_ms: u64, span_ms: u64, sums: &[(TrafficKey, Figures)]) -> Vec<GroupView> {
    let mut sums = sums.iter().peekable();
    let mut groups = Vec::new();
    let mut begin_ms = from_ms / span_ms * span_ms;
    while begin_ms < to_ms {
        let found = sums.next_if(|(key, _)| *key == TrafficKey::Time(begin_ms));
        let figures = found.map_or_else(Figures::default, |(_, figures)| *figures);
        groups.push(GroupView { key: rfc3339(begin_ms), name: None, figures: figures.into() });
        begin_ms += span_ms;
    }
    groups
}

fn named(group: TrafficGroup, key: TrafficKey, figures: Figures, snapshot: &Snapshot) -> GroupView {
    let key = match key {
        TrafficKey::Label(label) => label,
        TrafficKey::Time(at_ms) => rfc3339(at_ms),
    };
    let name = match group {
        TrafficGroup::Connection => {
            key.parse().ok().and_then(|id| snapshot.connections.get(&id)).map(|connection| connection.name.clone())
        }
        TrafficGroup::Application => {
            key.parse().ok().and_then(|id| snapshot.applications.get(&id)).map(|application| application.name.clone())
        }
        TrafficGroup::Time(_) | TrafficGroup::Country | TrafficGroup::Channel => None,
    };
    GroupView { key, name, figures: figures.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_795_262_400_000;

    fn asked(params: &StatisticsParams) -> Result<(u64, TrafficGroup), Vec<String>> {
        let question =
            params.question(NOW_MS).map_err(|problem| problem.fields.iter().map(|e| e.field.to_string()).collect::<Vec<_>>());
        question.map(|question| (question.filter.to_ms - question.filter.from_ms, question.group))
    }

    fn since(from: &str) -> StatisticsParams {
        StatisticsParams { from: Some(from.to_owned()), ..StatisticsParams::default() }
    }

    #[test]
    fn the_spans_suit_the_time() {
        assert_eq!(rfc3339(NOW_MS), "2026-11-21T12:00:00Z");
        assert_eq!(asked(&StatisticsParams::default()), Ok((DAY_MS, TrafficGroup::Time(HOUR_MS))));
        assert_eq!(asked(&since("2026-11-21T11:00:00Z")), Ok((HOUR_MS, TrafficGroup::Time(5 * MINUTE_MS))));
        assert_eq!(asked(&since("2026-11-01T12:00:00Z")), Ok((20 * DAY_MS, TrafficGroup::Time(DAY_MS))));
        let long_ago = StatisticsParams { to: Some("2026-10-01T06:00:00Z".into()), ..since("2026-10-01T00:00:00Z") };
        assert_eq!(asked(&long_ago), Ok((6 * HOUR_MS, TrafficGroup::Time(HOUR_MS))));
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        let with = |by: Option<&str>, bucket: Option<&str>, from: &str| StatisticsParams {
            by: by.map(str::to_owned),
            bucket: bucket.map(str::to_owned),
            ..since(from)
        };
        let refused = |params: &StatisticsParams| asked(params).expect_err("refused");
        assert_eq!(refused(&with(None, None, "2026-11-21T12:00:00Z")), ["from"]);
        assert_eq!(refused(&with(None, None, "2025-01-01T00:00:00Z")), ["from"]);
        assert_eq!(refused(&with(None, Some("5m"), "2026-11-10T00:00:00Z")), ["bucket", "bucket"]);
        assert_eq!(refused(&with(None, Some("1h"), "2026-01-10T00:00:00Z")), ["bucket"]);
        assert_eq!(refused(&with(Some("weather"), Some("1w"), "2026-11-21T00:00:00Z")), ["bucket", "by"]);
        let filters = StatisticsParams {
            country: Some("Switzerland".into()),
            environment: Some("test".into()),
            channel: Some("pigeon".into()),
            ..StatisticsParams::default()
        };
        assert_eq!(refused(&filters), ["channel", "country", "environment"]);
    }

    #[test]
    fn a_span_with_nothing_in_it_is_there_too() {
        let figures = Figures { pins: 3, ..Figures::default() };
        let groups = spans(HOUR_MS + 1, 4 * HOUR_MS, HOUR_MS, &[(TrafficKey::Time(2 * HOUR_MS), figures)]);
        let shown = serde_json::to_value(groups).expect("JSON");
        assert_eq!(
            (shown[0]["pins"].as_u64(), shown[1]["pins"].as_u64(), shown[2]["pins"].as_u64()),
            (Some(0), Some(3), Some(0))
        );
        assert_eq!(shown[1]["key"], "1970-01-01T02:00:00Z");
        assert!(shown[3].is_null());
    }
}
