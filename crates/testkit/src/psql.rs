//! PostgreSQL's own client: tests arrange and inspect databases with it, so that no driver checks itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use url::Url;

#[derive(Clone, Debug)]
pub(crate) struct Psql(PathBuf);

impl Psql {
    pub(crate) fn new(program: impl AsRef<Path>) -> Self {
        Self(program.as_ref().to_owned())
    }

    /// Runs statements and returns the rows: one line each, columns separated by `|`.
    pub(crate) fn run(&self, url: &Url, sql: &str) -> Result<String, String> {
        let output = self.command(url, sql).output().map_err(|error| format!("{}: {error}", self.0.display()))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
        }
    }

    /// Starts a statement and leaves it to itself; it ends even when this process is gone.
    pub(crate) fn start(&self, url: &Url, sql: &str) {
        let started = self.command(url, sql).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        drop(started);
    }

    fn command(&self, url: &Url, sql: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        command.arg("--dbname").arg(url.as_str()).arg("--command").arg(sql).stdin(Stdio::null());
        command
    }
}
