//! Where a PIN stands: from its record while that lives, afterwards from the system of record.

use pinfold_core::channel::Channel;
use pinfold_core::id::PinId;
use pinfold_core::life::{Status, Terminal};
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::VerificationStatus;

use crate::State;
use crate::state::{hot_problem, record_problem};

/// Where a PIN stands.
#[derive(Debug)]
pub(crate) struct Standing {
    /// A stable word: `pending`, `verified`, `exhausted`, `canceled` or `expired`.
    pub(crate) word: &'static str,
    pub(crate) channel: Channel,
    pub(crate) created_ms: u64,
    pub(crate) expires_ms: u64,
    pub(crate) verified_ms: Option<u64>,
    pub(crate) attempts_left: u8,
    pub(crate) deliveries: u8,
}

/// Reads; changes nothing and extends nothing.
///
/// # Errors
/// 404 for an unknown PIN, 503.
pub(crate) async fn status(state: &State, caller: &Caller, pin: PinId) -> Result<Standing, Problem> {
    if let Some(record) = state.hot.peek(caller.tenant, pin).await.map_err(hot_problem)? {
        let terminal = record.terminal(state.hot.now_ms().await.map_err(hot_problem)?);
        return Ok(Standing {
            word: match (record.status, terminal) {
                (Status::Verified, _) => "verified",
                (_, Some(terminal)) => word(terminal),
                (_, None) => "pending",
            },
            channel: record.channel,
            created_ms: record.created_ms,
            expires_ms: record.expires_ms,
            verified_ms: record.verified_ms,
            attempts_left: if terminal.is_some() { 0 } else { record.attempts_left() },
            deliveries: record.deliveries,
        });
    }
    let recorded = state.database.tenant(caller.tenant).verifications().get(pin).await.map_err(record_problem)?;
    let recorded = recorded.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Standing {
        word: match recorded.status {
            VerificationStatus::Verified => "verified",
            VerificationStatus::Exhausted => "exhausted",
            VerificationStatus::Canceled => "canceled",
            // The record is gone, so the PIN's life is over.
            VerificationStatus::Waiting | VerificationStatus::Sent | VerificationStatus::Failed | VerificationStatus::Expired => {
                "expired"
            }
        },
        channel: recorded.channel,
        created_ms: recorded.created_ms,
        expires_ms: recorded.expires_ms,
        verified_ms: recorded.verified_ms,
        attempts_left: 0,
        deliveries: recorded.deliveries,
    })
}

/// The word for an end.
pub(crate) fn word(terminal: Terminal) -> &'static str {
    match terminal {
        Terminal::AlreadyVerified => "verified",
        Terminal::Exhausted => "exhausted",
        Terminal::Canceled => "canceled",
        Terminal::Expired => "expired",
    }
}
