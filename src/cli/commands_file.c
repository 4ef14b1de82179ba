#include "cli/commands_file.h"

#include "cli/options_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS_MAX 10000

static int add_lines(FILE *f, const char *path, struct string_list *out, struct err *e)
{
    char *line = NULL;
    size_t size = 0, first = out->n;
    ssize_t n;
    int rc = 0;
    while (rc == 0 && (n = getline(&line, &size, f)) >= 0) {
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            line[--n] = '\0';
        if (n == 0 || line[0] == '#')
            continue;
        if (out->n - first == COMMANDS_MAX)
            rc = err_set(e, FAIL_USAGE, "%s: more than %d commands", path, COMMANDS_MAX);
        else if (list_add(out, line) != 0)
            rc = err_set(e, FAIL_USAGE, "out of memory");
    }
    free(line);
    if (rc == 0 && ferror(f))
        rc = err_set(e, FAIL_USAGE, "%s: %s", path, strerror(errno));
    if (rc == 0 && out->n == first)
        rc = err_set(e, FAIL_USAGE, "%s: no command in it", path);
    return rc;
}

int commands_file_read(const char *path, struct string_list *out, struct err *e)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f)
        return err_set(e, FAIL_USAGE, "%s: cannot be read: %s", path, strerror(errno));
    int rc = add_lines(f, path, out, e);
    if (f != stdin)
        fclose(f);
    return rc;
}
