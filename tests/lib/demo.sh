#!/bin/sh
# `make demo`: real servers on loopback, polled in every mode, and gone afterwards.
# DEVICES (20) SSH servers whose commands take THINK (1) seconds each; four routers' terminals and a
# telnetd beside them, where this machine has them. VTY, TELNETD and WORKERS (20) say how many.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
poller=${POLLER_BIN:-$here/build/poller}
place=$here/build/demo
inventory=$place/devices.yaml
workers=${WORKERS:-20}

lab() { python3 "$here/tests/lib/embedded_lab.py" "$@"; }
title() { printf '\n== %s\n' "$1" >&2; }

[ -x "$poller" ] || { echo "demo: $poller is missing: run make" >&2; exit 1; }
lab down --dir "$place" 2>/dev/null || :
trap 'lab down --dir "$place"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

lab up --dir "$place" --ssh "${DEVICES:-20}" --vty "${VTY:-4}" --telnetd "${TELNETD:-1}" \
    --think "${THINK:-1}"

title "poller -m threads -n $workers: what the devices said (the first 24 lines, cut)"
"$poller" -f "$inventory" -m threads -n "$workers" >"$place/threads.txt"
head -n 24 "$place/threads.txt" | cut -c 1-100

title "poller compare: every mode, against a real run one by one"
"$poller" compare -f "$inventory" \
    --modes sequential,threads,processes,hybrid,events -n "$workers"
