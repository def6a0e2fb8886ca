//! What a process tells Prometheus beside the counts of its requests and deliveries: which build it is, whether its
//! peers answer, and how well it knows the tenants' configuration.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pinfold_http::clock::now_ms;
use pinfold_postgres::{Database, Snapshots};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::health::Health;
use crate::parts::Parts;
use crate::process_metrics::ProcessMetrics;

/// A registry with what every process tells.
pub fn registry(parts: &Parts) -> Registry {
    let mut registry = Registry::default();
    let build = Info::new([("version", env!("CARGO_PKG_VERSION").to_owned()), ("roles", parts.roles.to_string())]);
    registry.register("pinfold_build", "The build and its roles", build);
    registry.register_collector(Box::new(ProcessMetrics::new(now_ms())));
    let (health, snapshots, database) = (Arc::clone(&parts.health), Arc::clone(&parts.snapshots), parts.database.clone());
    registry.register_collector(Box::new(Knowledge { health, snapshots, database }));
    registry
}

/// Read at each scrape.
struct Knowledge {
    health: Arc<Health>,
    snapshots: Arc<Snapshots>,
    database: Database,
}

impl std::fmt::Debug for Knowledge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Knowledge")
    }
}

impl Collector for Knowledge {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut gauge = |name: &str, help: &str, value: f64| {
            ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
        };
        let truth = |holds: bool| if holds { 1.0 } else { 0.0 };
        let (redis, postgres) = self.health.peers();
        let report = self.health.report();
        gauge("pinfold_ready", "Whether this process is ready", truth(report.is_ready()))?;
        gauge("pinfold_degraded", "Whether this process does without something", truth(report.degraded))?;
        gauge("pinfold_redis_up", "Whether Redis answered last", truth(redis))?;
        gauge("pinfold_postgres_up", "Whether PostgreSQL answered last", truth(postgres))?;
        if let Some(skew) = self.health.skew_ms() {
            gauge("pinfold_clock_skew_seconds", "How far this clock is ahead of that of Redis", skew as f64 / 1_000.0)?;
        }
        let (connections, idle) = self.database.pool_size();
        gauge("pinfold_postgres_connections", "Connections of the pool", f64::from(connections))?;
        gauge("pinfold_postgres_idle_connections", "Connections of the pool that nobody uses", f64::from(idle))?;
        gauge("pinfold_snapshots", "Tenants whose configuration is known", self.snapshots.known() as f64)?;
        let age = self.snapshots.confirmed_ago().as_secs_f64();
        gauge("pinfold_snapshot_age_seconds", "Time since the configurations were confirmed", age)?;

        let stats = self.snapshots.stats();
        let counts: [(&str, &str, &AtomicU64); 9] = [
            ("pinfold_snapshot_hits", "Configurations found in memory", &stats.hits),
            ("pinfold_snapshot_misses", "Configurations not found in memory", &stats.misses),
            ("pinfold_snapshot_absent", "Credentials that nobody has", &stats.absent),
            ("pinfold_snapshot_loads", "Configurations read", &stats.loads),
            ("pinfold_snapshot_failed_loads", "Configurations that could not be read", &stats.failed_loads),
            ("pinfold_snapshot_unavailable", "Requests without a usable configuration", &stats.unavailable),
            ("pinfold_snapshot_notifications", "Announced changes", &stats.notifications),
            ("pinfold_snapshot_missed_notifications", "Changes found without announcement", &stats.missed_notifications),
            ("pinfold_snapshot_corrupt_rows", "Rows of configuration that cannot be read", &stats.corrupt_rows),
        ];
        for (name, help, count) in counts {
            let counter = ConstCounter::new(count.load(Ordering::Relaxed));
            counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        Ok(())
    }
}
