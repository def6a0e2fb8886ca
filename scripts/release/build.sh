#!/bin/sh
# Builds the release executable so that the same source gives the same bytes wherever it is built, and copies it to
# target/release/pinfold: no path of this machine is in it, of Rust or of C.
set -eu
cd "$(dirname "$0")/../.."

root=$PWD
home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)
target=${CARGO_TARGET_DIR:-$root/target/reproducible}
# Later prefixes win, and the target folder is inside the checkout's.
export RUSTFLAGS="--remap-path-prefix=$home=/cargo --remap-path-prefix=$sysroot=/rust --remap-path-prefix=$root=/pinfold \
--remap-path-prefix=$target=/target"
c_flags="-ffile-prefix-map=$home=/cargo -ffile-prefix-map=$root=/pinfold -ffile-prefix-map=$target=/target"
export CFLAGS="$c_flags" CXXFLAGS="$c_flags" CARGO_TARGET_DIR="$target" CARGO_INCREMENTAL=0
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
cargo build --locked --release --bin pinfold
mkdir -p target/release
# A running executable cannot be written to, but replaced.
cp "$target/release/pinfold" target/release/pinfold.new
mv target/release/pinfold.new target/release/pinfold
