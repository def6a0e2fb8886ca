//! Durations and limits: refused, or a value that is written back the same and never wrapped.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pinfold_core::span::{Rate, Span};

fuzz_target!(|text: &str| {
    if let Ok(span) = text.parse::<Span>() {
        let again: Span = span.to_string().parse().expect("what is written is read");
        assert_eq!(again.millis(), span.millis());
    }
    if let Ok(rate) = text.parse::<Rate>() {
        let again: Rate = rate.to_string().parse().expect("what is written is read");
        assert_eq!((again.attempts(), again.window_ms()), (rate.attempts(), rate.window_ms()));
        assert!(rate.attempts() > 0 && rate.window_ms() > 0);
    }
});
