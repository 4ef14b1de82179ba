/* --commands FILE: one command a line; empty lines and lines that begin with # are left out. */
#ifndef POLLER_CLI_COMMANDS_FILE_H
#define POLLER_CLI_COMMANDS_FILE_H

#include "cli/options.h"

/* Appends to out; "-" is standard input. 0, or -1 with err (FAIL_USAGE). */
int commands_file_read(const char *path, struct string_list *out, struct err *e);

#endif
