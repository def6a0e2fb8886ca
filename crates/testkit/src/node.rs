//! Peers that run in Node: a process that tells of things in lines of JSON, and takes orders in such lines.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::checkout::root;

/// A process of Node; ends with its value, and when its input ends.
#[derive(Debug)]
pub(crate) struct NodePeer {
    process: Child,
}

impl NodePeer {
    /// Starts one of `peers/` and gives what it says first. Every other line goes to `tell`, on a thread of its own.
    pub(crate) fn start(script: &str, options: &Value, mut tell: impl FnMut(&str) + Send + 'static) -> (Self, Value) {
        let mut process = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(script))
            .arg(options.to_string())
            .env("NODE_PATH", packages())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is installed");
        let output = process.stdout.take().expect("the output is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let first: Value =
            serde_json::from_str(&lines.next().unwrap_or_default()).expect("the peer starts; its complaint is above");
        std::thread::spawn(move || lines.for_each(|line| tell(&line)));
        (Self { process }, first)
    }

    /// Writes a line.
    pub(crate) fn order(&mut self, order: &Value) {
        let input = self.process.stdin.as_mut().expect("the input is piped");
        writeln!(input, "{order}").expect("the peer runs");
    }
}

impl Drop for NodePeer {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The packages that the peers are made of.
fn packages() -> PathBuf {
    let packages =
        std::env::var_os("PINFOLD_TEST_NODE_PATH").map_or_else(|| root().join(".dev/peers/node_modules"), PathBuf::from);
    assert!(packages.exists(), "{} is missing: `sh scripts/ci/peers.sh` makes it", packages.display());
    packages
}
