#!/bin/sh
# Fuzzes each target for FUZZ_SECONDS (60); what it finds stays in build/fuzz/found.
set -eu
[ $# -gt 0 ] || { echo "no fuzz target" >&2; exit 1; }
mkdir -p build/fuzz/found
for target in "$@"; do
    name=$(basename "$target")
    mkdir -p "build/fuzz/grown/$name"
    "$target" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/found/$name-" "build/fuzz/grown/$name" "tests/fuzz/corpus/${name#fuzz_}"
done
