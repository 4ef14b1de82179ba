#!/bin/sh
# Runs the unit tests given, several at once, and says of each how it ended. Fails when one fails, is
# missing, or ends without having said that tests of it passed; and when none is given.
# UNIT_JOBS=N: at once (one for each processor); UNIT_TIMEOUT=S: of each (180)
set -u
limit=${UNIT_TIMEOUT:-180}

# count KIND LOG: tests that cmocka's closing lines call so
count() {
    sed -n "s/^\[ *$1 *\] \([0-9][0-9]*\) test(s).*/\1/p" "$2" | awk '{n += $1} END {print n + 0}'
}

# verdict TEST LOG CODE: the line about it, and its log where it failed
verdict() {
    passed=$(count PASSED "$2") skipped=$(count SKIPPED "$2")
    why="exit $3"
    [ "$3" -eq 124 ] && why="still running after $limit s"
    [ "$3" -eq 0 ] && why='no test of it passed'
    if [ "$3" -eq 0 ] && [ "$passed" -gt 0 ]; then
        [ "$skipped" -gt 0 ] && passed="$passed tests, $skipped skipped" || passed="$passed tests"
        echo "ok    $1 ($passed)"
    else
        echo "FAIL  $1 ($why)"
        cat "$2"
    fi
}

# One test, in a process of this script: what it says comes in one piece, and its verdict is kept.
if [ "${1:-}" = --one ]; then
    name=$(basename "$3")
    timeout -k 10 "$limit" "$3" > "$2/$name.log" 2>&1
    verdict "$name" "$2/$name.log" $? > "$2/$name.verdict"
    cat "$2/$name.verdict"
    exit 0
fi

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
[ $# -eq 0 ] || printf '%s\0' "$@" | xargs -0 -n 1 -P "${UNIT_JOBS:-$(nproc)}" \
    sh "$0" --one "$dir"
passed=$(head -qn 1 "$dir"/*.verdict 2> /dev/null | grep -c '^ok ')
echo "unit: $passed passed, $(($# - passed)) failed"
[ "$passed" -eq $# ] && [ $# -gt 0 ]
