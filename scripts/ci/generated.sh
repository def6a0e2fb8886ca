#!/bin/sh
# Compares what is generated from the code with what is in the tree.
set -eu
cd "$(dirname "$0")/../.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
# As the tests are built, whose stage comes next: the executable alone would be built with other features, and everything twice.
cargo test --locked --workspace --no-run --quiet
pinfold="${CARGO_TARGET_DIR:-target}/debug/pinfold"
failed=0
compare() {
    file=$1
    shift
    "$pinfold" "$@" > "$fresh/new"
    if ! diff -u "$file" "$fresh/new" > "$fresh/difference"; then
        head -n 40 "$fresh/difference"
        echo "$file is not what \`pinfold $*\` says; \`make generate\` writes it again." >&2
        failed=1
    fi
}
compare docs/openapi.json openapi
compare docs/settings.md settings docs
exit "$failed"
