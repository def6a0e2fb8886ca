//! Where the tests of this checkout share things, and how its scripts are started.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the checkout this was compiled in.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lives in crates/testkit")
}

/// The directory that all test processes of this checkout share.
pub(crate) fn shared_directory() -> PathBuf {
    let directory = root().join(".dev/test");
    fs::create_dir_all(&directory).expect("the checkout is writable");
    directory
}

/// Opens a file of the shared directory to lock it; the kernel releases the lock when the process ends, however it ends.
pub(crate) fn lock_file(name: &str) -> File {
    let path = shared_directory().join(name);
    File::options().create(true).append(true).open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs one of the checkout's Python scripts and returns its output; its complaints become the panic's text.
pub(crate) fn script(path: &str, arguments: &[&str]) -> String {
    let output = Command::new("python3")
        .arg(root().join(path))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("python3 {path}: {error}"));
    assert!(output.status.success(), "{path} failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
