#!/bin/sh
# Installs what the tests and the benchmark need beside Rust, Python, make and gcc; does nothing when all is there.
set -eu
cd "$(dirname "$0")/../.."

python3 scripts/dev/install.py

packages=""
need() {
    command -v "$1" >/dev/null || packages="$packages $2"
}
need curl curl
need openssl openssl
need chromium chromium
need wrk wrk
# libFuzzer is compiled from source.
need g++ g++
python3 -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"
[ -n "$packages" ] || exit 0

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Installing$packages …"
    $as_root sh scripts/dev/debian-packages.sh $packages
else
    echo "The tests need these programs; install them and run this again:$packages" >&2
    exit 1
fi
