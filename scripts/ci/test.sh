#!/bin/sh
# Runs every test: the workspace's, those of the running product once more in split topology, and interoperability with
# programs of others. With nextest where it is installed, else with cargo alone.
# Arguments choose tests, as nextest or cargo understand them; then it is the workspace's tests alone.
set -eu
cd "$(dirname "$0")/../.."

if cargo nextest --version >/dev/null 2>&1; then
    run_tests() { cargo nextest run --locked "$@"; }
    workspace() { run_tests --workspace "$@" && if [ $# = 0 ]; then cargo test --locked --workspace --doc; fi; }
    # Of the workspace, so that nothing is built again with the features of one package.
    product() { run_tests --workspace --filterset 'binary_id(pinfold-server::it)'; }
else
    # As many at once as .config/nextest.toml says.
    run_tests() { RUST_TEST_THREADS="${RUST_TEST_THREADS:-3}" cargo test --locked "$@"; }
    workspace() { run_tests --workspace --no-fail-fast "$@"; }
    product() { run_tests --package pinfold-server --test it; }
fi

echo "== tests of the workspace, all roles in one process"
workspace "$@"
[ $# = 0 ] || exit 0

echo "== tests of the running product, one process per role"
export PINFOLD_TEST_TOPOLOGY=split
product
unset PINFOLD_TEST_TOPOLOGY

echo "== interoperability"
# With the executable that the tests were built with.
.dev/venv/bin/python scripts/ci/interop.py --pinfold-bin "${CARGO_TARGET_DIR:-target}/debug/pinfold"

echo "== the console"
python3 scripts/ci/console.py --pinfold-bin "${CARGO_TARGET_DIR:-target}/debug/pinfold"
