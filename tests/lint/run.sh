#!/bin/sh
# clang-format, the layers, sizes, clang-tidy. Fails at the end if any of them found something.
set -u
failed=0
sources=$(git ls-files 'src/*.c' 'src/*.h' 'include/*.h' 'tests/*.c' 'tests/*.h')

clang-format --dry-run -Werror $sources || { echo 'lint: run clang-format -i on the files above'; failed=1; }
sh tests/lint/layers.sh || failed=1

long=$(git ls-files 'src/*.c' 'src/*.h' 'include/*.h' | xargs wc -l | awk '$2 != "total" && $1 > 450')
[ -n "$long" ] && { printf 'lint: files over 450 lines:\n%s\n' "$long"; failed=1; }

for script in $(git ls-files '*.sh' docker/lab-up docker/lab-down); do
    case $(head -n 1 "$script") in
    *bash*) bash -n "$script" || failed=1 ;;
    *) sh -n "$script" || failed=1 ;;
    esac
done

git ls-files 'src/*.c' | xargs -P "$(nproc)" -n 4 clang-tidy --quiet --warnings-as-errors='*' 2> /dev/null \
    -- || true
[ "$failed" -eq 0 ] && echo 'lint: clean'
exit $failed
