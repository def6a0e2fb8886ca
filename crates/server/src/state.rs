//! What an HTTP worker gives to each role's operations.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use pinfold_redis::Hot;

use crate::parts::Parts;

/// For the gateway.
pub fn gateway(parts: &Parts, hot: &Hot, worker: &mut ServiceConfig) {
    worker.app_data(Data::new(pinfold_gateway::State {
        hot: hot.clone(),
        snapshots: (*parts.snapshots).clone(),
        uses: Arc::clone(&parts.key_uses),
        database: parts.database.clone(),
        sessions: parts.sessions.clone(),
        master: Arc::clone(&parts.master),
        identities: Arc::clone(&parts.identities),
        settings: Arc::new(parts.settings.gateway()),
        openapi: parts.openapi.clone(),
        simulator: parts.simulator.clone(),
    }));
}

/// For the config service.
pub fn config_service(parts: &Parts, hot: &Hot, worker: &mut ServiceConfig) {
    let delivery = parts.settings.delivery();
    worker.app_data(Data::new(pinfold_config_service::State {
        database: parts.database.clone(),
        snapshots: Arc::clone(&parts.snapshots),
        master: Arc::clone(&parts.master),
        ceilings: parts.ceilings,
        allow_private_addresses: parts.settings.delivery.allow_loopback,
        allow_live_simulator: delivery.allow_live_simulator,
        fraud: parts.settings.fraud.rules(),
        hot: hot.clone(),
        connectors: Arc::clone(&parts.connectors),
        ranking: pinfold_config_service::Ranking { rules: delivery.ranking.rules(), window: delivery.ranking.window(0, 0) },
        settings: parts.settings.config_service,
        public_url: parts.settings.http.public_url.as_ref().map(base),
        console_url: base(&parts.settings.public_url()),
        mailer: parts.mailer.clone(),
        passwords: parts.passwords.clone(),
        providers: parts.providers.clone(),
        people: parts.settings.people(),
    }));
}

/// For verification. A thread that serves has loaded what is known of phone numbers: no request waits for it.
pub fn verification(parts: &Parts, hot: &Hot, worker: &mut ServiceConfig) {
    pinfold_core::phone::warm_up();
    worker.app_data(Data::new(pinfold_verification::State {
        hot: hot.clone(),
        snapshots: Arc::clone(&parts.snapshots),
        database: parts.database.clone(),
        ceilings: parts.ceilings,
        signer: Arc::clone(&parts.signer),
        fraud: parts.settings.fraud.rules(),
        told: Arc::clone(&parts.told),
        lookups: pinfold_verification::Lookups { connectors: Arc::clone(&parts.connectors), silent: Arc::clone(&parts.silent) },
        public_url: parts.settings.http.public_url.as_ref().map(base),
        allow_private_addresses: parts.settings.delivery.allow_loopback,
        callbacks: pinfold_verification::Callbacks::default(),
        settings: parts.settings.verification.clone(),
    }));
}

/// For dispatch, which takes delivery receipts.
pub fn dispatch(parts: &Parts, hot: &Hot, worker: &mut ServiceConfig) {
    worker.app_data(Data::new(pinfold_dispatch::State {
        intake: pinfold_dispatch::Intake { database: parts.database.clone(), hot: hot.clone(), metrics: parts.receipts.clone() },
        snapshots: (*parts.snapshots).clone(),
        public_url: base(&parts.settings.public_url()),
    }));
}

/// An address without a slash at its end, so that a path can follow.
pub fn base(url: &url::Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
