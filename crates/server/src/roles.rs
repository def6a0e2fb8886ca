//! The roles, in one table: what each answers to, what it runs in the background, and what it needs. Nothing else in the
//! process asks which roles run.

use std::fmt;
use std::str::FromStr;

use actix_web::web::ServiceConfig;
use pinfold_http::Mount;
use pinfold_redis::Hot;
use prometheus_client::registry::Registry;
use url::Url;

use crate::background::{self, Work};
use crate::parts::Parts;
use crate::settings::{Settings, sentences};
use crate::state;

/// A role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Gateway,
    ConfigService,
    Verification,
    Dispatch,
}

/// What a role is.
pub struct Row {
    pub role: Role,
    pub name: &'static str,
    /// Registers what it answers to.
    pub mount: fn(&mut Mount),
    /// Registers pages that are no part of the API.
    pub pages: fn(&Parts, &mut Mount),
    /// Gives an HTTP worker what the operations need.
    pub state: fn(&Parts, &Hot, &mut ServiceConfig),
    /// What it does without being asked.
    pub background: fn(&Parts, &mut Registry) -> Vec<Work>,
    /// The setting that says where it runs when it does not run here, for roles that answer the gateway.
    pub address: Option<Address>,
    /// Whether it talks to the world: it asks callers who they are, and passes on what other roles answer.
    pub is_edge: bool,
    /// Whether it is worth nothing without Redis.
    pub needs_redis: bool,
    /// Whether it stores the receipts that connectors take over connections of their own.
    pub keeps_receipts: bool,
    /// What is wrong with the settings that it alone needs.
    pub check: fn(&Settings) -> Vec<String>,
}

/// A setting that says where a role runs.
pub struct Address {
    pub setting: &'static str,
    pub of: fn(&Settings) -> Option<&Url>,
}

static TABLE: [Row; 4] = [
    Row {
        role: Role::Gateway,
        name: "gateway",
        mount: pinfold_gateway::mount,
        pages: |parts, mount| {
            if parts.simulator.is_some() {
                pinfold_gateway::mount_simulator(mount);
            }
        },
        state: state::gateway,
        background: background::gateway,
        address: None,
        is_edge: true,
        needs_redis: true,
        keeps_receipts: false,
        check: |settings| sentences(settings.gateway().check()),
    },
    Row {
        role: Role::ConfigService,
        name: "config-service",
        mount: pinfold_config_service::mount,
        pages: |_, _| {},
        state: state::config_service,
        background: background::config_service,
        address: Some(Address { setting: "roles.config_service_url", of: |settings| settings.roles.config_service_url.as_ref() }),
        is_edge: false,
        needs_redis: false,
        keeps_receipts: false,
        check: |settings| settings.mail.connection().err().map(str::to_owned).into_iter().collect(),
    },
    Row {
        role: Role::Verification,
        name: "verification",
        mount: pinfold_verification::mount,
        pages: |_, _| {},
        state: state::verification,
        background: background::verification,
        address: Some(Address { setting: "roles.verification_url", of: |settings| settings.roles.verification_url.as_ref() }),
        is_edge: false,
        needs_redis: true,
        keeps_receipts: false,
        check: |settings| {
            let mut faults = settings.verification.check().err().unwrap_or_default();
            if settings.is_production() && settings.http.public_url.is_none() {
                faults.push("http.public_url must name this installation: session tokens say who issued them".to_owned());
            }
            faults
        },
    },
    Row {
        role: Role::Dispatch,
        name: "dispatch",
        mount: pinfold_dispatch::mount,
        pages: |_, _| {},
        state: state::dispatch,
        background: background::dispatch,
        address: Some(Address { setting: "roles.dispatch_url", of: |settings| settings.roles.dispatch_url.as_ref() }),
        is_edge: false,
        needs_redis: true,
        keeps_receipts: true,
        check: |settings| sentences(settings.check_delivery()),
    },
];

/// The roles that run in a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// What runs here.
    pub fn here(&self) -> impl Iterator<Item = &'static Row> {
        TABLE.iter().filter(|row| self.0.contains(&row.role))
    }

    /// What the edge passes on, because it runs elsewhere; nothing where there is no edge.
    pub fn elsewhere(&self) -> impl Iterator<Item = (&'static Row, &'static Address)> {
        let absent = TABLE.iter().filter(|row| self.has_edge() && !self.0.contains(&row.role));
        absent.filter_map(|row| Some((row, row.address.as_ref()?)))
    }

    /// Whether this process talks to the world.
    pub fn has_edge(&self) -> bool {
        self.here().any(|row| row.is_edge)
    }

    /// The names under which the gateway addresses this process.
    pub fn audience(&self) -> Vec<&'static str> {
        self.here().filter(|row| row.address.is_some()).map(|row| row.name).collect()
    }

    /// Whether this process delivers and records, and nothing else.
    pub fn are_dispatch_alone(&self) -> bool {
        self.0 == [Role::Dispatch]
    }

    pub fn keep_receipts(&self) -> bool {
        self.here().any(|row| row.keeps_receipts)
    }

    pub fn need_redis(&self) -> bool {
        self.here().any(|row| row.needs_redis)
    }

    /// Every operation of the platform, wherever it runs.
    pub fn all_operations() -> Mount {
        let mut mount = Mount::default();
        for row in &TABLE {
            (row.mount)(&mut mount);
        }
        mount
    }
}

impl Default for Roles {
    fn default() -> Self {
        Self(TABLE.iter().map(|row| row.role).collect())
    }
}

impl FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::default());
        }
        let role = |name: &str| {
            TABLE.iter().find(|row| row.name == name).map(|row| row.role).ok_or_else(|| {
                let names: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
                format!("there is no role {name:?}; there are {} and all", names.join(", "))
            })
        };
        text.split(',').map(|name| role(name.trim())).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.here().map(|row| row.name).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_named_and_come_back() {
        assert_eq!("all".parse(), Ok(Roles::default()));
        assert_eq!(Roles::default().to_string(), "gateway,config-service,verification,dispatch");
        assert_eq!(Roles::default().to_string().parse(), Ok(Roles::default()));
        let said = "gateway,worker".parse::<Roles>().expect_err("there is no worker");
        assert_eq!(said, "there is no role \"worker\"; there are gateway, config-service, verification, dispatch and all");
    }

    #[test]
    fn the_edge_passes_on_what_runs_elsewhere() {
        let elsewhere = |text: &str| {
            let roles: Roles = text.parse().expect(text);
            roles.elsewhere().map(|(row, _)| row.name).collect::<Vec<_>>()
        };
        assert_eq!(elsewhere("all"), Vec::<&str>::new());
        assert_eq!(elsewhere("gateway,verification"), ["config-service", "dispatch"]);
        assert_eq!(elsewhere("dispatch"), Vec::<&str>::new());
        let roles: Roles = "verification,dispatch".parse().expect("two roles");
        assert_eq!((roles.audience(), roles.has_edge()), (vec!["verification", "dispatch"], false));
    }
}
