#!/bin/sh
# Runs the unit tests given and says of each how it ended. Fails when one fails, is missing, or ends
# without having said that tests of it passed; and when none is given.
set -u
ran=0 failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

count() { # tests that cmocka's closing lines call so
    sed -n "s/^\[ *$1 *\] \([0-9][0-9]*\) test(s).*/\1/p" "$dir/log" | awk '{n += $1} END {print n + 0}'
}

for test in "$@"; do
    ran=$((ran + 1))
    timeout -k 10 "${UNIT_TIMEOUT:-180}" "$test" > "$dir/log" 2>&1
    code=$?
    passed=$(count PASSED) skipped=$(count SKIPPED)
    why="exit $code"
    [ "$code" -eq 124 ] && why="still running after ${UNIT_TIMEOUT:-180} s"
    [ "$code" -eq 0 ] && why='no test of it passed'
    if [ "$code" -eq 0 ] && [ "$passed" -gt 0 ]; then
        [ "$skipped" -gt 0 ] && passed="$passed tests, $skipped skipped" || passed="$passed tests"
        echo "ok    $(basename "$test") ($passed)"
    else
        echo "FAIL  $(basename "$test") ($why)"
        cat "$dir/log"
        failed=$((failed + 1))
    fi
done
echo "unit: $((ran - failed)) passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$ran" -gt 0 ]
