//! Tells the installation's operators that this process runs, what it does and what is wrong with it.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::id::ProcessId;
use pinfold_http::clock::now_ms;
use pinfold_redis::{Hot, Process};
use tokio_util::sync::CancellationToken;

use crate::background::host_name;
use crate::health::Health;
use crate::roles::Roles;

const EVERY: Duration = Duration::from_secs(5);

/// Announces this process until `stop`, and takes its leave then. A silent Redis is waited for; health tells of it.
pub async fn announce(roles: &Roles, health: Arc<Health>, hot: Hot, stop: CancellationToken) {
    let mut process = Process {
        id: ProcessId::random(),
        host: host_name(),
        roles: roles.here().map(|row| row.name.to_owned()).collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_ms: now_ms(),
        seen_ms: 0,
        is_ready: false,
        faults: Vec::new(),
    };
    loop {
        let report = health.report();
        process.is_ready = report.is_ready();
        process.faults = report.troubles();
        if let Err(error) = hot.announce(&process).await {
            tracing::debug!(%error, "this process cannot be announced");
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            break;
        }
    }
    if let Err(error) = hot.take_leave(process.id).await {
        tracing::debug!(%error, "this process stays announced for a while");
    }
}
