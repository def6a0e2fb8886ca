//! How a connection does, as a worker tells it to everybody else.

use serde::{Deserialize, Serialize};

use crate::breaker::Phase;
use crate::id::ConnectionId;

/// What one worker knows of one connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// The connection.
    pub connection: ConnectionId,
    /// What its breaker says.
    pub phase: Phase,
    /// Since when, in milliseconds of Redis' clock.
    pub since_ms: u64,
    /// Messages on their way.
    pub on_their_way: u32,
    /// What came back since this worker first used it.
    pub outcomes: Outcomes,
    /// The last failure, as a stable word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure_ms: Option<u64>,
    /// The usual time to an answer, in milliseconds; recent ones count more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u32>,
}

/// How often each outcome came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// The provider took the message.
    pub accepted: u64,
    /// It did not, but may later.
    pub temporary: u64,
    /// It never will.
    pub permanent: u64,
    /// Nobody knows.
    pub unknown: u64,
}
