#!/bin/sh
# Runs the unit tests given, says of each how it ended, and fails when one failed or none ran.
set -u
ran=0 failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for test in "$@"; do
    ran=$((ran + 1))
    if timeout "${UNIT_TIMEOUT:-180}" "$test" > "$dir/log" 2>&1; then
        tests=$(sed -n 's/.*PASSED  *\] \([0-9]*\) test(s).*/\1/p' "$dir/log" | head -n 1)
        echo "ok    $(basename "$test") (${tests:-?} tests)"
        grep -i '^skipped' "$dir/log"
    else
        echo "FAIL  $(basename "$test") (exit $?)"
        cat "$dir/log"
        failed=$((failed + 1))
    fi
done
echo "unit: $((ran - failed)) passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$ran" -gt 0 ]
