#!/bin/sh
# Checks everything that can be judged without running the product, fast checks first.
set -eu
cd "$(dirname "$0")/../.."

cargo fmt --all --check
sh scripts/ci/file-size.sh
for script in scripts/*/*.sh; do sh -n "$script"; done
python3 -m compileall -q scripts crates/testkit/peers
cargo clippy --locked --workspace --all-targets -- --deny warnings
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps --quiet
for tool in deny machete; do
    command -v "cargo-$tool" >/dev/null || echo "cargo-$tool is not installed; its check is left to CI."
done
# Advisories need a database from the network; CI of a release fetches it.
if command -v cargo-deny >/dev/null; then cargo deny --locked check bans licenses sources; fi
if command -v cargo-machete >/dev/null; then cargo machete; fi
