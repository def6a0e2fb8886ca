//! After every test: what its processes wrote, and what Redis wrote down, lets nobody in and names no person. Secrets are known by
//! their forms, people by the numbers and addresses that tests draw; PINs are too short for that and have a test of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// How the numbers of tests begin.
const COUNTRIES: [&str; 6] = ["4179", "4178", "6391", "6598", "4477009", "1617555"];
/// Lengths of whole numbers.
const NUMBER: std::ops::RangeInclusive<usize> = 10..=15;
/// How much of a key may be shown, so that its owner knows it again.
const SHOWN_OF_KEY: usize = 12;

/// Looks when the test ends.
pub struct Leaks {
    places: Vec<PathBuf>,
    secrets: Vec<String>,
}

impl Leaks {
    /// Watches directories; whatever `demo` calls a secret may not appear there, nor may `more`.
    pub fn watch(places: Vec<PathBuf>, demo: &BTreeMap<String, String>, more: &[&str]) -> Self {
        let is_secret = |name: &str| ["KEY", "SECRET", "PASSWORD", "TOKEN"].iter().any(|end| name.ends_with(end));
        let named = demo.iter().filter(|(name, value)| is_secret(name) && value.len() >= 12).map(|(_, value)| value.clone());
        Self { places, secrets: named.chain(more.iter().map(|secret| (*secret).to_owned())).collect() }
    }
}

impl Drop for Leaks {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let mut found = BTreeSet::new();
        for file in self.places.iter().flat_map(|place| written(place)) {
            let bytes = fs::read(&file).unwrap_or_default();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.extend(self.in_text(&bytes).into_iter().map(|leak| format!("{name}: {leak}")));
        }
        assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found.into_iter().take(20).collect::<Vec<_>>().join("\n"));
    }
}

impl Leaks {
    fn in_text(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        for word in bytes.split(|byte| !is_word(*byte) && *byte != b'.' && *byte != b'@') {
            let Ok(word) = std::str::from_utf8(word) else { continue };
            if is_number(word) || is_key(word) || is_token(word) || is_address(word) {
                found.insert(word.to_owned());
            }
        }
        let text = String::from_utf8_lossy(bytes);
        found.extend(self.secrets.iter().filter(|secret| text.contains(secret.as_str())).cloned());
        found
    }
}

fn is_number(word: &str) -> bool {
    NUMBER.contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && COUNTRIES.iter().any(|country| word.starts_with(country))
}

fn is_key(word: &str) -> bool {
    let random = word.strip_prefix("pf_").and_then(|rest| rest.split_once('_'));
    random.is_some_and(|(_, random)| random.len() > SHOWN_OF_KEY)
}

/// A JWT, whose parts are objects.
fn is_token(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3 && parts[..2].iter().all(|part| part.starts_with("eyJ"))
}

fn is_address(word: &str) -> bool {
    let Some((name, place)) = word.split_once('@') else { return false };
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    name.len() >= 3
        && is_plain(name)
        && is_plain(place)
        && place.rsplit_once('.').is_some_and(|(host, top)| host.len() >= 3 && top.len() >= 2)
}

/// The files of a test's processes and of Redis' record; not those that it was started with.
fn written(place: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(written(&path));
        } else if path.extension().is_some_and(|ending| ending == "log" || ending == "aof") {
            files.push(path);
        }
    }
    files
}
