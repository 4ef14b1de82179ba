#!/bin/sh
# The include rule: folders include downward only; the public headers stand on the floor of the
# module that fills them. Prints each include that points up or sideways; exit 1 if there is one.
set -u
found=0

# Floor of each public header.
base='err|clock'
model='secret|platform|inventory|plan|result'
dialogue='dialogue'
transport='transport'
session='session'
engine='engine'

check() { # folder, folders it may include, public headers it may include
    [ -d "src/$1" ] || return 0
    bad=$(grep -nE '^#include "' "src/$1"/*.[ch] 2>/dev/null | grep -vE "#include \"($2)/")
    public=$(grep -nE '^#include <poller/' "src/$1"/*.[ch] 2>/dev/null | grep -vE "<poller/($3)\.h>")
    for line in "$bad" "$public"; do
        [ -n "$line" ] && { printf 'layers: %s may not include:\n%s\n' "$1" "$line"; found=1; }
    done
}

check base 'base' "$base"
check model 'base|model' "$base|$model"
check pace 'base|model|pace' "$base|$model"
check dialogue 'base|model|dialogue' "$base|$model|$dialogue"
check transport 'base|model|transport' "$base|$model|$transport"
check session 'base|model|dialogue|transport|session' "$base|$model|$dialogue|$transport|$session"
check engine 'base|model|dialogue|transport|session|engine' \
    "$base|$model|$dialogue|$transport|$session|$engine"
check output 'base|model|output' "$base|$model"
check report 'base|model|report' "$base|$model"
check cli 'base|model|pace|dialogue|transport|session|engine|output|report|cli' '[a-z]+'

# The second program: nothing of the client's, so that an error of the one side is not repeated on
# the other. Its rooms stand in this order.
check lab/wire 'base|lab/wire' "$base"
check lab/personas 'base|lab/personas' "$base"
check lab/devices 'base|lab/(wire|personas|devices)' "$base"
check lab/relay 'base|lab/(wire|relay)' "$base"
check lab/sim 'base|lab/(wire|devices|personas|relay|sim)' "$base"
check lab/experiments 'base|model|dialogue|transport|session|engine|lab/experiments' '[a-z]+'
check lab 'base|report|lab/[a-z]+|lab' "$base"

# dialogue/ has a stack of its own: what owns one thing; the judges, which see no owner's state but
# what they are given and change none but their own; the director's rooms, which alone have the
# dialogue and stand one upon another in this order.
owners='clean|match|rules|echo|stream|input|outcome|words|log_line'
proofs='owed|run|sighting|echo_line|digits|again'
judges="prompt|above|pager|login|question|setup|$proofs"
rooms='turn learn hindsight place settling closing script advance entering reading waiting ending exec late look dialogue'
turn=$(echo "$rooms" | tr ' ' '|')

floor() { # files of it, headers of dialogue/ that they may include
    for f in src/dialogue/*.[ch]; do
        echo "$f" | grep -qE "/($1)\.[ch]$" || continue
        bad=$(grep -nE '^#include "dialogue/' "$f" | grep -vE "\"dialogue/($2)\.h\"")
        [ -n "$bad" ] && { printf 'layers: %s, inside dialogue/, may not include:\n%s\n' "$f" "$bad"; found=1; }
        case $f in *turn*) continue ;; esac
        "$3" "$f" || found=1
    done
}
has_no_dialogue() {
    grep -nE 'struct dialogue( |\))' "$1" | sed "s#^#layers: the dialogue itself, below the turn: $1:#" | grep . && return 1
    return 0
}
# The turn alone says which stage it is, which input runs and which is next, what proves and doubts it.
sets_no_stage() {
    [ "$1" = src/dialogue/turn.c ] && return 0
    grep -nE -- '->stage = |->(cur|next)(\.kind|\.proofs|\.doubt)? [|&]?= ' "$1" | sed "s#^#layers: turn.c alone changes the stage and the inputs: $1:#" | grep . && return 1
    return 0
}
floor "$owners" "$owners" has_no_dialogue
floor "$judges" "$owners|$judges" has_no_dialogue
below=''
for room in $rooms; do
    floor "$room" "$owners|$judges|$room$below" sets_no_stage
    below="$below|$room"
done
for f in src/dialogue/*.[ch]; do
    echo "$f" | grep -qE "/($owners|$judges|$turn)\.[ch]$" ||
        { echo "layers: $f stands on no floor of dialogue/: tests/lint/layers.sh"; found=1; }
done

# dialogue/ is pure: nothing that has a descriptor or reads a clock.
io=$(grep -nE '<(sys/socket|poll|unistd|sys/epoll|fcntl|time|netdb)\.h>|\b(mono_now|wall_ms|clock_gettime)\(' src/dialogue/*.[ch])
[ -n "$io" ] && { printf 'layers: I/O or a clock inside dialogue/:\n%s\n' "$io"; found=1; }
exit $found
