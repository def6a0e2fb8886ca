//! The workspace is the house as drawn: arrows go down only, drivers stay with their owners, and every crate takes its
//! lints and versions from one place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// The floors, lowest first. A crate may use what is below its floor, and nothing beside it.
const FLOORS: [&[&str]; 4] = [
    &["core"],
    &["postgres", "redis", "channels", "http"],
    &["gateway", "config-service", "verification", "dispatch"],
    &["server"],
];
/// What only tests use.
const FOR_TESTS: &str = "testkit";

/// Drivers of the outside, and who alone may use each.
const OWNERS: [(&str, &[&str]); 8] = [
    ("diesel", &["postgres"]),
    ("diesel-async", &["postgres"]),
    ("tokio-postgres", &["postgres"]),
    ("redis", &["redis"]),
    ("lettre", &["channels"]),
    ("webauthn-rs", &["config-service"]),
    ("actix-web", &["http", "gateway", "config-service", "verification", "dispatch", "server"]),
    ("opentelemetry", &["server"]),
];

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn workspace() -> Metadata {
    let manifest = Path::new(ROOT).join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo knows its workspace")
}

/// The name of a crate of ours, without the prefix.
fn short(name: &str) -> Option<&str> {
    name.strip_prefix("pinfold-")
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&name))
}

fn internal(package: &Package, kind: DependencyKind) -> BTreeSet<&str> {
    package.dependencies.iter().filter(|used| used.kind == kind).filter_map(|used| short(&used.name)).collect()
}

#[test]
fn every_crate_has_its_floor_and_arrows_go_down_only() {
    let workspace = workspace();
    let names: BTreeSet<&str> = workspace.packages.iter().filter_map(|package| short(&package.name)).collect();
    let drawn: BTreeSet<&str> = FLOORS.iter().flat_map(|floor| floor.iter().copied()).chain([FOR_TESTS]).collect();
    assert_eq!(names, drawn, "a crate has no floor, or a floor no crate");
    for package in &workspace.packages {
        let name = short(&package.name).expect("every crate is called pinfold-…");
        let used = internal(package, DependencyKind::Normal);
        if name == FOR_TESTS {
            assert!(used.is_empty(), "{name} uses {used:?}: it must not know what it tests");
            continue;
        }
        let own = floor(name).expect("it is drawn");
        for used in used {
            assert!(floor(used).is_some_and(|floor| floor < own), "{name} uses {used}, which is not below it");
        }
        assert!(internal(package, DependencyKind::Build).is_empty(), "{name} is built by another crate");
        for used in internal(package, DependencyKind::Development) {
            assert!(used == FOR_TESTS || floor(used).is_some_and(|floor| floor < own), "the tests of {name} use {used}");
        }
    }
}

#[test]
fn the_executable_joins_every_role_and_there_is_one() {
    let workspace = workspace();
    let server = workspace.packages.iter().find(|package| package.name == "pinfold-server").expect("there is a server");
    let used = internal(server, DependencyKind::Normal);
    assert!(FLOORS[2].iter().all(|role| used.contains(role)), "a role is not joined: {used:?}");
    let executables: Vec<&str> = workspace
        .packages
        .iter()
        .flat_map(|package| &package.targets)
        .filter(|target| target.is_bin())
        .map(|target| target.name.as_str())
        .collect();
    assert_eq!(executables, ["pinfold"]);
}

#[test]
fn drivers_stay_with_their_owners() {
    for package in &workspace().packages {
        let name = short(&package.name).expect("every crate is called pinfold-…");
        for used in package.dependencies.iter().filter(|used| used.kind == DependencyKind::Normal) {
            let owners = OWNERS.iter().find(|(driver, _)| *driver == used.name).map(|(_, owners)| *owners);
            assert!(owners.is_none_or(|owners| owners.contains(&name)), "{name} uses {}, whose owners are {owners:?}", used.name);
        }
    }
}

#[test]
fn every_crate_inherits_lints_metadata_and_versions() {
    let workspace = workspace();
    let read = |path: &Path| -> toml::Table { fs::read_to_string(path).expect("it is there").parse().expect("it is TOML") };
    let root = read(&Path::new(ROOT).join("Cargo.toml"));
    let shared = root["workspace"]["dependencies"].as_table().expect("the workspace shares versions");
    let mut own_versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in &workspace.packages {
        let manifest = read(package.manifest_path.as_std_path());
        let inherits = |value: Option<&toml::Value>| value.and_then(|value| value.get("workspace")) == Some(&true.into());
        assert!(inherits(manifest.get("lints")), "{}: [lints] workspace = true is missing", package.name);
        for field in ["version", "edition", "rust-version", "license", "repository", "publish"] {
            assert!(inherits(manifest["package"].get(field)), "{}: {field}.workspace = true is missing", package.name);
        }
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, used) in manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                if !inherits(Some(used)) {
                    assert!(!shared.contains_key(name), "{}: {name} has a version of its own", package.name);
                    own_versions.entry(name.clone()).or_default().push(package.name.to_string());
                }
            }
        }
    }
    for (name, users) in own_versions {
        let users: BTreeSet<String> = users.into_iter().collect();
        assert!(users.len() == 1, "{name} is used by {users:?}: share its version in the workspace");
    }
}

#[test]
fn every_crate_says_what_it_is() {
    for package in &workspace().packages {
        let directory = package.manifest_path.parent().expect("a manifest lies in a directory");
        assert!(package.description.as_ref().is_some_and(|text| text.ends_with('.')), "{} has no description", package.name);
        let readme = fs::read_to_string(directory.join("README.md")).unwrap_or_default();
        let named: BTreeSet<&str> =
            readme.split('`').skip(1).step_by(2).filter_map(|name| name.split(['/', '.']).next()).collect();
        let root = package.targets.iter().find(|target| target.is_lib() || target.is_bin()).expect("a crate has a target");
        let source = fs::read_to_string(&root.src_path).expect("it is there");
        for module in source.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')) {
            assert!(named.contains(module), "{}: the README does not name {module}", package.name);
        }
    }
}
