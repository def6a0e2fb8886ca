//! Caps on what a tenant or one of its applications sends in a day and in a month, in messages and in money. Days and
//! months are those of UTC. Messages are counted when they are accepted. What one costs is known when its route is: the
//! worker reserves the price before a provider hears of the message, and what it reserved in vain is given back. Scripts count
//! both, so that no race passes a cap; they follow this file.

use crate::life::Refusal;
use crate::price::{Currency, Price};
use crate::span::DAY_MS;

/// The UTC day of a time in Unix milliseconds, counted from the first of January 1970.
#[must_use]
pub fn day_of(ms: u64) -> u64 {
    ms / DAY_MS
}

/// The month of a day: twelve times the year, and from 0 in January.
#[must_use]
pub fn month_of(day: u64) -> u64 {
    // By the civil calendar whose years begin in March and whose eras have 400 years.
    let days = day + 719_468;
    let (era, in_era) = (days / 146_097, days % 146_097);
    let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * in_year + 2) / 153;
    (era * 400 + year) * 12 + from_march + 2
}

/// The first day of a month.
#[must_use]
pub fn first_day_of(month: u64) -> u64 {
    let (from_march, year) = ((month + 10) % 12, (month - 2) / 12);
    let (era, year) = (year / 400, year % 400);
    era * 146_097 + year * 365 + year / 4 - year / 100 + (153 * from_march + 2) / 5 - 719_468
}

/// The caps of one tenant or one application. What is absent has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// Messages in a day.
    pub daily_messages: Option<u32>,
    /// Messages in a month.
    pub monthly_messages: Option<u32>,
    /// Money in a day.
    pub daily_money: Option<Price>,
    /// Money in a month, in the same currency.
    pub monthly_money: Option<Price>,
}

impl Caps {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is recorded of a day and its month, as it was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The day.
    pub day: u64,
    /// Messages of the day.
    pub day_messages: u32,
    /// Messages of its month.
    pub month_messages: u32,
    /// Millionths spent on the day, in the caps' currency.
    pub day_micros: u64,
    /// Millionths spent in its month.
    pub month_micros: u64,
}

/// Caps and what is recorded under them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capped {
    /// The caps.
    pub caps: Caps,
    /// What is recorded.
    pub recorded: Recorded,
}

impl Capped {
    /// Whether the money of the day is spent, and that of the month.
    #[must_use]
    pub fn is_spent(&self) -> (bool, bool) {
        let is_spent = |cap: Option<Price>, spent: u64| cap.is_some_and(|cap| spent >= cap.micros);
        let Recorded { day_micros, month_micros, .. } = self.recorded;
        (is_spent(self.caps.daily_money, day_micros), is_spent(self.caps.monthly_money, month_micros))
    }
}

/// What one more message has to pass: the caps of its tenant and those of its application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// The tenant's.
    pub tenant: Option<Capped>,
    /// The application's.
    pub application: Option<Capped>,
}

impl Budget {
    /// The caps on money of a currency alone; none when there are none.
    #[must_use]
    pub fn money_in(&self, currency: Currency) -> Option<Self> {
        let of = |capped: Option<Capped>| {
            capped.filter(|Capped { caps, .. }| {
                caps.daily_money.or(caps.monthly_money).is_some_and(|money| money.currency == currency)
            })
        };
        let budget = Self { tenant: of(self.tenant), application: of(self.application) };
        (budget.tenant.is_some() || budget.application.is_some()).then_some(budget)
    }
}

/// Money that was reserved for messages, by the day and the month that reserved last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purse {
    /// The day.
    pub day: u64,
    /// Millionths reserved on it.
    pub in_day: u64,
    /// The month.
    pub month: u64,
    /// Millionths reserved in it.
    pub in_month: u64,
}

