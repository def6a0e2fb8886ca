#!/bin/sh
# Installs the pinned npm packages of the tests' peers into .dev/peers; does nothing when they are there and up to date.
set -eu
cd "$(dirname "$0")/../.."

source=crates/testkit/peers
peers=.dev/peers
wanted="$(node --version) $(cat "$source/package.json" "$source/package-lock.json" | cksum)"
if [ "$(cat "$peers/complete" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

echo "Installing the tests' npm packages into $peers …"
rm -rf "$peers"
mkdir -p "$peers"
cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$peers/"
(cd "$peers" && npm ci --ignore-scripts --silent)
echo "$wanted" > "$peers/complete"
