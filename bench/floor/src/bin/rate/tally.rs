//! What came back: latencies, statuses, and the one field of each answer that was asked for.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use hyper::StatusCode;
use pinfold_floor::Failure;
use serde_json::{Value, json};

const LONGEST_US: u64 = 60_000_000;

/// Counts answers as they come.
pub struct Tally {
    started: Instant,
    latencies: RefCell<Histogram<u64>>,
    statuses: RefCell<BTreeMap<u16, u64>>,
    failures: Cell<u64>,
    field: Option<String>,
    collected: RefCell<String>,
}

impl Tally {
    /// Nothing yet; `field` names what to keep of each answer.
    pub fn new(field: Option<String>) -> Result<Self, Failure> {
        Ok(Self {
            started: Instant::now(),
            latencies: RefCell::new(Histogram::new_with_bounds(1, LONGEST_US, 3)?),
            statuses: RefCell::default(),
            failures: Cell::default(),
            field,
            collected: RefCell::default(),
        })
    }

    /// An answer came.
    pub fn answered(&self, status: StatusCode, took: Duration, body: &[u8]) {
        *self.statuses.borrow_mut().entry(status.as_u16()).or_default() += 1;
        self.latencies.borrow_mut().saturating_record(u64::try_from(took.as_micros()).unwrap_or(LONGEST_US));
        let Some(field) = self.field.as_ref().filter(|_| status.is_success()) else { return };
        if let Ok(answer) = serde_json::from_slice::<Value>(body)
            && let Some(text) = answer[field].as_str()
        {
            let mut collected = self.collected.borrow_mut();
            collected.push_str(text);
            collected.push('\n');
        }
    }

    /// No answer came.
    pub fn failed(&self) {
        self.failures.set(self.failures.get() + 1);
    }

    /// The kept fields, one a line.
    pub fn collected(&self) -> String {
        self.collected.borrow().clone()
    }

    /// All of it as one JSON object.
    pub fn summary(&self) -> Value {
        let latencies = self.latencies.borrow();
        let seconds = self.started.elapsed().as_secs_f64();
        json!({
            "requests": latencies.len(),
            "seconds": seconds,
            "per_second": latencies.len() as f64 / seconds,
            "p50_us": latencies.value_at_quantile(0.5),
            "p90_us": latencies.value_at_quantile(0.9),
            "p99_us": latencies.value_at_quantile(0.99),
            "p999_us": latencies.value_at_quantile(0.999),
            "max_us": latencies.max(),
            "statuses": *self.statuses.borrow(),
            "failures": self.failures.get(),
        })
    }
}
