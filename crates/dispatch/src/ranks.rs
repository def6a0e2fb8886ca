//! How the legs of ranked routes do, as this worker knows it: read from PostgreSQL every few seconds for the tenants that
//! need it, and used from memory. While PostgreSQL is away, what was known last goes on counting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pinfold_core::channel::Channel;
use pinfold_core::id::TenantId;
use pinfold_core::ranking::{Leader, Ranked, Rules, Score, Table, rank};
use pinfold_core::region::Region;
use pinfold_core::route::{Prefix, Route};
use pinfold_postgres::Database;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::outage::Outage;
use crate::settings::Ranking;
use crate::worker::Worker;

/// A tenant whose ranked routes nobody used for that long is not read any more.
const FORGOTTEN_MS: u64 = 10 * 60 * 1_000;
/// How many leaders are remembered.
const MOST_LEADERS: usize = 50_000;

type Place = (TenantId, Channel, Prefix, Option<Region>);

/// What is known.
pub(crate) struct Ranks {
    rules: Rules,
    tables: Mutex<HashMap<TenantId, Known>>,
    leaders: Mutex<HashMap<Place, Leader>>,
    is_wanted: Notify,
}

struct Known {
    /// None until it was read.
    table: Option<Arc<Table>>,
    used_ms: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ranks {
    pub(crate) fn new(settings: &Ranking) -> Self {
        Self { rules: settings.rules(), tables: Mutex::default(), leaders: Mutex::default(), is_wanted: Notify::new() }
    }

    /// How the legs of a route do.
    pub(crate) fn scores(&self, tenant: TenantId, route: &Route, region: Option<Region>, now_ms: u64) -> Vec<Score> {
        let table = {
            let mut tables = lock(&self.tables);
            let known = tables.entry(tenant).or_insert_with(|| {
                self.is_wanted.notify_one();
                Known { table: None, used_ms: now_ms }
            });
            known.used_ms = now_ms;
            known.table.clone()
        };
        table.unwrap_or_default().scores(route, region, &self.rules)
    }

    /// The leg for a message.
    pub(crate) fn choose(
        &self,
        (tenant, region): (TenantId, Option<Region>),
        route: &Route,
        scores: &[Score],
        is_usable: impl Fn(usize) -> bool,
        now_ms: u64,
        fraction: f64,
    ) -> Option<Ranked> {
        let mut leaders = lock(&self.leaders);
        let place = (tenant, route.channel, route.prefix.clone(), region);
        let ranked = rank(route, scores, is_usable, leaders.get(&place).copied(), now_ms, fraction, &self.rules)?;
        if leaders.len() >= MOST_LEADERS {
            leaders.clear();
        }
        if let Some(leader) = ranked.leader {
            leaders.insert(place, leader);
        }
        Some(ranked)
    }

    fn wanted(&self, now_ms: u64) -> Vec<TenantId> {
        let mut tables = lock(&self.tables);
        tables.retain(|_, known| known.used_ms + FORGOTTEN_MS > now_ms);
        tables.keys().copied().collect()
    }
}

/// Reads until `stop`.
pub(crate) async fn refresh(worker: &Worker, database: &Database, stop: &CancellationToken) {
    let (ranks, settings, outage) = (&worker.ranks, &worker.settings.ranking, Outage::new("PostgreSQL"));
    let every = Duration::from_millis(settings.refresh_ms);
    loop {
        let now_ms = worker.clock.now_ms();
        for tenant in ranks.wanted(now_ms) {
            let window = settings.window(now_ms, worker.hot.partition(tenant).number());
            match database.tenant(tenant).conversions(window).await {
                Ok(seen) => {
                    outage.end();
                    let table = Some(Arc::new(Table::new(&seen, &ranks.rules)));
                    if let Some(known) = lock(&ranks.tables).get_mut(&tenant) {
                        known.table = table;
                    }
                }
                Err(error) => outage.begin(&error),
            }
            if stop.is_cancelled() {
                return;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = ranks.is_wanted.notified() => {}
            () = stop.cancelled() => return,
        }
    }
}
