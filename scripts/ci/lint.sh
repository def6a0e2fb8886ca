#!/bin/sh
# Checks everything that can be judged without running the product, fast checks first.
set -eu
cd "$(dirname "$0")/../.."

cargo fmt --all --check
sh scripts/ci/file-size.sh
sh scripts/ci/wording.sh
for script in scripts/*/*.sh tests/*/*.sh; do sh -n "$script"; done
bash -n .ci/run
for script in crates/testkit/peers/*.cjs crates/gateway/assets/*/*.js; do node --check "$script"; done
PYTHONPYCACHEPREFIX="${TMPDIR:-/tmp}/pinfold-pycache" python3 -m compileall -q scripts tests/interop tests/assurance bench/harness bench/stages bench/run.py crates/testkit/peers
python3 scripts/ci/supply_chain.py
# The workspaces beside ours lock our crates' dependencies too; without this a change of ours fails them an hour later.
for manifest in bench/floor/Cargo.toml fuzz/Cargo.toml; do
    cargo fetch --locked --quiet --manifest-path "$manifest" ||
        { echo "lint: run cargo fetch --manifest-path $manifest and commit its Cargo.lock" >&2; exit 1; }
done
cargo clippy --locked --workspace --all-targets -- --deny warnings
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps --quiet
# CI installs cargo-deny beside the checkout's other tools (scripts/ci/tools.sh).
PATH="$PWD/.dev/tools/bin:$PATH"
if command -v cargo-deny >/dev/null; then
    # Advisories are looked up by scripts/ci/supply_chain.py, which needs no network.
    cargo deny --locked --log-level warn check bans licenses sources
else
    echo "cargo-deny is not installed; its check is left to CI."
fi
if command -v cargo-machete >/dev/null; then cargo machete; fi
