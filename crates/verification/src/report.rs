//! What became of a number's PINs in one application.

use std::time::Duration;

use pinfold_core::id::ApplicationId;
use pinfold_core::recipient::Recipient;
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::Verification;

use crate::State;
use crate::state::{hot_problem, record_problem};

/// Lists, newest first; `verified` and `sent` narrow it down. Waits a moment for what was just written.
///
/// # Errors
/// 404 for an unknown application, 503.
pub(crate) async fn report(
    state: &State,
    caller: &Caller,
    application: ApplicationId,
    recipient: &Recipient,
    verified: Option<bool>,
    sent: Option<bool>,
) -> Result<Vec<Verification>, Problem> {
    let snapshot = state.snapshot_with(caller.tenant, application, None).await?;
    if !snapshot.applications.contains_key(&application) {
        return Err(Problem::new(Code::NotFound));
    }
    let patience = Duration::from_millis(state.settings.report_patience_ms);
    if !state.hot.settled_events(caller.tenant, patience).await.map_err(hot_problem)? {
        tracing::warn!(tenant.id = %caller.tenant, "a report shows what is recorded so far: the recorder is behind");
    }
    let subject = snapshot.keys.subject(application, recipient);
    state.database.tenant(caller.tenant).verifications().list(subject, verified, sent).await.map_err(record_problem)
}
