#!/bin/sh
# clang-format, the layers, sizes, documents, scripts, clang-tidy. Fails at the end if any of them found
# something, or could not be run.
set -u
failed=0

run() { what=$1; shift; "$@" || { echo "lint: $what found something"; failed=1; }; }

for tool in clang-format clang-tidy shellcheck; do
    command -v "$tool" > /dev/null || { echo "lint: $tool is missing: make deps installs it"; exit 1; }
done
sources=$(git ls-files 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]')
scripts=$(git ls-files '*.sh' .ci/run docker/lab-up docker/lab-down)
[ -n "$sources" ] && [ -n "$scripts" ] || { echo 'lint: no files: is this a git checkout?'; exit 1; }

too_long() { # files, then functions: STYLE rule 1
    wc -l $1 | awk '$2 != "total" && $1 > 450 {print $2 ": " $1 " lines, 450 are a room"; bad = 1}
                    END {exit bad}' || return 1
    awk '/^[A-Za-z_].*\(/ {head = $0} /^\{/ {open = FNR}
         /^\}/ {if (open && FNR - open > 60) {print FILENAME ": over 60 lines: " head; bad = 1}; open = 0}
         END {exit bad}' $1
}

# shellcheck disable=SC2086,SC2046 # names without blanks, split on purpose
{
    run clang-format clang-format --dry-run -Werror $sources
    run 'the include rule' sh tests/lint/layers.sh
    run 'the size rule' too_long "$sources"
    run 'the check of the documents' sh tests/lint/docs.sh
    run shellcheck shellcheck -S warning -x -P SCRIPTDIR $scripts
    run clang-tidy sh tests/lint/tidy.sh $(git ls-files 'src/*.c')
}
[ "$failed" -eq 0 ] && echo 'lint: clean'
exit $failed
