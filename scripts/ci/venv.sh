#!/bin/sh
# Makes .dev/venv with the pinned Python packages of the tests; does nothing when it is there and up to date.
set -eu
cd "$(dirname "$0")/../.."

venv=.dev/venv
wanted="$(python3 --version) $(cat scripts/ci/requirements.txt scripts/ci/constraints.txt | cksum)"
if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/complete" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

echo "Installing the tests' Python packages into $venv …"
rm -rf "$venv"
mkdir -p .dev
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --requirement scripts/ci/requirements.txt --constraint scripts/ci/constraints.txt
echo "$wanted" > "$venv/complete"
