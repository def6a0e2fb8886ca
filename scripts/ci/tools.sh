#!/bin/sh
# Puts promtool and cargo-deny into .dev/tools, once; a debug build of the latter is fast enough for what it does and is there sooner.
set -eu
cd "$(dirname "$0")/../.."

sh scripts/ci/promtool.sh

version=0.20.2
tools=$PWD/.dev/tools
if PATH="$tools/bin:$PATH" cargo deny --version 2>/dev/null | grep -q . ; then exit 0; fi
echo "Installing cargo-deny $version into .dev/tools …"
mkdir -p "$tools"
cargo install cargo-deny --locked --debug --version "$version" --root "$tools" --quiet --config profile.dev.debug=false
