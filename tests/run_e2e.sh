#!/bin/sh
# The end-to-end tests. Most of them wait for devices, so where pytest-xdist is there (package
# python3-pytest-xdist) several files run at once; those that measure the machine, marked `alone`,
# run by themselves afterwards. It fails where either part fails.
# usage: run_e2e.sh [OPTIONS OF pytest]   E2E_JOBS=N: files at once; 1: one after the other
set -u
here=$(cd "$(dirname "$0")" && pwd)
jobs=${E2E_JOBS:-$(($(nproc) + 2))}

python=python3
for found in python3 /usr/bin/python3; do # a package is for the system's own
    "$found" -c 'import pytest, xdist, yaml' 2>/dev/null && { python=$found; break; }
done
"$python" -c 'import xdist' 2>/dev/null || jobs=1

tests() { "$python" -m pytest -q --durations=12 "$@" "$here/e2e"; }

[ "$jobs" -gt 1 ] || { tests "$@"; exit; }
tests -m 'not alone' -n "$jobs" --dist loadfile "$@"
code=$?
[ $code -ne 2 ] || exit 2 # interrupted
tests -m alone "$@"
alone=$?
[ $alone -ne 5 ] || alone=0 # all of them were left out
[ $code -ne 0 ] || code=$alone
exit $code
