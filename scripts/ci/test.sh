#!/bin/sh
# Runs the workspace's tests, with nextest where it is installed. Arguments choose tests, as nextest or cargo understand them.
set -eu
cd "$(dirname "$0")/../.."

if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace "$@"
    cargo test --locked --workspace --doc
else
    cargo test --locked --workspace "$@"
fi
