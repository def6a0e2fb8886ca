//! A file of `NAME=value` lines for scripts. It holds credentials: only its owner may read it, and it is replaced whole.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A file and what it says.
pub struct EnvFile {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

impl EnvFile {
    /// Reads the file; one that is not there says nothing.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let values = text.lines().filter_map(|line| line.split_once('='));
        Ok(Self { path: path.to_owned(), values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() })
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub fn set(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), value);
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn write(&self) -> anyhow::Result<()> {
        let text: String = self.values.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let mut draft = self.path.clone().into_os_string();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        let write = || {
            let _ = fs::remove_file(&draft);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            file.write_all(text.as_bytes())?;
            fs::rename(&draft, &self.path)
        };
        write().with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn values_come_back_and_only_the_owner_may_read_them() {
        let path = std::env::temp_dir().join(format!("pinfold-env-{}", std::process::id()));
        let mut file = EnvFile::read(&path).expect("no file is an empty one");
        assert_eq!(file.get("API_KEY"), None);
        file.set("API_KEY", "a=b".to_owned());
        file.write().expect("the temporary directory is writable");
        file.write().expect("and again");
        assert_eq!(EnvFile::read(&path).expect("it is there").get("API_KEY"), Some("a=b"));
        assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        fs::remove_file(&path).expect("it is there");
    }
}
