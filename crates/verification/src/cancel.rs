//! Ends a PIN by the caller's wish.

use pinfold_core::id::PinId;
use pinfold_core::life::CancelOutcome;
use pinfold_http::{Caller, Code, Problem};

use crate::State;
use crate::resend::over;
use crate::state::hot_problem;

/// Cancels.
///
/// # Errors
/// 404 for an unknown PIN, 409 when it is over already, 503.
pub(crate) async fn cancel(state: &State, caller: &Caller, pin: PinId) -> Result<(), Problem> {
    match state.hot.cancel(caller.tenant, pin).await.map_err(hot_problem)? {
        CancelOutcome::Canceled => Ok(()),
        CancelOutcome::Terminal(terminal) => Err(over(terminal)),
        CancelOutcome::Unknown => Err(Problem::new(Code::NotFound)),
    }
}
