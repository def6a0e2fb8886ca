//! Redis: reachable, fit to hold PINs, and of the same time as we are.

use pinfold_http::clock::{now_ms, stopwatch};

use super::findings::Findings;
use crate::health::MOST_SKEW_MS;
use crate::operator::Operator;

const ABOUT: &str = "redis";

/// Looks at the hot state.
pub async fn look(operator: &Operator, findings: &mut Findings) {
    let hot = match operator.hot() {
        Ok(hot) => hot,
        Err(error) => return findings.fault(ABOUT, &format!("{error:#}"), "correct redis.url"),
    };
    let probe = match hot.probe().await {
        Ok(probe) => probe,
        Err(error) => {
            let found = format!("{:#}", anyhow::Error::from(error));
            return findings.fault(ABOUT, &found, "start Redis, and check host, port, user and password in redis.url");
        }
    };
    let faults = probe.faults();
    for fault in &faults {
        findings.unsafe_setting(operator.settings.is_production(), ABOUT, fault, "deploy/redis has a configuration that fits");
    }
    if faults.is_empty() {
        findings.fine(ABOUT, &format!("version {}, durable, never evicting", probe.version));
    }
    let asked = stopwatch();
    if let Ok(theirs) = hot.now_ms().await {
        let ours = now_ms().saturating_sub(asked.elapsed().as_millis() as u64 / 2);
        let skew = ours.abs_diff(theirs);
        let found = format!("{skew} ms between this machine and Redis");
        if skew > MOST_SKEW_MS { findings.fault("clock", &found, "set both with NTP") } else { findings.fine("clock", &found) }
    }
}
