/* What the files of the report share: html.h is for everyone else. */
#ifndef POLLER_REPORT_HTML_PARTS_H
#define POLLER_REPORT_HTML_PARTS_H

#include "report/html.h"

#include <stdbool.h>

struct html_groups;

/* A run under way: its document grows by a value in each column with each record. */
struct html_run {
    json_t *document; /* NULL: none under way */
    char run_id[64];
    size_t n; /* records */
    size_t sentence_bytes, doubt_bytes;
    struct html_groups *groups;
};

struct html {
    json_t *documents;
    struct html_run run;
};

/* Puts value there; -1 where it or its place could not be made. */
int html_put(json_t *object, const char *key, json_t *value);

/* FAIL_INTERNAL, "out of memory". */
int html_no_memory(struct err *e);

/* 0 when the document's schema is one we know; else -1 with err. */
int html_check_schema(const json_t *document, struct err *e);

/* Times as whole tenths of a millisecond, which is all they hold; -1 for what was not reached. */
json_t *html_tenths(const json_t *ms);

/* Ends the run under way, if there is one: it becomes a document. run: its run object or NULL. */
int html_run_end(struct html *h, const json_t *run, struct err *e);
void html_run_free(struct html_run *run);

/* Groups of identical outputs. device: the number of its record. */
struct html_groups *html_groups_new(void);
void html_groups_free(struct html_groups *g);
int html_groups_add(struct html_groups *g, const json_t *command, size_t device);
/* The largest first, within the page's bounds, as "groups" of document; and "groups_left". */
int html_groups_put(struct html_groups *g, json_t *document);

/* A document of rows or of experiments: 0 when what the page relies on is there; else -1. */
int html_check_rows(const json_t *document, struct err *e);
int html_check_experiments(const json_t *document, struct err *e);

#endif
