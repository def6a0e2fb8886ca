//! `pinfold serve`: runs roles until it is told to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use pinfold_http::metrics::RequestMetrics;

use crate::audit::Trail;
use crate::lifecycle::{FINISH, Lifecycle, Signals};
use crate::operator_pages::OperatorPages;
use crate::parts::Parts;
use crate::roles::Roles;
use crate::settings::{Layers, Settings, load};
use crate::telemetry::Telemetry;
use crate::{background, http_server, metrics, safety};

/// Arguments of `serve`.
#[derive(clap::Args)]
pub struct Args {
    /// The roles of this process: `all`, or some of gateway, config-service, verification, dispatch, separated by commas.
    #[arg(long, default_value = "all")]
    role: Roles,
    /// Bring the database to this version first; needs postgres.admin_url.
    #[arg(long)]
    migrate: bool,
}

/// Runs these roles, migrating first if told to, until a signal; gives the exit code of the end.
///
/// # Errors
/// Why it did not start.
pub fn run(args: Args, layers: &Layers) -> anyhow::Result<ExitCode> {
    let Args { role: roles, migrate } = args;
    let settings = load(layers)?;
    settings.check(&roles)?;
    let telemetry = Telemetry::start(&settings, &roles)?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if roles.are_dispatch_alone() {
        // Most of a delivery is waiting. Threads that pass its parts to each other cost more than they bring.
        builder.worker_threads(settings.delivery.threads);
    }
    let runtime = builder.thread_name("pinfold").enable_all().build()?;
    let ended = runtime.block_on(serve(settings, roles, migrate, telemetry.is_tracing()));
    // What is left was told to stop, or is to be dropped.
    runtime.shutdown_background();
    telemetry.stop();
    ended
}

async fn serve(settings: Settings, roles: Roles, migrate: bool, is_tracing: bool) -> anyhow::Result<ExitCode> {
    let signals = Signals::listen()?;
    if migrate {
        let applied = pinfold_postgres::migrate(&settings.postgres).await?;
        tracing::info!(count = applied.len(), "migrated");
    }
    let life = Lifecycle::default();
    let parts = Arc::new(Parts::new(settings, roles, life.clone())?);
    safety::check(&parts).await?;

    let mut registry = metrics::registry(&parts);
    let requests = RequestMetrics::register(&mut registry);
    parts.functions.register(&mut registry);
    let (trail, denials) = Trail::new(&mut registry, !parts.roles.has_edge());
    let mut works = background::common(&parts);
    works.push(background::denials(&parts, denials));
    for row in parts.roles.here() {
        works.extend((row.background)(&parts, &mut registry));
    }
    let (health, token) = (Arc::clone(&parts.health), &parts.settings.telemetry.metrics_token);
    let pages = OperatorPages::new(health, registry, token, Arc::clone(&parts.master));
    let server = http_server::listen(&parts, requests, trail, pages, is_tracing)?;

    for background::Work { name, work } in works {
        life.start(name, work);
    }
    let drain = Duration::from_secs(parts.settings.drain_seconds());
    let soft = life.soft();
    life.start_server("http server", |closing| http_server::serve(server, soft, closing, drain + FINISH));
    let (host, port) = (&parts.settings.http.host, parts.settings.http.port);
    tracing::info!(roles = %parts.roles, host, port, version = env!("CARGO_PKG_VERSION"), "serving");
    let ended = life.run_until_stopped(signals, drain).await;
    // Requests that were answered last leave their events with a runtime that is gone.
    let _ = tokio::time::timeout(FINISH, parts.hot.tell_events()).await;
    Ok(ended)
}
