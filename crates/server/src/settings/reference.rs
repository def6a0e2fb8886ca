//! The settings in words: `default.toml`, read line by line. From it come the reference page and the list of names.

use std::fmt::Write;

/// The embedded defaults.
pub(super) const DEFAULT: &str = include_str!("default.toml");

/// Settings that are never shown, and that may stand in a file of their own.
pub(super) const SECRETS: [&str; 7] = [
    "postgres.url",
    "postgres.admin_url",
    "redis.url",
    "security.master_key",
    "security.internal_secret",
    "telemetry.metrics_token",
    "mail.smtp_url",
];

/// One setting.
pub(super) struct Entry {
    /// Its name with the section, `http.port`.
    pub(super) key: String,
    /// Its default as TOML; an example when there is no fixed default.
    pub(super) value: String,
    pub(super) has_default: bool,
    pub(super) text: String,
}

/// A section, or the head of the file.
pub(super) struct Section {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) entries: Vec<Entry>,
}

/// Everything that `default.toml` says, in its order.
pub(super) fn sections() -> Vec<Section> {
    let mut sections = vec![Section { name: String::new(), text: String::new(), entries: Vec::new() }];
    let mut text = String::new();
    for line in DEFAULT.lines() {
        let section = sections.last_mut().expect("the head of the file is a section");
        if line.is_empty() {
            section.text.push_str(&std::mem::take(&mut text));
        } else if let Some(words) = line.strip_prefix("# ").or(line.strip_prefix("#").filter(|rest| rest.is_empty())) {
            let gap = if words.is_empty() { "\n\n" } else { " " };
            text.push_str(if text.is_empty() || text.ends_with('\n') { "" } else { gap });
            text.push_str(words);
        } else if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            sections.push(Section { name: name.to_owned(), text: std::mem::take(&mut text), entries: Vec::new() });
        } else {
            let (has_default, line) = line.strip_prefix('#').map_or((true, line), |line| (false, line));
            let (name, value) = line.split_once(" = ").expect("default.toml has comments, sections and `name = value`");
            let key = if section.name.is_empty() { name.to_owned() } else { format!("{}.{name}", section.name) };
            section.entries.push(Entry { key, value: value.to_owned(), has_default, text: std::mem::take(&mut text) });
        }
    }
    sections
}

/// The names of all settings.
pub(super) fn keys() -> Vec<String> {
    sections().into_iter().flat_map(|section| section.entries).map(|entry| entry.key).collect()
}

/// The variable of a setting.
pub(super) fn variable(key: &str) -> String {
    format!("PINFOLD__{}", key.replace('.', "__").to_uppercase())
}

/// The reference page.
pub fn markdown() -> String {
    let mut page =
        "# Settings\n\n<!-- Written by `pinfold settings docs` from the embedded defaults; `make generate` renews it. -->\n"
            .to_owned();
    let mut add = |line: std::fmt::Arguments<'_>| page.write_fmt(line).expect("text grows without errors");
    for section in sections() {
        if !section.name.is_empty() {
            add(format_args!("\n## `{}`\n", section.name));
        }
        if !section.text.is_empty() {
            add(format_args!("\n{}\n", section.text));
        }
        add(format_args!("\n| setting | default | meaning |\n| --- | --- | --- |\n"));
        for Entry { key, value, has_default, text } in section.entries {
            let default = if has_default { format!("`{value}`") } else { format!("none; for example `{value}`") };
            let secret =
                if SECRETS.contains(&key.as_str()) { format!(" Secret; also `{}_FILE`.", variable(&key)) } else { String::new() };
            add(format_args!("| `{key}`<br>`{}` | {default} | {text}{secret} |\n", variable(&key)));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_words_and_every_secret_exists() {
        for section in sections() {
            assert!(!section.text.is_empty(), "[{}] has no words", section.name);
            for entry in section.entries {
                assert!(entry.text.ends_with('.'), "{} has no words", entry.key);
            }
        }
        let keys = keys();
        assert!(SECRETS.iter().all(|secret| keys.iter().any(|key| key == secret)));
        assert!(markdown().contains("| `http.port`<br>`PINFOLD__HTTP__PORT` | `8080` |"));
    }
}
