//! Roles in other processes: whether each answers where the settings say.

use std::time::Duration;

use super::findings::Findings;
use crate::roles::Roles;
use crate::settings::Settings;

/// Looks at them.
pub fn look(settings: &Settings, roles: &Roles, findings: &mut Findings) {
    let client = reqwest::blocking::Client::builder().timeout(Duration::from_secs(3)).no_proxy().build();
    let Ok(client) = client else { return };
    for (row, address) in roles.elsewhere() {
        let Some(url) = (address.of)(settings) else { continue };
        let url = format!("{}/health/ready", url.as_str().trim_end_matches('/'));
        match client.get(url).send() {
            Ok(answer) if answer.status().is_success() => findings.fine("roles", &format!("{} is ready", row.name)),
            Ok(_) => findings.fault("roles", &format!("{} is not ready", row.name), "run `pinfold doctor` there"),
            Err(_) => {
                let advice = format!("start it, and check {}", address.setting);
                findings.fault("roles", &format!("{} does not answer", row.name), &advice);
            }
        }
    }
}
