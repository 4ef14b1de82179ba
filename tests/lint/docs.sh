#!/bin/sh
# The documents name what there is: each option of a program stands in its manual page and each
# option there exists, as do those of the README; the README has every failure class and every
# built-in platform, pages and completions have every subcommand. Prints what is missing; exit 1 if
# anything is.
set -u
found=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

say() { echo "docs: $*"; found=1; }

lacks() { # what is missing, lines that should be in, the file
    missing=$(sort -u "$2" | comm -23 - "$3" | tr '\n' ' ')
    [ -z "$missing" ] || say "$1: $missing"
}

# An empty list would agree with everything.
reads() { [ -s "$1" ] || say "no ${1##*/} found: this check no longer reads the sources"; }

# The rows of the tables of options: their names, and their letters.
poller_rows() { grep -E "^    \{\"[a-z-]+\", ('.'|0), [A-Z]+," src/cli/options.c; }
lab_rows() {
    sed 's/^ *//' src/lab/*.c | grep -E "^\{\"[a-z-]+\", ('.'|0), POPT_"
    grep -E '^    \{"[a-z-]+", ("[A-Z:]+"|NULL), "' src/lab/relay/relay_options.c
}
names() { sed -E 's/^ *\{"([a-z-]+)".*/--\1/' | sort -u; }
letters() { sed -En "s/^ *\{\"[a-z-]+\", '(.)'.*/-\1/p" | sort -u; }
page_names() { sed 's/\\-/-/g' "$1" | grep -E '^\.' | grep -oE 'Fl -[a-z][a-z-]+' | sed 's/Fl -/--/' | sort -u; }
page_letters() { grep -E '^\.' "$1" | grep -oE 'Fl [a-zA-Z]( |$)' | sed 's/Fl /-/; s/ //' | sort -u; }

# check_page PROGRAM: $dir/PROGRAM.names and .letters against its manual page.
check_page() {
    page=config/$1.1
    page_names "$page" > "$dir/page.names"
    page_letters "$page" > "$dir/page.letters"
    for kind in names letters; do
        reads "$dir/$1.$kind" && reads "$dir/page.$kind"
        lacks "options that $page lacks" "$dir/$1.$kind" "$dir/page.$kind"
        lacks "options of $page that do not exist" "$dir/page.$kind" "$dir/$1.$kind"
    done
    reads "$dir/$1.commands"
    while read -r command; do
        grep -qE "^\.([A-Z][a-z] )?Cm $command\b" "$page" || say "$page lacks the subcommand $command"
        grep -q "words='.*\b$command\b" "config/$1.bash" || say "config/$1.bash lacks $command"
    done < "$dir/$1.commands"
    warnings=$(man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 > /dev/null)
    [ -z "$warnings" ] || say "man: $warnings"
    ! command -v mandoc > /dev/null || mandoc -Tlint -W warning "$page" || say "mandoc found something"
}

{ poller_rows | names; echo --version; } | sort -u > "$dir/poller.names"
poller_rows | letters > "$dir/poller.letters"
lab_rows | names > "$dir/poller-lab.names"
lab_rows | letters > "$dir/poller-lab.letters"
sed -nE 's/^const struct subcommand command_([a-z]+) .*/\1/p' src/cli/*.c > "$dir/poller.commands"
sed -nE 's/^const struct lab_command lab_command_([a-z]+) .*/\1/p' src/lab/*.c \
    > "$dir/poller-lab.commands"
check_page poller
check_page poller-lab

sort -u "$dir/poller.names" "$dir/poller-lab.names" > "$dir/both"
grep -oE -- '(^|[^-a-z])--[a-z][a-z-]+' README.md | grep -oE -- '--[a-z-]+' | sort -u > "$dir/readme"
lacks 'options of README.md that do not exist' "$dir/readme" "$dir/both"

sed -n 's/^    \[FAIL_.*{"\([a-z_]*\)", .*/\1/p' src/base/err.c | grep -vx usage > "$dir/classes"
while read -r class; do
    grep -q "^| \`$class\` " README.md || say "README.md lacks the class $class"
done < "$dir/classes"
for platform in config/platforms/*.yaml; do
    platform=$(basename "$platform" .yaml)
    grep -qw "$platform" README.md || say "README.md lacks the platform $platform"
done
reads "$dir/readme"
reads "$dir/classes"
exit $found
