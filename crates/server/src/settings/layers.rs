//! From layers to settings: the embedded defaults, the files, the variables; then secrets that stand in files of their
//! own. A name that no setting has is refused with the place it came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, File, FileFormat, Format, Map, Source, Value, ValueKind};
use serde::Deserialize;

use super::reference::{DEFAULT, SECRETS, keys, variable};
use super::{Faults, Settings};

const PREFIX: &str = "PINFOLD__";

/// Where settings come from.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    pub files: Vec<PathBuf>,
    pub variables: BTreeMap<String, String>,
}

impl Layers {
    /// These files, and the variables of this process.
    ///
    /// # Errors
    /// A variable of ours that is no text.
    pub fn of_process(files: Vec<PathBuf>) -> Result<Self, Faults> {
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            let value = value.into_string().map_err(|_| Faults::one(format!("{name} is not UTF-8 text")))?;
            variables.insert(name.to_owned(), value);
        }
        Ok(Self { files, variables })
    }
}

/// Variables as a source of the `config` crate; an empty one counts as not set.
#[derive(Debug, Clone)]
struct Variables(BTreeMap<String, String>);

impl Source for Variables {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let set = self.0.iter().filter(|(_, value)| !value.is_empty());
        let entry = |(name, value): (&String, &String)| {
            let key = name[PREFIX.len()..].replace("__", ".").to_lowercase();
            (key, Value::new(Some(name), ValueKind::String(value.clone())))
        };
        Ok(set.map(entry).collect())
    }
}

/// A file as a source, known by the name it was given.
#[derive(Debug, Clone)]
struct SettingsFile(PathBuf);

impl Source for SettingsFile {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let name = self.0.display().to_string();
        let text = std::fs::read_to_string(&self.0);
        let text = text.map_err(|error| ConfigError::Message(format!("{name} cannot be read: {error}")))?;
        // The parser quotes the line in question, which may hold a secret: only the place is told.
        let place = |error: String| error.lines().next().unwrap_or_default().to_owned();
        let parsed = FileFormat::Toml.parse(Some(&name), &text);
        parsed.map_err(|error| ConfigError::Message(format!("{name} is not TOML: {}", place(error.to_string()))))
    }
}

/// Every setting by its name: `http.port`.
type Flat = BTreeMap<String, Value>;

/// Reads all layers.
///
/// # Errors
/// What cannot be read, is not known, or is not of its kind.
pub fn load(layers: &Layers) -> Result<Settings, Faults> {
    let flat = flat(layers)?;
    let mut tree = Map::new();
    for (key, value) in flat {
        grow(&mut tree, &key, value);
    }
    Settings::deserialize(Value::new(None, ValueKind::Table(tree))).map_err(|error| Faults::one(error.to_string()))
}

/// Puts a setting into its section, and that into its own.
fn grow(tree: &mut Map<String, Value>, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(tree.insert(key.to_owned(), value)),
        Some((section, rest)) => {
            let table = tree.entry(section.to_owned()).or_insert_with(|| Value::new(None, ValueKind::Table(Map::new())));
            let ValueKind::Table(table) = &mut table.kind else { unreachable!("only sections have names with a dot") };
            grow(table, rest, value);
        }
    }
}

/// All layers merged, names checked and secrets' files read.
pub(super) fn flat(layers: &Layers) -> Result<Flat, Faults> {
    let mut builder = Config::builder().add_source(File::from_str(DEFAULT, FileFormat::Toml));
    for file in &layers.files {
        builder = builder.add_source(SettingsFile(file.clone()));
    }
    let merged = builder.add_source(Variables(layers.variables.clone())).build();
    let merged = merged.map_err(|error| Faults::one(error.to_string()))?;
    let mut flat = Flat::new();
    for (section, value) in merged.cache.into_table().map_err(|error| Faults::one(error.to_string()))? {
        flatten(section, value, &mut flat);
    }
    let mut faults = Vec::new();
    read_secrets(&mut flat, &mut faults);
    let known = keys();
    for (key, value) in &flat {
        if !known.contains(key) {
            let origin = value.origin().map(|origin| format!(" (in {origin})")).unwrap_or_default();
            faults.push(format!("there is no setting {key}{origin}; `pinfold settings docs` lists all"));
        }
    }
    if faults.is_empty() { Ok(flat) } else { Err(Faults(faults)) }
}

fn flatten(key: String, value: Value, flat: &mut Flat) {
    match value.kind {
        ValueKind::Table(table) => {
            for (name, value) in table {
                flatten(format!("{key}.{name}"), value, flat);
            }
        }
        _ => drop(flat.insert(key, value)),
    }
}

