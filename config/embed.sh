#!/bin/sh
# Writes a C file that holds the given platform definitions, so that the program needs no files of
# its own beside it:  config/embed.sh config/platforms/*.yaml > platform_builtin.c
#
# Bytes go as octal escapes: they mean the same in every locale, and an escape cannot swallow the
# character behind it, as a hexadecimal one would.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: $0 FILE.yaml …" >&2
    exit 2
fi

echo '/* Made by config/embed.sh from config/platforms/: edit those. */'
echo '#include "model/platform_builtin.h"'
echo
echo 'const struct platform_builtin platform_builtins[] = {'
for file; do
    name=$(basename "$file" .yaml)
    size=$(($(wc -c < "$file")))
    printf '    {"%s",\n' "$name"
    od -An -v -to1 "$file" | sed 's/ *$//; s/  */\\/g; s/^/     "/; s/$/"/'
    printf '     , %s},\n' "$size"
done
echo '};'
echo
echo 'const size_t platform_builtins_n = sizeof platform_builtins / sizeof platform_builtins[0];'
