//! What providers say of messages after they took them: pushed to a connection's own address, or asked for.

mod accept;
pub(crate) mod drain;
mod intake;
pub(crate) mod poll;
mod take;
mod take_by_get;
pub(crate) mod tell;

use pinfold_http::Mount;
use pinfold_postgres::Snapshots;

pub use self::intake::{Intake, ReceiptMetrics};

/// What the role's operations need.
pub struct State {
    /// Where receipts go.
    pub intake: Intake,
    /// Whose connections there are.
    pub snapshots: Snapshots,
    /// The address under which providers reach this installation, without a slash at its end.
    pub public_url: String,
}

/// Registers the role's operations.
pub fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::take, self::take_by_get);
}
