# From the comment "/* links: base/buf base/err */" at the head of each test or benchmark, the make
# rule that links exactly those objects. B is the build directory.
function finish() {
    if (name == "")
        return
    kind = name ~ /^test_/ ? "tests" : "bench"
    folder = name ~ /^test_/ ? "unit" : "bench"
    printf "%s/%s/%s: %s/obj/tests/%s/%s.o", B, kind, name, B, folder, name
    n = split(objects, item, /[ \t]+/)
    for (i = 1; i <= n; i++)
        if (item[i] != "" && item[i] != "*" && !seen[name, item[i]]++)
            printf " %s/obj/%s.o", B, item[i]
    printf "\n"
    name = objects = ""
}
FNR == 1 {
    finish()
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/\.c$/, "", name)
    reading = sub(/^\/\* links:/, "")
    if (!reading) {
        print FILENAME ": its first line must be /* links: ... */" > "/dev/stderr"
        exit 1
    }
}
reading {
    line = $0
    if (sub(/\*\/.*/, "", line))
        reading = 0
    objects = objects " " line
}
END { finish() }
