#!/bin/sh
# Replays every fuzz corpus through its target; a target without a corpus is a failure.
set -u
failed=0
for replay in "$@"; do
    name=$(basename "$replay")
    corpus=tests/fuzz/corpus/${name#replay_}
    if [ ! -d "$corpus" ]; then
        echo "FAIL  $name: no corpus in $corpus"
        failed=1
    elif timeout 120 "$replay" "$corpus"/*; then
        echo "ok    $name ($(ls "$corpus" | wc -l) inputs)"
    else
        echo "FAIL  $name"
        failed=1
    fi
done
exit $failed