impl Purse {
    /// The purse after a message that costs so much, under these caps.
    ///
    /// # Errors
    /// The cap that the message would pass, and how long it will be: until the day or the month ends.
    pub fn after(self, capped: &Capped, micros: u64, now_ms: u64) -> Result<Self, Refusal> {
        let day = day_of(now_ms);
        let month = month_of(day);
        let Capped { caps, recorded } = capped;
        let of = |is_current: bool, reserved: u64, is_read: bool, recorded: u64| {
            (if is_current { reserved } else { 0 }).max(if is_read { recorded } else { 0 }) + micros
        };
        let in_day = of(self.day == day, self.in_day, recorded.day == day, recorded.day_micros);
        let in_month = of(self.month == month, self.in_month, month_of(recorded.day) == month, recorded.month_micros);
        let is_passed = |cap: Option<Price>, micros: u64| cap.is_some_and(|cap| micros > cap.micros);
        if is_passed(caps.daily_money, in_day) {
            return Err(Refusal::DailyCap { retry_ms: (day + 1) * DAY_MS - now_ms });
        }
        if is_passed(caps.monthly_money, in_month) {
            return Err(Refusal::MonthlyCap { retry_ms: first_day_of(month + 1) * DAY_MS - now_ms });
        }
        Ok(Self { day, in_day, month, in_month })
    }
}

/// Messages that were counted, by the day and the month that counted last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counter {
    /// The day.
    pub day: u64,
    /// Its messages.
    pub in_day: u32,
    /// The month.
    pub month: u64,
    /// Its messages.
    pub in_month: u32,
}

