//! Ends a PIN by the caller's wish.

use pinfold_core::application::Durability;
use pinfold_core::id::PinId;
use pinfold_core::life::CancelOutcome;
use pinfold_http::{Caller, Code, Problem};

use crate::State;
use crate::resend::over;
use crate::state::hot_problem;

/// Ends a live PIN of the caller's tenant; its messages that still wait are not sent.
///
/// # Errors
/// 404 for an unknown PIN, 409 when it is over already, 503 while Redis is away.
pub(crate) async fn cancel(state: &State, caller: &Caller, pin: PinId) -> Result<(), Problem> {
    let snapshot = state.snapshot(caller.tenant).await?;
    let durability = match state.hot.peek(caller.tenant, pin).await.map_err(hot_problem)? {
        Some(record) => snapshot.durability_of(&record.message),
        None => Durability::Standard,
    };
    let outcome = state.hot.cancel(caller.tenant, pin).await.map_err(hot_problem)?;
    state.make_sure(caller.tenant, durability).await?;
    match outcome {
        CancelOutcome::Canceled => Ok(()),
        CancelOutcome::Terminal(terminal) => Err(over(terminal)),
        CancelOutcome::Unknown => Err(Problem::new(Code::NotFound)),
    }
}
