//! The settings as they are in force, with where they come from. Secrets are never shown: only whether they are set.

use config::{Value, ValueKind};
use url::Url;

use super::layers::{Layers, flat};
use super::reference::{SECRETS, keys};
use super::{Faults, load};

/// One setting in force.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    pub name: String,
    /// As TOML; nothing where nobody set it and there is no fixed default.
    pub value: Option<String>,
    /// A file or a variable; nothing for the defaults.
    pub from: Option<String>,
}

/// Every setting in force, in the order of the reference.
///
/// # Errors
/// As [`load`].
pub fn shown(layers: &Layers) -> Result<Vec<Shown>, Faults> {
    load(layers)?;
    let flat = flat(layers)?;
    let show = |name: String| {
        let value = flat.get(&name);
        let from = value.and_then(Value::origin).map(str::to_owned);
        let text = value.map(|value| if SECRETS.contains(&name.as_str()) { hidden(value) } else { plain(value) });
        Shown { name, value: text, from }
    };
    Ok(keys().into_iter().map(show).collect())
}

fn plain(value: &Value) -> String {
    match &value.kind {
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        _ => value.to_string(),
    }
}

/// A secret without its content; of a URL, what is no secret.
fn hidden(value: &Value) -> String {
    let text = value.to_string();
    if text.is_empty() {
        return "\"\"".to_owned();
    }
    let Ok(mut url) = Url::parse(&text) else { return "\"***\"".to_owned() };
    if !url.has_host() || text.contains(',') {
        return "\"***\"".to_owned();
    }
    let is_open = url.password().is_some() && url.set_password(Some("***")).is_err();
    url.set_query(None);
    if is_open { "\"***\"".to_owned() } else { format!("{:?}", url.as_str()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let variables = [
            ("PINFOLD__POSTGRES__URL", "postgres://service:hush1@db.example:5432/pinfold?password=hush2"),
            ("PINFOLD__REDIS__URL", "redis+unix:///run/redis.sock?pass=hush3"),
            ("PINFOLD__SECURITY__MASTER_KEY", "hush4"),
            ("PINFOLD__TELEMETRY__METRICS_TOKEN", "https://hush5@example.com,hush6"),
            ("PINFOLD__HTTP__PORT", "9090"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let shown = shown(&Layers { files: Vec::new(), variables: BTreeMap::from(variables) }).expect("all are known");
        let text = format!("{shown:?}");
        assert!(!text.contains("hush"), "{text}");
        let value = |name: &str| shown.iter().find(|shown| shown.name == name).and_then(|shown| shown.value.as_deref());
        assert_eq!(value("postgres.url"), Some("\"postgres://service:***@db.example:5432/pinfold\""));
        assert_eq!((value("http.port"), value("http.workers")), (Some("\"9090\""), None));
    }
}
