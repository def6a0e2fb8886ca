//! What the platform around us asks every process: whether it lives, whether it is ready, and its metrics.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::keys::MasterKey;
use pinfold_http::{Code, Mount, Problem};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret, SecretString};

use crate::health::Health;

/// What the pages show.
#[derive(Clone)]
pub struct OperatorPages {
    pub health: Arc<Health>,
    pub registry: Arc<Registry>,
    /// The keyed hash of the token that metrics ask for; nothing where they are open.
    pub token: Option<[u8; 32]>,
    pub master: Arc<MasterKey>,
}

impl OperatorPages {
    pub fn new(health: Arc<Health>, registry: Registry, token: &SecretString, master: Arc<MasterKey>) -> Self {
        let token = Some(token.expose_secret()).filter(|token| !token.is_empty()).map(|token| master.credential_hash(token));
        Self { health, registry: Arc::new(registry), token, master }
    }
}

/// Registers the pages.
pub fn mount(mount: &mut Mount) {
    mount.add_page(Method::GET, "/health/live", "health.live", live);
    mount.add_page(Method::GET, "/health/ready", "health.ready", ready);
    mount.add_page(Method::GET, "/metrics", "metrics", metrics);
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "live" }))
}

async fn ready(pages: Data<OperatorPages>) -> HttpResponse {
    let report = pages.health.report();
    let mut answer = if report.is_ready() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(report)
}

async fn metrics(request: HttpRequest, pages: Data<OperatorPages>) -> Result<HttpResponse, Problem> {
    if let Some(token) = pages.token {
        let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        // Keyed hashes: how long the comparison takes says nothing about the token.
        if given.is_none_or(|given| pages.master.credential_hash(given) != token) {
            return Err(Problem::new(Code::Unauthorized));
        }
    }
    let mut text = String::new();
    encode(&mut text, &pages.registry).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text))
}
