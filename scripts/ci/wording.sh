#!/bin/sh
# What is tracked speaks of the project alone: no paths of somebody's machine, no registry's host, no reminders to finish
# something later. Lock files name the default registry by design.
set -eu
cd "$(dirname "$0")/../.."

git rev-parse --is-inside-work-tree >/dev/null 2>&1 || { echo "Not a git checkout; its wording cannot be checked."; exit 0; }

failed=0
# The slash and the first letters stand apart so that this file does not name what it looks for.
refuse() {
    what=$1
    pattern=$2
    # Files that are new and not ignored will be tracked soon.
    if git grep --untracked -nIE -e "$pattern" -- . ':!*Cargo.lock' ':!*package-lock.json' ':!scripts/ci/wording.sh'; then
        echo "^ $what" >&2
        failed=1
    fi
}
refuse "a path of one machine" '(^|[^[:alnum:]_.~$}*/-])/(work/[a-z.]|root/|home/[a-z]{3}|Users/[a-z]{3}|tmp/plan)'
refuse "a registry's host" '(static\.)?crates\.io|(files\.)?pythonhosted\.org|pypi\.org|registry\.npmjs\.org|proxy\.golang\.org|registry-1\.docker\.io'
refuse "a reminder; finish it, or write it where plans are kept" '(^|[^[:alnum:]_])(TO''DO|FIX''ME|XX''X|HA''CK)([^[:alnum:]_]|$)'
exit "$failed"
