/* What the values of options may be: each parser reads one value, or says what is wrong with it. */
#ifndef POLLER_CLI_OPTIONS_VALUES_H
#define POLLER_CLI_OPTIONS_VALUES_H

#include "cli/options.h"

/* Each: 0, or -1 with err (FAIL_USAGE) that names the option, the value and what was expected. */
int value_seconds(const char *option, const char *value, double *out, struct err *e);
/* A rate a second, over 0; fractions are allowed. */
int value_rate(const char *option, const char *value, double *out, struct err *e);
/* CLASS:N */
int value_stop_rule(const char *option, const char *value, struct stop_rule *out, struct err *e);
int value_number(const char *option, const char *value, unsigned min, unsigned max, unsigned *out,
                 struct err *e);
/* From 1. */
int value_count(const char *option, const char *value, unsigned max, unsigned *out, struct err *e);
int value_counts(const char *option, const char *value, struct options *out, struct err *e);
int value_mode(const char *option, const char *value, enum engine_mode *out, struct err *e);
int value_choice(const char *option, const char *value, const char *const *choices, size_t n,
                 size_t *out, struct err *e);
/* Names of failure classes with commas between, added to the set. */
int value_classes(const char *option, const char *value, fail_set *out, struct err *e);

/* Appends a copy; -1: out of memory. */
int list_add(struct string_list *list, const char *value);
void list_free(struct string_list *list);
/* Splits at commas. */
int list_add_split(struct string_list *list, const char *value);

#endif
