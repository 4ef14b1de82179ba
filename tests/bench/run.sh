#!/bin/sh
# `make bench`: the measurements against real servers, of the device simulator, and of what real
# devices said, played again. Each prints a table; none asserts.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for name in round_trips modes cpu_per_session sim_cost sim_delay sim_growth book pace shards scale replay; do
    printf '== %s\n' "$name"
    python3 "$here/$name.py"
done
