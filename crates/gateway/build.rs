//! Builds the gateway again when the console was built again: its files are part of a release executable.

fn main() {
    println!("cargo::rerun-if-changed=../../web-admin/dist");
}
