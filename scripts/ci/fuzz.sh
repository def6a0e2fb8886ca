#!/bin/sh
# Runs every target of fuzz/ for a while each, on the stable toolchain: sh scripts/ci/fuzz.sh [SECONDS [TARGET…]]
# With FUZZ_RUNS each runs its seeds and so many inputs more, the same ones each time, however fast the machine is.
# What a run finds of interest stays in target/fuzz-corpus; what stands in fuzz/corpus is where each run begins.
set -eu
cd "$(dirname "$0")/../.."

seconds=${1:-600}
[ $# = 0 ] || shift
host=$(rustc -vV | sed -n 's/^host: //p')
# What `cargo fuzz` passes, without a sanitizer: our crates have no unsafe code.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
export CARGO_TARGET_DIR="$PWD/target/fuzz"
cargo build --locked --release --manifest-path fuzz/Cargo.toml --target "$host" --bins

if [ -n "${FUZZ_RUNS:-}" ]; then
    bound="-runs=$FUZZ_RUNS -seed=1"
else
    bound="-max_total_time=$seconds"
fi
targets=${*:-$(ls fuzz/fuzz_targets | sed 's/\.rs$//')}
count=0 failed=0
for target in $targets; do
    kept="target/fuzz-corpus/$target"
    [ -z "${FUZZ_RUNS:-}" ] || kept=$(mktemp -d)
    mkdir -p "$kept" "target/fuzz-crashes/$target"
    status=0
    output=$("$CARGO_TARGET_DIR/$host/release/$target" "$kept" "fuzz/corpus/$target" \
        -artifact_prefix="target/fuzz-crashes/$target/" $bound -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 2>&1) || status=$?
    if [ "$status" = 0 ]; then
        count=$((count + 1))
        runs=$(printf '%s\n' "$output" | sed -n 's/^stat::number_of_executed_units: *//p')
        echo "fuzz: $target: $runs runs, nothing found"
    else
        failed=$((failed + 1))
        printf '%s\n' "$output" | tail -n 40
        echo "fuzz: $target FAILED; the input is in target/fuzz-crashes/$target"
    fi
done
echo "fuzz: $count passed, $failed failed"
[ "$failed" = 0 ]
