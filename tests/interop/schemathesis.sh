#!/bin/sh
# Schemathesis fuzzes a running installation from the OpenAPI document that it serves: no request may end in a server error,
# and every answer is one that the document knows.
# Usage: schemathesis.sh [ENV_FILE]   (INTEROP_QUICK=1 looks at less)
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)

env_file=${1:-$root/.dev/demo.env}
case $env_file in /*) ;; *) env_file=$PWD/$env_file ;; esac
value() { sed -n "s/^$1=//p" "$env_file"; }
examples=8
[ -z "${INTEROP_QUICK:-}" ] || examples=2
[ ! -x "$root/.dev/venv/bin/schemathesis" ] || PATH="$root/.dev/venv/bin:$PATH"

# It leaves notes where it runs.
notes=$(mktemp -d)
trap 'rm -rf "$notes"' EXIT
cd "$notes"

# A key that is switched off would end the test, so the operation that could do it is left out. Requests are the same in
# every run, so that a failure can be repeated.
schemathesis run "$(value BASE_URL)/openapi.json" \
    --header "Authorization: Bearer $(value API_KEY)" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance \
    --phases examples,coverage,fuzzing \
    --max-examples "$examples" \
    --exclude-operation-id api_keys.update \
    --generation-deterministic \
    --request-timeout 15 --workers 2 --warnings off --continue-on-failure --no-color
