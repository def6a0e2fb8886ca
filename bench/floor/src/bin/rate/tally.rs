//! What came back: latencies, statuses, and the fields of each answer that were asked for.

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
    statuses: RefCell<BTreeMap<u16, Histogram<u64>>>,
    failures: Cell<u64>,
    fields: Vec<String>,
    collected: RefCell<String>,
}

impl Tally {
    /// Nothing yet; `fields` name what to keep of each answer.
    pub fn new(fields: Vec<String>) -> Result<Self, Failure> {
        Ok(Self {
            started: Instant::now(),
            latencies: RefCell::new(Histogram::new_with_bounds(1, LONGEST_US, 3)?),
            statuses: RefCell::default(),
            failures: Cell::default(),
            fields,
            collected: RefCell::default(),
        })
    }

    /// An answer came.
    pub fn answered(&self, status: StatusCode, took: Duration, body: &[u8]) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(LONGEST_US);
        let mut latencies = self.latencies.borrow_mut();
        let empty = || Histogram::new_from(&latencies);
        self.statuses.borrow_mut().entry(status.as_u16()).or_insert_with(empty).saturating_record(took_us);
        latencies.saturating_record(took_us);
        drop(latencies);
        if self.fields.is_empty() || !status.is_success() {
            return;
        }
        let Ok(answer) = serde_json::from_slice::<Value>(body) else { return };
        let kept: Option<Vec<_>> = self.fields.iter().map(|field| answer[field].as_str()).collect();
        if let Some(kept) = kept {
            self.collected.borrow_mut().extend([&kept.join(" "), "\n"]);
        }
    }

    /// No answer came.
    pub fn failed(&self) {
        self.failures.set(self.failures.get() + 1);
    }

    /// The kept fields, a line an answer.
    pub fn collected(&self) -> String {
        self.collected.borrow().clone()
    }

    /// All of it as one JSON object.
    pub fn summary(&self) -> Value {
        let (latencies, statuses) = (self.latencies.borrow(), self.statuses.borrow());
        let counts: BTreeMap<_, _> = statuses.iter().map(|(status, of)| (status, of.len())).collect();
        let p99s: BTreeMap<_, _> = statuses.iter().map(|(status, of)| (status, of.value_at_quantile(0.99))).collect();
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
            "statuses": counts,
            "p99_us_by_status": p99s,
            "failures": self.failures.get(),
        })
    }
}
