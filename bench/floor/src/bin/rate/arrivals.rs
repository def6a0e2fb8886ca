//! When requests arrive: at a fixed rate that no answer can slow down, or each as soon as a connection is free.

use std::{
    cell::Cell,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, unbounded_channel},
};

/// One request that is due.
pub struct Arrival {
    /// Its place in the order, from 0.
    pub turn: u64,
    /// The moment it arrived, from which its latency counts.
    pub at: Instant,
}

/// Where connections get their next request from.
pub enum Arrivals {
    /// A thread of its own keeps the rate.
    Paced(Mutex<UnboundedReceiver<Arrival>>),
    /// The next one is always due.
    Eager {
        /// How many were handed out.
        turn: Cell<u64>,
        /// How many there are.
        requests: u64,
        /// When to stop in any case.
        end: Instant,
    },
}

impl Arrivals {
    /// `rate` requests a second, at most `requests`, for at most `span`.
    pub fn paced(rate: u64, requests: u64, span: Duration) -> Self {
        let (due, inbox) = unbounded_channel();
        let started = Instant::now();
        thread::spawn(move || {
            let interval = Duration::from_secs(1).div_f64(rate as f64);
            for turn in 0..requests {
                let at = interval.mul_f64(turn as f64);
                if at >= span {
                    return;
                }
                thread::sleep((started + at).saturating_duration_since(Instant::now()));
                if due.send(Arrival { turn, at: Instant::now() }).is_err() {
                    return;
                }
            }
        });
        Self::Paced(Mutex::new(inbox))
    }

    /// At most `requests`, for at most `span`, as fast as they are answered.
    pub fn eager(requests: u64, span: Duration) -> Self {
        Self::Eager { turn: Cell::new(0), requests, end: Instant::now() + span }
    }

    /// The next request, or nothing when the load is over.
    pub async fn next(&self) -> Option<Arrival> {
        match self {
            Self::Paced(inbox) => inbox.lock().await.recv().await,
            Self::Eager { turn, requests, end } => {
                let at = Instant::now();
                if turn.get() >= *requests || at >= *end {
                    return None;
                }
                Some(Arrival { turn: turn.replace(turn.get() + 1), at })
            }
        }
    }
}
