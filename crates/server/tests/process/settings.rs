//! Settings through the executable: layers, secrets, and what is refused.

use std::fs;

use serde_json::Value;

use crate::support::{Environment, nowhere};

fn value<'a>(settings: &'a Value, name: &str) -> &'a Value {
    let found = settings.as_array().and_then(|all| all.iter().find(|one| one["name"] == name));
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

#[test]
fn variables_go_before_files_and_later_files_before_earlier_ones() {
    let directory = tempfile::tempdir().expect("the temporary directory is writable");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("the directory is ours");
        path.to_string_lossy().into_owned()
    };
    let first = file("first.toml", "[http]\nport = 1111\nhost = \"::1\"\n[redis]\npartitions = 4\n");
    let second = file("second.toml", "[http]\nport = 2222\n");
    let arguments = ["settings", "show", "--json", "--config", &first, "--config", &second];
    let shown = Environment::default().with("REDIS__PARTITIONS", 8).run(&arguments).json();
    assert_eq!(value(&shown, "http.port")["value"], "2222");
    assert_eq!(value(&shown, "http.host")["value"], "\"::1\"");
    assert_eq!(value(&shown, "http.host")["from"], first.as_str());
    assert_eq!(value(&shown, "redis.partitions")["from"], "PINFOLD__REDIS__PARTITIONS");
    assert_eq!(value(&shown, "redis.backlog")["from"], Value::Null);
    let files = format!("{first},{second}");
    let shown = Environment::default().with_plain("PINFOLD_CONFIG", &files).run(&["settings", "show", "--json"]).json();
    assert_eq!(value(&shown, "http.port")["value"], "2222");
}

#[test]
fn what_nobody_knows_is_refused_with_its_place() {
    let directory = tempfile::tempdir().expect("the temporary directory is writable");
    let path = directory.path().join("pinfold.toml");
    fs::write(&path, "[http]\nprot = 1\n").expect("the directory is ours");
    let path = path.to_string_lossy();
    let said = nowhere().with("REDIS__URI", "x").run(&["serve", "--config", &path]).refusal();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("pinfold: there is no setting http.prot (in ") && lines[0].contains("pinfold.toml"), "{said}");
    assert!(lines[1].starts_with("pinfold: there is no setting redis.uri (in PINFOLD__REDIS__URI)"), "{said}");
    let said = nowhere().run(&["serve", "--config", "/nowhere/pinfold.toml"]).refusal();
    assert!(said.lines().count() == 1 && said.contains("/nowhere/pinfold.toml"), "{said}");
}

#[test]
fn every_fault_is_said_at_once() {
    let environment = nowhere().with("HTTP__DRAIN_SECONDS", 90).with("PIN__MOST_ATTEMPTS", 0).with("REDIS__PARTITIONS", 0);
    let said = environment.run(&["settings", "check"]).refusal();
    for name in ["http.drain_seconds", "pin.most_attempts", "redis.partitions"] {
        assert!(said.lines().any(|line| line.starts_with(&format!("pinfold: {name} "))), "{name}: {said}");
    }
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(nowhere().run(&["settings", "check"]).success().starts_with("The settings are sound for gateway,"));
}

#[test]
fn secrets_stand_in_files_and_are_never_shown() {
    let directory = tempfile::tempdir().expect("the temporary directory is writable");
    let path = directory.path().join("secret");
    fs::write(&path, "e7c1f6a0b5d94e63a2f80c7719d3b4ae\n").expect("the directory is ours");
    let environment = nowhere().without("SECURITY__INTERNAL_SECRET").with("SECURITY__INTERNAL_SECRET_FILE", path.display());
    environment.run(&["settings", "check"]).success();
    let shown = environment.run(&["settings", "show"]).success();
    for secret in ["e7c1f6a0b5d9", "oCLyJ5DqNVFf", ":x@"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("postgres://pinfold_service:***@127.0.0.1"), "{shown}");
}

#[test]
fn the_reference_names_every_setting_and_its_variable() {
    let page = Environment::default().run(&["settings", "docs"]).success();
    let shown = Environment::default().run(&["settings", "show", "--json"]).json();
    let names: Vec<&str> = shown.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.len() > 60);
    for name in names {
        let variable = format!("PINFOLD__{}", name.replace('.', "__").to_uppercase());
        assert!(page.contains(&format!("| `{name}`<br>`{variable}` |")), "{name}");
    }
}