impl Counter {
    /// The counter after one more message under these caps.
    ///
    /// # Errors
    /// The cap that is reached, and how long it will be: until the day or the month ends.
    pub fn after(self, capped: &Capped, now_ms: u64) -> Result<Self, Refusal> {
        let day = day_of(now_ms);
        let month = month_of(day);
        let Capped { caps, recorded } = capped;
        let is_today = recorded.day == day;
        let is_this_month = month_of(recorded.day) == month;
        // What is recorded counts where nothing else does: for messages from before the cap, or after Redis lost them.
        let count = |is_current: bool, counted: u32, is_read: bool, recorded: u32| {
            (if is_current { counted } else { 0 }).max(if is_read { recorded } else { 0 })
        };
        let in_day = count(self.day == day, self.in_day, is_today, recorded.day_messages);
        let in_month = count(self.month == month, self.in_month, is_this_month, recorded.month_messages);
        let (day_spent, month_spent) = capped.is_spent();
        let is_reached = |cap: Option<u32>, count: u32| cap.is_some_and(|cap| count >= cap);
        if is_reached(caps.daily_messages, in_day) || is_today && day_spent {
            return Err(Refusal::DailyCap { retry_ms: (day + 1) * DAY_MS - now_ms });
        }
        if is_reached(caps.monthly_messages, in_month) || is_this_month && month_spent {
            return Err(Refusal::MonthlyCap { retry_ms: first_day_of(month + 1) * DAY_MS - now_ms });
        }
        Ok(Self { day, in_day: in_day.saturating_add(1), month, in_month: in_month.saturating_add(1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The 21st of November 2026, noon.
    const NOON: u64 = 1_795_262_400_000;

    #[test]
    fn months_begin_and_end_where_the_calendar_says() {
        let (mut day, mut count) = (0, 0);
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for year in 1970..2401_u64 {
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for (month, length) in (0_u64..).zip(lengths) {
                let length = if month == 1 && is_leap { 29 } else { length };
                assert_eq!(first_day_of(year * 12 + month), day, "{year}-{}", month + 1);
                for _ in 0..length {
                    assert_eq!(month_of(day), year * 12 + month, "day {day}");
                    day += 1;
                }
                count += 1;
            }
        }
        assert_eq!(count, 431 * 12);
        assert_eq!(month_of(day_of(NOON)), 2026 * 12 + 10);
    }

    #[test]
    fn a_cap_stops_until_its_period_ends() {
        let caps = Caps { daily_messages: Some(2), monthly_messages: Some(3), ..Caps::default() };
        let capped = Capped { caps, recorded: Recorded::default() };
        let mut counter = Counter::default();
        for _ in 0..2 {
            counter = counter.after(&capped, NOON).expect("there is room");
        }
        assert_eq!(counter.after(&capped, NOON), Err(Refusal::DailyCap { retry_ms: DAY_MS / 2 }));
        counter = counter.after(&capped, NOON + DAY_MS / 2).expect("a new day");
        let refused = counter.after(&capped, NOON + DAY_MS / 2 + 1);
        assert_eq!(refused, Err(Refusal::MonthlyCap { retry_ms: 9 * DAY_MS - 1 }));
        assert!(counter.after(&capped, NOON + 19 * DAY_MS / 2).is_ok(), "December");
    }

    #[test]
    fn what_is_recorded_counts_while_its_day_or_month_lasts() {
        let caps = Caps { daily_messages: Some(5), monthly_messages: Some(9), ..Caps::default() };
        let recorded = Recorded { day: day_of(NOON), day_messages: 5, month_messages: 8, ..Recorded::default() };
        let capped = Capped { caps, recorded };
        assert!(matches!(Counter::default().after(&capped, NOON), Err(Refusal::DailyCap { .. })));
        let next = Counter::default().after(&capped, NOON + DAY_MS).expect("a new day");
        assert_eq!((next.in_day, next.in_month), (1, 9));
        let full = Capped { recorded: Recorded { day_messages: 0, month_messages: 9, ..recorded }, ..capped };
        assert!(matches!(Counter::default().after(&full, NOON), Err(Refusal::MonthlyCap { .. })));
        assert_eq!(Counter::default().after(&full, NOON + 10 * DAY_MS).expect("December").in_month, 1);
    }

    #[test]
    fn money_that_is_spent_stops_like_messages() {
        let price = |micros| Some(Price { micros, currency: Currency::EUR });
        let caps = Caps { daily_money: price(100), monthly_money: price(1_000), ..Caps::default() };
        let of = |day_micros, month_micros| Capped {
            caps,
            recorded: Recorded { day: day_of(NOON), day_micros, month_micros, ..Recorded::default() },
        };
        assert!(Counter::default().after(&of(99, 999), NOON).is_ok());
        assert_eq!(Counter::default().after(&of(100, 100), NOON), Err(Refusal::DailyCap { retry_ms: DAY_MS / 2 }));
        assert!(Counter::default().after(&of(100, 100), NOON + DAY_MS).is_ok(), "a new day");
        assert!(matches!(Counter::default().after(&of(0, 1_000), NOON + DAY_MS), Err(Refusal::MonthlyCap { .. })));
    }

    #[test]
    fn money_is_reserved_up_to_the_cap_and_no_further() {
        let price = |micros| Some(Price { micros, currency: Currency::EUR });
        let caps = Caps { daily_money: price(100), monthly_money: price(150), ..Caps::default() };
        let recorded = Recorded { day: day_of(NOON), day_micros: 60, month_micros: 60, ..Recorded::default() };
        let (fresh, known) = (Capped { caps, recorded: Recorded::default() }, Capped { caps, recorded });
        let purse = Purse::default().after(&fresh, 70, NOON).expect("there is room");
        assert_eq!(purse.after(&fresh, 31, NOON), Err(Refusal::DailyCap { retry_ms: DAY_MS / 2 }));
        assert_eq!(purse.after(&fresh, 30, NOON).map(|purse| purse.in_day), Ok(100));
        assert_eq!(Purse::default().after(&known, 40, NOON).map(|purse| purse.in_day), Ok(100), "what is recorded counts");
        assert!(matches!(purse.after(&fresh, 81, NOON + DAY_MS), Err(Refusal::MonthlyCap { .. })));
        assert_eq!(purse.after(&fresh, 80, NOON + DAY_MS).map(|purse| (purse.in_day, purse.in_month)), Ok((80, 150)));
    }

    #[test]
    fn money_of_another_currency_has_no_cap_here() {
        let price = Some(Price { micros: 1, currency: Currency::EUR });
        let of = |caps| Some(Capped { caps, recorded: Recorded::default() });
        let budget = Budget {
            tenant: of(Caps { monthly_money: price, ..Caps::default() }),
            application: of(Caps { daily_messages: Some(1), ..Caps::default() }),
        };
        assert_eq!(budget.money_in(Currency::EUR), Some(Budget { application: None, ..budget }));
        assert_eq!(budget.money_in("CHF".parse().expect("a currency")), None);
    }
}
