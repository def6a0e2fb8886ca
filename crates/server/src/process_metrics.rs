//! What the operating system says about this process, asked at each scrape. Names as every Prometheus client has them.

use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Figures of this process.
#[derive(Debug)]
pub struct ProcessMetrics {
    started_ms: u64,
}

/// From `/proc`; nothing where there is none.
struct Usage {
    cpu_seconds: f64,
    threads: i64,
    resident_bytes: i64,
    virtual_bytes: i64,
}

impl ProcessMetrics {
    /// Of a process that started at `now_ms`.
    pub fn new(now_ms: u64) -> Self {
        Self { started_ms: now_ms }
    }
}

fn usage() -> Option<Usage> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program comes second, in parentheses, and may contain anything.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let field = |nth: usize| fields.get(nth - 3)?.parse::<i64>().ok();
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    Some(Usage {
        cpu_seconds: (field(14)? + field(15)?) as f64 / ticks,
        threads: field(20)?,
        virtual_bytes: field(23)?,
        resident_bytes: field(24)? * rustix::param::page_size() as i64,
    })
}

fn open_files() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

fn most_files() -> Option<i64> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    i64::try_from(limit).ok()
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut gauge = |name: &str, help: &str, value: Option<i64>| match value {
            None => Ok(()),
            Some(value) => {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, prometheus_client::metrics::MetricType::Gauge)?)
            }
        };
        let usage = usage();
        let of = |pick: fn(&Usage) -> i64| usage.as_ref().map(pick);
        gauge("process_resident_memory_bytes", "Memory in RAM", of(|usage| usage.resident_bytes))?;
        gauge("process_virtual_memory_bytes", "Memory addressed", of(|usage| usage.virtual_bytes))?;
        gauge("process_threads", "Threads", of(|usage| usage.threads))?;
        gauge("process_open_fds", "Open files and sockets", open_files())?;
        gauge("process_max_fds", "The most files and sockets that may be open", most_files())?;
        let started = i64::try_from(self.started_ms / 1_000).ok();
        gauge("process_start_time_seconds", "When the process started, in seconds since 1970", started)?;
        if let Some(usage) = usage {
            let counter = ConstCounter::new(usage.cpu_seconds);
            let kind = prometheus_client::metrics::MetricType::Counter;
            counter.encode(encoder.encode_descriptor("process_cpu_seconds", "Processor time used", None, kind)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn the_figures_of_this_process_are_plausible() {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(ProcessMetrics::new(1_700_000_000_000)));
        let mut text = String::new();
        encode(&mut text, &registry).expect("text grows without errors");
        assert!(text.contains("process_start_time_seconds 1700000000"), "{text}");
        if cfg!(target_os = "linux") {
            for name in ["process_resident_memory_bytes ", "process_open_fds ", "process_cpu_seconds_total ", "process_threads "]
            {
                let line = text.lines().find_map(|line| line.strip_prefix(name)).expect(name);
                assert!(line.parse::<f64>().expect(name) >= 0.0);
            }
        }
    }
}
