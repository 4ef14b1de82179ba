#!/bin/sh
# Writes a C file that holds the given files, so that a program needs none of its own beside it:
#   config/embed.sh model/platform_builtin.h platform_builtins config/platforms/*.yaml > x.c
#
# Bytes go as octal escapes: they mean the same in every locale, and an escape cannot swallow the
# character behind it, as a hexadecimal one would.
set -eu

if [ $# -lt 3 ]; then
    echo "usage: $0 HEADER ARRAY FILE.yaml …" >&2
    exit 2
fi
header=$1
array=$2
shift 2

echo '/* Made by config/embed.sh from files of config/: edit those. */'
echo "#include \"$header\""
echo
echo "const struct builtin_file ${array}[] = {"
for file; do
    name=$(basename "$file" .yaml)
    size=$(($(wc -c < "$file")))
    printf '    {"%s",\n' "$name"
    od -An -v -to1 "$file" | sed 's/ *$//; s/  */\\/g; s/^/     "/; s/$/"/'
    printf '     , %s},\n' "$size"
done
echo '};'
echo
echo "const size_t ${array}_n = sizeof $array / sizeof ${array}[0];"
