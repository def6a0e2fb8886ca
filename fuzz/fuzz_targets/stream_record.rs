//! What is read back from Redis: jobs, events, records, timers. Whatever stands there, nothing panics, and what is read is
//! written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pinfold_core::event::Event;
use pinfold_redis::{Job, Record, Timer};

fuzz_target!(|bytes: &[u8]| {
    if let Some(job) = Job::decode(bytes) {
        assert_eq!(Job::decode(&job.encode()).as_ref(), Some(&job));
        let _ = job.reference();
    }
    if let Some(event) = Event::decode(bytes, 1_763_720_000_000) {
        assert!(Event::decode(&event.encode(), event.at_ms).is_some());
    }
    if let Some(record) = Record::decode(bytes) {
        let _ = (record.terminal(1_763_720_000_000), record.attempts_left());
    }
    let _ = Timer::decode(bytes);
});
