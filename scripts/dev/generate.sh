#!/bin/sh
# Writes again what is generated from the code; a file changes only when its command succeeds.
set -eu
cd "$(dirname "$0")/../.."

write() {
    target=$1
    shift
    cargo run --quiet --locked --bin pinfold -- "$@" > "$target.new"
    mv "$target.new" "$target"
    echo "$target"
}
cargo build --locked --bin pinfold
write docs/openapi.json openapi
write docs/settings.md settings docs
