#!/bin/sh
# Installs Debian packages without starting the services in them, and without questions.
# usage: install_packages.sh PACKAGE...
#
# A package that is installed already is left alone, so running this twice changes nothing. Who is
# not root is asked for nothing: sudo is used where it works without a password.
# invoke-rc.d asks /usr/sbin/policy-rc.d before it starts a service; 101 means "not allowed".
# A policy file that was there before is respected and stays.
set -eu

POLICY=/usr/sbin/policy-rc.d
placed=

say() { printf '%s\n' "install_packages: $*" >&2; }

restore_policy() {
    [ -z "$placed" ] || rm -f "$POLICY"
    placed=
}

place_policy() {
    if [ -e "$POLICY" ]; then
        say "$POLICY exists and stays as it is"
        return
    fi
    placed=yes
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

[ $# -gt 0 ] || { say "usage: install_packages.sh PACKAGE..."; exit 2; }
command -v dpkg-query >/dev/null || { say "this is not a Debian system: install $* by hand"; exit 1; }

find_missing() { # fills $missing
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
}

find_missing "$@"
[ -n "$missing" ] || { say "nothing to do: all $# packages are here"; exit 0; }
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null && exec sudo -n sh "$0" "$@"
    say "not root, so these cannot be installed:$missing"
    exit 1
fi

trap restore_policy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
place_policy
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names, split on purpose
apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold $missing ||
    { apt-get update && apt-get install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold $missing; } ||
    { say "apt-get could not install:$missing"; exit 1; }
find_missing "$@"
[ -z "$missing" ] || { say "apt-get ended well, and these are not installed:$missing"; exit 1; }
