//! The HTTP server: one listener, some threads, and around every operation the door and the edge.

use std::io;
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpServer};
use anyhow::{Context, bail};
use pinfold_gateway::{Forward, authenticate};
use pinfold_http::edge::edge;
use pinfold_http::identify::{Audience, identify};
use pinfold_http::metrics::RequestMetrics;
use pinfold_http::{Admission, Mount, RequestQuota};
use tokio_util::sync::CancellationToken;

use crate::audit;
use crate::lifecycle::FINISH;
use crate::operator_pages::{self, OperatorPages};
use crate::parts::Parts;
use crate::request_span::request_span;

/// How long an idle connection is kept: longer than the usual load balancer does.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;

/// Listens and makes the threads; serves nothing before it is awaited.
///
/// # Errors
/// When the address is not to be had, in one line that says what to do.
pub fn listen(
    parts: &Arc<Parts>,
    metrics: RequestMetrics,
    trail: audit::Trail,
    pages: OperatorPages,
    is_tracing: bool,
) -> anyhow::Result<Server> {
    // What a thread's start must not fail with is tried here.
    drop(worker(parts, metrics.clone(), pages.clone())?);
    let http = &parts.settings.http;
    let (room, quota) = (http.requests_per_worker, Arc::new(RequestQuota::new(http.tenant_requests_per_second)));
    let is_public = parts.roles.has_edge();
    let (host, port, workers) = (http.host.clone(), http.port, http.workers);
    let parts = Arc::clone(parts);
    let app = move || {
        let configure = worker(&parts, metrics.clone(), pages.clone()).expect("the same parts made a worker before");
        App::new()
            .app_data(Data::new(trail.clone()))
            .app_data(Data::new(Admission::new(room, Arc::clone(&quota))))
            .configure(configure)
            .wrap(from_fn(audit::act))
            .wrap(Condition::new(is_public, from_fn(authenticate)))
            .wrap(Condition::new(!is_public, from_fn(identify)))
            .wrap(from_fn(audit::watch))
            .wrap(from_fn(edge))
            .wrap(Condition::new(is_tracing, from_fn(request_span)))
    };
    let mut server = HttpServer::new(app)
        .keep_alive(KEEP_ALIVE)
        .tcp_nodelay(true)
        .client_request_timeout(HEAD)
        .backlog(BACKLOG)
        .shutdown_timeout(FINISH.as_secs())
        .disable_signals();
    if let Some(workers) = workers {
        server = server.workers(workers.get());
    }
    let addresses: Vec<_> = (host.as_str(), port).to_socket_addrs().with_context(|| format!("http.host: {host}"))?.collect();
    match server.bind(addresses.as_slice()) {
        Ok(server) => Ok(server.run()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!("port {port} on {host} is in use; choose another one with PINFOLD__HTTP__PORT")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {host}:{port}")),
    }
}

/// Serves until `closing`; then takes no new connection and finishes what is in hand. `limit` after `soft`, what is still
/// in hand is cut off.
///
/// # Errors
/// When the server ends by itself.
pub async fn serve(mut server: Server, soft: CancellationToken, closing: CancellationToken, limit: Duration) -> io::Result<()> {
    let handle = server.handle();
    let too_late = async {
        soft.cancelled().await;
        tokio::time::sleep(limit).await;
    };
    tokio::pin!(too_late);
    let is_late = tokio::select! {
        ended = &mut server => return ended,
        () = closing.cancelled() => false,
        () = &mut too_late => true,
    };
    if !is_late {
        let finished = async { tokio::join!(handle.stop(true), server).1 };
        tokio::select! {
            ended = finished => return ended,
            () = too_late => {}
        }
    }
    // Whoever drops the server closes its connections.
    tracing::warn!("requests in hand were cut off");
    Ok(())
}

/// What one thread serves: the operations of the roles here, and the way to those elsewhere.
fn worker(
    parts: &Arc<Parts>,
    metrics: RequestMetrics,
    pages: OperatorPages,
) -> anyhow::Result<impl FnOnce(&mut ServiceConfig) + use<>> {
    let hot = parts.hot.separate()?;
    let mut mount = Mount::default();
    operator_pages::mount(&mut mount);
    for row in parts.roles.here() {
        (row.mount)(&mut mount);
        (row.pages)(parts, &mut mount);
    }
    for (row, address) in parts.roles.elsewhere() {
        let url = (address.of)(&parts.settings).with_context(|| format!("{} is not set", address.setting))?;
        let forward = Forward::new(row.name, url, Arc::clone(&parts.identities)).context(address.setting)?;
        let mut elsewhere = Mount::default();
        (row.mount)(&mut elsewhere);
        mount.add_forwarded(elsewhere.documents(), forward.handler());
    }
    let parts = Arc::clone(parts);
    Ok(move |worker: &mut ServiceConfig| {
        let audience = Audience { roles: parts.roles.audience(), identities: Arc::clone(&parts.identities) };
        worker.app_data(Data::new(metrics)).app_data(Data::new(pages)).app_data(Data::new(audience));
        for row in parts.roles.here() {
            (row.state)(&parts, &hot, worker);
        }
        mount.configure(worker);
    })
}
