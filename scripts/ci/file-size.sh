#!/bin/sh
# A production file stays an idea that fits in the head: past 300 lines it is named, past 500 it is refused.
# Unit tests at the end of a file do not count.
set -eu
cd "$(dirname "$0")/../.."

soft=300
hard=500
failed=0
for file in $(find crates/*/src -name '*.rs' | sort); do
    case "$(basename "$file" .rs)" in
    util | utils | common | misc | helper | helpers)
        echo "$file: name it after what it does"
        failed=1
        ;;
    esac
    lines=$(awk '/^#\[cfg\(test\)\]/ { exit } { count++ } END { print count + 0 }' "$file")
    if [ "$lines" -gt "$hard" ]; then
        echo "$file: $lines lines, more than $hard; split it"
        failed=1
    elif [ "$lines" -gt "$soft" ]; then
        echo "$file: $lines lines, more than $soft (a hint, no fault)"
    fi
done
exit "$failed"
