#include "model/secret_fetch.h"

#include "base/file.h"
#include "base/log.h"

#include <stdlib.h>

int secret_fetch_env(const char *argument, struct buf *out, struct err *e)
{
    const char *value = getenv(argument);
    if (!value)
        return err_set(e, FAIL_USAGE, "the environment variable %.100s is not set", argument);
    if (buf_add_str(out, value) != 0)
        return err_set(e, FAIL_USAGE, "the environment variable %.100s holds over %d bytes",
                       argument, SECRET_VALUE_MAX);
    return 0;
}

int secret_fetch_file(const char *argument, struct buf *out, struct err *e)
{
    struct stat st;
    if (file_read(argument, SECRET_FETCH_MAX, out, &st, e) != 0)
        return -1;
    if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
        log_warn("%s: holds a secret and can be read by others (mode %04o); chmod 600 it", argument,
                 (unsigned)st.st_mode & 07777U);
    return 0;
}