/// Replaces `secret_file` by the secret that stands in the file.
fn read_secrets(flat: &mut Flat, faults: &mut Vec<String>) {
    for key in SECRETS {
        let Some(file) = flat.remove(&format!("{key}_file")) else { continue };
        // The embedded defaults alone have no origin.
        if flat.get(key).is_some_and(|value| value.origin().is_some()) {
            faults.push(format!("both {key} and {key}_file are set; keep one of them ({0} or {0}_FILE)", variable(key)));
            continue;
        }
        let Ok(path) = file.into_string() else {
            faults.push(format!("{key}_file must be the path of a file"));
            continue;
        };
        match std::fs::read_to_string(Path::new(&path)) {
            Ok(secret) => drop(flat.insert(key.to_owned(), Value::new(Some(&path), ValueKind::String(secret.trim().to_owned())))),
            Err(error) => faults.push(format!("{key}_file: {path} cannot be read: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::settings::Profile;

    fn with(variables: &[(&str, &str)]) -> Result<Settings, Faults> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        load(&Layers { files: Vec::new(), variables })
    }

    #[test]
    fn the_embedded_defaults_are_the_defaults_of_the_code() {
        let (embedded, coded) = (with(&[]).expect("the defaults are complete"), Settings::default());
        assert_eq!(format!("{embedded:?}"), format!("{coded:?}"));
        let secrets = |settings: &Settings| {
            [
                &settings.postgres.url,
                &settings.postgres.admin_url,
                &settings.redis.url,
                &settings.security.master_key,
                &settings.security.internal_secret,
                &settings.telemetry.metrics_token,
            ]
            .map(|secret| secret.expose_secret().to_owned())
        };
        assert_eq!(secrets(&embedded), secrets(&coded));
    }

    #[test]
    fn every_field_of_the_code_is_in_the_embedded_defaults() {
        // What the code has and the file has not would be a setting that nobody can find.
        let printed = format!("{:?}", Settings::default());
        let names = keys();
        let derived = ["allow_live_simulator"];
        for field in printed.split([' ', '{', ',']).filter_map(|word| word.strip_suffix(':')) {
            let is_section = names.iter().any(|key| format!(".{key}").contains(&format!(".{field}.")));
            let is_setting = names.iter().any(|key| key.rsplit('.').next() == Some(field));
            assert!(is_section || is_setting || derived.contains(&field), "{field} is missing in default.toml");
        }
    }

    #[test]
    fn variables_win_and_lists_have_commas() {
        let settings = with(&[
            ("PINFOLD__PROFILE", "development"),
            ("PINFOLD__HTTP__PORT", "9090"),
            ("PINFOLD__HTTP__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1"),
            ("PINFOLD__LIMITS__LOCKS", "1m,2m,3m"),
            ("PINFOLD__HTTP__PUBLIC_URL", ""),
            ("PINFOLD__SECURITY__INTERNAL_SECRET", "0000012345678901234567890123456789"),
        ]);
        let settings = settings.expect("all of these exist");
        assert_eq!((settings.profile, settings.http.port, settings.http.public_url), (Profile::Development, 9090, None));
        assert_eq!(settings.http.trusted_proxies.len(), 2);
        assert_eq!(settings.limits.locks.len(), 3);
        assert_eq!(settings.security.internal_secret.expose_secret(), "0000012345678901234567890123456789");
    }

    #[test]
    fn unknown_and_malformed_settings_are_named() {
        let faults = |name, value| with(&[(name, value)]).expect_err(name).to_string();
        assert!(faults("PINFOLD__HTTP__PROT", "1").starts_with("there is no setting http.prot (in PINFOLD__HTTP__PROT)"));
        assert!(faults("PINFOLD__HTTP__PORT__X", "1").contains("there is no setting http.port.x"));
        assert!(faults("PINFOLD__DELIVERY__ALLOW_LIVE_SIMULATOR", "true").contains("delivery.allow_live_simulator"));
        for (name, value) in [
            ("PINFOLD__HTTP__PORT", "http"),
            ("PINFOLD__HTTP__WORKERS", "0"),
            ("PINFOLD__HTTP__TRUSTED_PROXIES", "10.0.0.0/40"),
            ("PINFOLD__PROFILE", "staging"),
            ("PINFOLD__PIN__LONGEST_LIFE", "15"),
            ("PINFOLD__TELEMETRY__OTLP_ENDPOINT", "localhost"),
        ] {
            let key = name["PINFOLD__".len()..].replace("__", ".").to_lowercase();
            let said = faults(name, value);
            assert!(said.contains(&key) && !said.contains('\n'), "{name}: {said}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_named_with_the_place_but_not_quoted() {
        let file = std::env::temp_dir().join(format!("pinfold-settings-{}.toml", std::process::id()));
        std::fs::write(&file, "[security]\nmaster_key = hush\n").expect("the temporary directory is writable");
        let said = load(&Layers { files: vec![file.clone()], ..Layers::default() }).expect_err("it is no TOML").to_string();
        std::fs::remove_file(&file).expect("it is there");
        assert!(said.contains("is not TOML") && said.contains("line 2") && !said.contains("hush"), "{said}");
    }

    #[test]
    fn a_secret_may_stand_in_a_file_but_not_in_two_places() {
        let file = std::env::temp_dir().join(format!("pinfold-secret-{}", std::process::id()));
        std::fs::write(&file, "from a file\n").expect("the temporary directory is writable");
        let path = file.to_string_lossy();
        let name = "PINFOLD__SECURITY__INTERNAL_SECRET_FILE";
        let settings = with(&[(name, &path)]).expect("the file is there");
        assert_eq!(settings.security.internal_secret.expose_secret(), "from a file");
        let twice = with(&[(name, &path), ("PINFOLD__SECURITY__INTERNAL_SECRET", "x")]).expect_err("two places");
        assert!(twice.to_string().contains("keep one of them"));
        std::fs::remove_file(&file).expect("it is there");
        assert!(with(&[(name, &path)]).expect_err("the file is gone").to_string().contains("cannot be read"));
    }
}
