#!/bin/sh
# Puts Debian's promtool into .dev/tools, once. Only the program is taken out of its package: nothing is installed, so no Prometheus
# is started, now or at the next boot.
set -eu
cd "$(dirname "$0")/../.."

if PATH="$PWD/.dev/tools/bin:$PATH" promtool --version >/dev/null 2>&1; then exit 0; fi
command -v apt-get >/dev/null || { echo "The checks of deploy/ need promtool, which comes with Prometheus." >&2; exit 1; }
echo "Taking promtool out of Debian's package into .dev/tools …"
mkdir -p .dev/tools/bin
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
# The sandbox user of apt may not write here; it is not needed for one file.
download() { (cd "$unpacked" && apt-get download -qq -o APT::Sandbox::User=root prometheus); }
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
# A list of packages that is old, or not there yet, is fetched first.
download || { $as_root apt-get update -qq && download; }
dpkg-deb --fsys-tarfile "$unpacked"/prometheus_*.deb | tar -x -C "$unpacked" ./usr/bin/promtool
mv "$unpacked/usr/bin/promtool" .dev/tools/bin/promtool
