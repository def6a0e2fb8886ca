//! What goes on without being asked: every process keeps its knowledge of tenants and of its own health current; roles
//! add theirs. All of it ends with the soft stop, and not before.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use pinfold_channels::SimulatorEndpoint;
use pinfold_dispatch::Dispatch;
use pinfold_http::clock::now_ms;
use pinfold_http::identity::Identities;
use prometheus_client::registry::Registry;

use crate::audit::{Denials, take_when_due};
use crate::parts::Parts;
use crate::request_span::continue_trace;
use crate::roles::Roles;
use crate::settings::Settings;
use crate::state::base;
use crate::{key_uses, partitions, processes, signing_keys, traffic};

/// Background work and its name.
pub struct Work {
    pub name: &'static str,
    pub work: BoxFuture<'static, anyhow::Result<()>>,
}

impl Work {
    fn new(name: &'static str, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { name, work: work.map(Ok).boxed() }
    }
}

/// The work of every process.
pub fn common(parts: &Parts) -> Vec<Work> {
    let (health, hot, database) = (Arc::clone(&parts.health), parts.hot.clone(), parts.database.clone());
    let (roles, watched, announced) = (parts.roles.clone(), Arc::clone(&parts.health), parts.hot.clone());
    let stop = parts.life.soft();
    vec![
        Work::new("announcement", async move { processes::announce(&roles, watched, announced, stop).await }),
        Work::new("snapshots", parts.snapshots.run(parts.life.soft())),
        Work::new("health", async move { health.watch(&hot, &database).await }),
    ]
}

/// Tells of denied accesses.
pub fn denials(parts: &Parts, denials: Denials) -> Work {
    Work::new("denied accesses", denials.tell(parts.database.clone(), parts.life.soft()))
}

/// The work of the gateway.
pub fn gateway(parts: &Parts, _: &mut Registry) -> Vec<Work> {
    let (uses, database) = (Arc::clone(&parts.key_uses), parts.database.clone());
    vec![Work::new("uses of keys", key_uses::record(uses, database, parts.life.soft()))]
}

/// The work of the config service: the platform's mails, those that tell of alerts, and tenants that leave.
pub fn config_service(parts: &Parts, _: &mut Registry) -> Vec<Work> {
    let (database, hot, stop) = (parts.database.clone(), parts.hot.clone(), parts.life.soft());
    let mails = parts.mailer.clone().run(parts.database.clone(), Arc::clone(&parts.master), parts.life.soft());
    let (mailer, master, console) = (parts.mailer.clone(), Arc::clone(&parts.master), base(&parts.settings.public_url()));
    let alerts = pinfold_config_service::mail_alerts(mailer, database.clone(), master, console, stop.clone());
    vec![
        Work::new("mails", mails),
        Work::new("mails of alerts", alerts),
        Work::new("off-boarding", pinfold_config_service::continue_offboardings(database, hot, stop)),
    ]
}

/// The work of the verification role.
pub fn verification(parts: &Parts, _: &mut Registry) -> Vec<Work> {
    let (signer, database, master) = (Arc::clone(&parts.signer), parts.database.clone(), Arc::clone(&parts.master));
    vec![Work::new("signing keys", signing_keys::keep_current(signer, database, master, parts.life.soft()))]
}

/// The work of the dispatch role.
pub fn dispatch(parts: &Parts, registry: &mut Registry) -> Vec<Work> {
    let settings = parts.settings.delivery();
    let worker = pinfold_dispatch::Parts {
        hot: parts.hot.clone(),
        database: parts.database.clone(),
        snapshots: (*parts.snapshots).clone(),
        connectors: Arc::clone(&parts.connectors),
        settings,
        webhooks: parts.settings.webhooks.clone(),
        name: host_name(),
        follow_trace: continue_trace,
        public_url: parts.settings.http.public_url.as_ref().map(base),
        pages_url: base(&parts.settings.public_url()),
        receipts: parts.receipts.clone(),
        received: parts.received.lock().unwrap_or_else(PoisonError::into_inner).take(),
    };
    let worker = Dispatch::new(worker, registry);
    let (soft, hard, tracker) = (parts.life.soft(), parts.life.hard(), parts.life.tracker());
    let deliver = async move { Ok(worker.run(soft, hard, tracker).await?) };
    let (database, keep_days) = (parts.database.clone(), parts.settings.record.keep_days);
    let (audit, master) = (parts.settings.audit.clone(), Arc::clone(&parts.master));
    let checkpoints = take_when_due(database.clone(), master, audit.checkpoint, audit.checkpoint_seconds, parts.life.soft());
    vec![
        Work::new("checkpoints", checkpoints),
        Work { name: "dispatch", work: deliver.boxed() },
        Work::new("partitions", partitions::keep_current(database, keep_days, parts.life.soft())),
        Work::new("traffic", traffic::keep_current(parts.database.clone(), parts.life.soft())),
    ]
}

/// The way to the simulated phone. The gateway lets in who shares the installation's secret.
pub fn simulator(settings: &Settings, roles: &Roles, identities: &Arc<Identities>) -> SimulatorEndpoint {
    let identities = Arc::clone(identities);
    let token = move || match identities.sign("simulator", "POST", "/simulator/api/messages", None, now_ms()) {
        Ok(token) => token,
        Err(problem) => {
            tracing::error!(error = %problem, "the simulator's token cannot be signed");
            String::new()
        }
    };
    SimulatorEndpoint { url: settings.simulator_url(roles), token: Arc::new(token) }
}

/// The machine's name, for those who run it.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Does `work` now and then at every `interval`, until `stop`; after a failure sooner.
pub async fn repeat<F: Future<Output = bool>>(
    interval: Duration,
    stop: tokio_util::sync::CancellationToken,
    mut work: impl FnMut() -> F,
) {
    const AFTER_FAILURE: Duration = Duration::from_secs(2);
    loop {
        let wait = if work().await { interval } else { AFTER_FAILURE };
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}
