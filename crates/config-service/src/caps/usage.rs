//! Shows what was sent in a month.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, Datelike};
use pinfold_core::caps::{day_of, first_day_of, month_of};
use pinfold_http::{Authorized, ConfigRead, Params, Problem, ProblemView, clock};
use pinfold_postgres::UsageRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::refusals::Native;
use crate::{State, store};

/// Which month.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageParams {
    /// The month, this one when it is left out. It is kept for about a year.
    #[param(example = "2026-11")]
    month: Option<String>,
}

/// What was sent in a month of UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageView {
    /// The month.
    #[schema(example = "2026-11")]
    month: String,
    /// Messages of the month.
    messages: u64,
    /// Numbers looked up in the month.
    lookups: u64,
    /// Their cost as far as it is known, by currency.
    cost: Vec<CostView>,
    /// What each application sent on each day; days without messages are left out.
    days: Vec<DayView>,
}

/// What an application sent on a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UsageDay)]
struct DayView {
    /// The day.
    #[schema(example = "2026-11-21")]
    day: String,
    /// The application; absent for those that are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    application_id: Option<String>,
    /// Messages that came to their end: sent, given up, or not sent any more.
    messages: u64,
    /// Numbers looked up.
    lookups: u64,
    /// Their cost as far as it is known, by currency.
    cost: Vec<CostView>,
}

/// An amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UsageCost)]
struct CostView {
    /// Millionths of the currency's unit.
    #[schema(example = 7_500)]
    micros: u64,
    /// The currency (ISO 4217).
    #[schema(example = "EUR")]
    currency: String,
}

/// Shows what was sent in a month, by day and application.
///
/// A message counts when it comes to its end, usually within seconds. What sandbox keys send is not counted.
#[utoipa::path(
    get,
    path = "/v1/usage",
    operation_id = "usage.get",
    tag = "Caps and usage",
    params(UsageParams),
    responses(
        (status = 200, description = "What was sent", body = UsageView),
        (status = 400, description = "There is no such month", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    params: Params<UsageParams>,
) -> Result<HttpResponse, Problem> {
    let month = match &params.0.month {
        None => month_of(day_of(clock::now_ms())),
        Some(text) => parse(text).ok_or_else(|| Problem::field("month", "must be a month such as 2026-11"))?,
    };
    let (from, to) = (first_day_of(month), first_day_of(month + 1) - 1);
    let rows = state.database.tenant(caller.tenant).caps().usage(from, to).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(view(month, &rows)))
}

/// The number of a month between 1970 and 9999.
fn parse(text: &str) -> Option<u64> {
    let (year, month) = text.split_once('-')?;
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month): (u64, u64) =
        (digits(year, 4).then(|| year.parse().ok())??, digits(month, 2).then(|| month.parse().ok())??);
    ((1970..=9_999).contains(&year) && (1..=12).contains(&month)).then(|| year * 12 + month - 1)
}

/// `rows` are ordered by day and application.
fn view(month: u64, rows: &[UsageRow]) -> UsageView {
    let mut view = UsageView {
        month: format!("{:04}-{:02}", month / 12, month % 12 + 1),
        messages: 0,
        lookups: 0,
        cost: vec![],
        days: vec![],
    };
    for row in rows {
        let (day, application_id) = (date(row.day), row.application.map(|id| id.to_string()));
        let last = view.days.last().filter(|last| last.day == day && last.application_id == application_id);
        if last.is_none() {
            view.days.push(DayView { day, application_id, messages: 0, lookups: 0, cost: Vec::new() });
        }
        view.messages += row.messages;
        view.lookups += row.lookups;
        let Some(last) = view.days.last_mut() else { continue };
        last.messages += row.messages;
        last.lookups += row.lookups;
        if let Some(cost) = row.cost {
            for costs in [&mut last.cost, &mut view.cost] {
                let currency = cost.currency.code();
                match costs.iter_mut().find(|known| known.currency == currency) {
                    Some(known) => known.micros = known.micros.saturating_add(cost.micros),
                    None => costs.push(CostView { micros: cost.micros, currency: currency.to_owned() }),
                }
            }
        }
    }
    view
}

/// A day as people write it.
fn date(day: u64) -> String {
    let seconds = i64::try_from(day * 86_400).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0)
        .map_or_else(String::new, |time| format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day()))
}

#[cfg(test)]
mod tests {
    use pinfold_core::id::ApplicationId;
    use pinfold_core::price::{Currency, Price};

    use super::*;

    #[test]
    fn a_month_is_four_digits_and_two() {
        assert_eq!(parse("2026-11"), Some(2026 * 12 + 10));
        for text in ["", "2026", "2026-00", "2026-13", "1969-12", "26-11", "2026-1", "2026-11-01", "+026-11", "２０２６-11"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn rows_become_days_and_totals() {
        let (application, day) = (ApplicationId::random(), first_day_of(2026 * 12 + 10) + 20);
        let row = |application, messages, cost| UsageRow { day, application, messages, lookups: 0, cost };
        let cents = |micros, currency: &str| Some(Price { micros, currency: currency.parse().expect(currency) });
        let view = view(
            2026 * 12 + 10,
            &[
                row(None, 1, None),
                row(None, 0, cents(5, "EUR")),
                row(Some(application), 2, None),
                row(Some(application), 0, cents(7, "EUR")),
                row(Some(application), 0, cents(9, "USD")),
            ],
        );
        assert_eq!((view.month.as_str(), view.messages, view.days.len()), ("2026-11", 3, 2));
        assert_eq!((view.days[0].day.as_str(), view.days[1].messages), ("2026-11-21", 2));
        let cost = |micros, currency: Currency| CostView { micros, currency: currency.code().to_owned() };
        assert_eq!(view.cost, [cost(12, Currency::EUR), cost(9, "USD".parse().expect("a currency"))]);
    }
}
