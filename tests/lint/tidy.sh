#!/bin/sh
# clang-tidy over the files given, as many at once as there are cores; exit 1 when it found something.
set -u
[ $# -gt 0 ] || { echo 'tidy: no files given' >&2; exit 1; }
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 4 sh -c '
    clang-tidy --quiet "$@" -- -std=gnu17 -Isrc -Iinclude -I. -D_GNU_SOURCE 2> /dev/null' tidy
