//! Vonage Verify v2: a workflow of channels in order, each with its time, on the platform's fallback plan.

mod cancel;
mod check;
mod next_workflow;
mod request;
mod start;
mod workflow;

use pinfold_http::{Mount, mount};

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::start, self::check, self::cancel, self::next_workflow);
}
