#!/bin/sh
# Replays every fuzz corpus through its target. Fails when a target fails or is missing, when a
# corpus has no inputs, and when no target is given.
set -u
failed=0 ran=0
for replay in "$@"; do
    ran=$((ran + 1))
    name=$(basename "$replay")
    corpus=tests/fuzz/corpus/${name#replay_}
    inputs=$(find "$corpus" -type f 2> /dev/null | wc -l)
    if [ "$inputs" -eq 0 ]; then
        echo "FAIL  $name: no inputs in $corpus"
        failed=1
    elif timeout -k 10 120 "$replay" "$corpus"/*; then
        echo "ok    $name ($inputs inputs)"
    else
        echo "FAIL  $name (exit $?)"
        failed=1
    fi
done
[ "$ran" -gt 0 ] || { echo 'FAIL  no fuzz target to replay'; failed=1; }
exit $failed
