#!/bin/sh
# `make demo`: simulated devices on loopback, polled in every mode, and gone afterwards. First 1,000, a
# tenth of which misbehave in known ways; then 40 that take a twentieth of the time of published ones,
# beside a real run one by one. Everything that it starts ends by its id, on Ctrl-C too; what stays is
# the report of the comparison.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
poller=${POLLER_BIN:-$here/build/poller}
lab=${POLLER_LAB_BIN:-$here/build/poller-lab}
place=$here/build/demo
report=$here/build/demo-report.html
inventory=$place/devices.yaml
sim=
running=

# What they are; the seed was chosen so that the slowest of the 40 is in proportion too.
personas=cisco_ios:40%,arista_eos:20%,juniper_junos:15%,huawei_vrp:15%,linux:10%
few='--devices 40 --seed 33 --rtt lognormal:5ms,0.2 --think lognormal:210ms,0.4'
many='--devices 1000 --rtt 20ms --think lognormal:300ms,0.5'
wrong=refused:2%,silent:1%,auth_refused:2%,wrong_password:1%,stalls_output:1%,closes_output:1%
wrong=$wrong,endless:0.5%,no_free_line:1%,prompt_in_output:5%,old_algorithms:2%,one_byte:2%

title() { printf '\n== %s\n' "$1"; }

# Ends a process that was started here; the empty name is nobody's.
end() {
    [ -n "$1" ] || return 0
    kill "$1" 2>/dev/null || :
    wait "$1" || :
}

stop_devices() {
    end "$sim"
    sim=
}

# In the background, so that a signal to this script alone is heeded at once.
run_poller() {
    code=0
    "$poller" "$@" &
    running=$!
    wait "$running" || code=$?
    running=
    return $code
}

# start_devices OPTION...: on the first four free ports of a few, with the inventory to match.
start_devices() {
    for port in 25300 25400 25500 25600 25700; do
        "$lab" sim "$@" --ssh-port "$port" >"$place/ready" 2>"$place/sim.log" &
        sim=$!
        if read -r ready <"$place/ready"; then
            printf '%s\n' "$ready"
            "$lab" inventory "$@" --ssh-port "$port" >"$inventory"
            return
        fi
        stop_devices
        grep -q 'is in use' "$place/sim.log" || break
    done
    cat "$place/sim.log" >&2
    return 1
}

# The table of `poller compare` beside the published seconds.
beside_published() {
    awk '
    BEGIN {
        workers = "1 5 10 20 40"; n = split(workers, at); split("303.2 63.4 36.3 20.7 15.6", book)
        printf "%-26s", "seconds"
        for (i = 1; i <= n; i++) printf "%12s", at[i] == 1 ? "one by one" : at[i] " at once"
        print ""
        row("published, netmiko", 1); row("a twentieth of them", 20)
    }
    function row(what, scale, i) {
        printf "%-26s", what
        for (i = 1; i <= n; i++) printf "%12.2f", book[i] / scale
        print ""
    }
    /^$/ { exit }
    $2 ~ /^[0-9]+$/ {
        if (!($1 in seen)) { seen[$1] = 1; modes[++m] = $1 }
        took[$1, $2] = $4 == "ms" ? $3 / 1000 : $3
    }
    END {
        for (k = 1; k <= m; k++) {
            printf "%-26s", "poller, " modes[k]
            for (i = 1; i <= n; i++)
                printf "%12s", (modes[k], at[i]) in took ? sprintf("%.2f", took[modes[k], at[i]]) : "-"
            print ""
        }
    }' "$1"
}

# Of records as CSV: each class of failure, how many devices have it, what one of them is told.
classes() {
    awk -F, '
    NR > 1 && $10 != "" && !n[$10]++ {
        text = $0
        for (i = 0; i < 10; i++) text = substr(text, index(text, ",") + 1)
        sub(/"?,20[0-9][0-9]-.*/, "", text); sub(/^"/, "", text); gsub(/""/, "\"", text)
        sub(/^[^ ]*: /, "", text)
        said[$10] = text
    }
    END { for (class in n) printf "%-16s %4d  %.78s\n", class, n[class], said[class] }' "$1" |
        sort -k2nr -k1
}

# The devices' records go to a file, the closing lines stay.
poll_many() {
    title "poller -m $1 -n 1000: the closing lines"
    {
        run_poller -f "$inventory" --known-hosts "$place/known_hosts_many" -m "$1" -n 1000 -t 6 \
            --timeout 4 -o csv --exit-zero --no-progress >"$place/$1.csv"
    } 2>&1
}

for program in "$poller" "$lab"; do
    [ -x "$program" ] || { echo "demo: $program is missing: run make" >&2; exit 1; }
done
umask 077
rm -rf "$place"
mkdir -p "$place"
mkfifo "$place/ready"
trap 'end "$running"; stop_devices; rm -rf "$place"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

title "1,000 devices, of which some misbehave:
   $wrong"
# shellcheck disable=SC2086 # options, split on purpose
start_devices $many --persona "$personas" --misbehave "$wrong"
poll_many events
poll_many threads
title "why they failed: class, devices, what one of them is told"
classes "$place/threads.csv"
stop_devices

title "40 devices of five kinds: what three of them said (the first lines, cut)"
# shellcheck disable=SC2086 # options, split on purpose
start_devices $few --persona "$personas"
run_poller -f "$inventory" --known-hosts "$place/known_hosts" -n 40 -q >"$place/said"
awk '/^== / { left = ++devices <= 3 ? 4 : 0 } left-- > 0 { printf "%.100s\n", $0 }' "$place/said"

title "poller compare: every mode, beside a real run one by one (about 45 s)"
run_poller compare -f "$inventory" --known-hosts "$place/known_hosts" \
    --modes sequential,threads,processes,hybrid,events -n 5,10,20,40 --html "$report" \
    >"$place/compared"
cat "$place/compared"
title "the same beside the published times of 40 devices, which these are a twentieth of"
beside_published "$place/compared"
printf '\nthe report, to open in a browser: %s\n' "${report#"$PWD"/}"
