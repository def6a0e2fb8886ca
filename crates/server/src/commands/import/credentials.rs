//! The credentials of both sides, from the environment or a file, never from arguments: other users of the machine see those.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};

/// What the environment or the file says.
pub struct Credentials(Option<BTreeMap<String, String>>);

impl Credentials {
    /// From a file of `NAME=value` lines, or from the environment. Blank lines and those that begin with `#` say nothing.
    ///
    /// # Errors
    /// When the file cannot be read; what it says is never repeated.
    pub fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = file else { return Ok(Self(None)) };
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let mut values = BTreeMap::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                bail!("{}: line {} is not NAME=value", path.display(), index + 1);
            };
            let value = value.trim();
            let unquoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            values.insert(name.trim().to_owned(), unquoted.unwrap_or(value).to_owned());
        }
        Ok(Self(Some(values)))
    }

    /// A value that is needed.
    ///
    /// # Errors
    /// When nobody says it.
    #[expect(clippy::disallowed_methods, reason = "credentials of a vendor are no setting of Pinfold")]
    pub fn need(&self, name: &str) -> anyhow::Result<String> {
        let value = match &self.0 {
            Some(values) => values.get(name).cloned(),
            None => std::env::var(name).ok(),
        };
        value.filter(|value| !value.is_empty()).with_context(|| match &self.0 {
            Some(_) => format!("the file of credentials does not say {name}"),
            None => format!("{name} is not set; set it in the environment, or name a file with --credentials"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_is_needed_and_complaints_repeat_nothing_of_it() {
        let file = std::env::temp_dir().join(format!("pinfold-import-{}", std::process::id()));
        std::fs::write(&file, "# both\nA=1\n\n B = \"two=2\" \nC=\n").expect("the temporary directory is writable");
        let credentials = Credentials::read(Some(&file)).expect("readable");
        assert_eq!((credentials.need("A").ok().as_deref(), credentials.need("B").ok().as_deref()), (Some("1"), Some("two=2")));
        assert!(credentials.need("C").is_err() && credentials.need("D").is_err());
        std::fs::write(&file, "A=1\nhunter2\n").expect("writable");
        let complaint = Credentials::read(Some(&file)).err().expect("no pair").to_string();
        assert!(complaint.contains("line 2") && !complaint.contains("hunter2"), "{complaint}");
        std::fs::remove_file(&file).expect("it is there");
    }
}
