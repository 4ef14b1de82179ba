/* The report: one self-contained HTML page, made from the JSON that poller writes and from nothing
 * else, so that the same JSON gives the same page, byte for byte, at any time.
 *
 * Documents are of four kinds: a run (its records and the run object), compare, sweep and
 * experiments. Each is checked and reduced as it comes, so that what is held is bounded by the
 * number of devices and not by what they said: a run becomes columns, one value a device, and its
 * outputs become groups of identical ones with at most HTML_TEXT_MAX bytes of text each.
 *
 * Nothing that a device said can leave the data: the page holds it in a script element that is not
 * run, with "<", ">" and "&" escaped, and its own scripts, the only ones its policy admits by their
 * hashes, show it as text. */
#ifndef POLLER_REPORT_HTML_H
#define POLLER_REPORT_HTML_H

#include <jansson.h>
#include <poller/err.h>

#define HTML_SCHEMA    1                 /* newer documents are refused */
#define HTML_TEXT_MAX  4096              /* of one output that is shown */
#define HTML_PAGE_TEXT (1u << 20)        /* of all outputs on the page */
#define HTML_GROUPS    1000              /* on the page, of one run */
#define HTML_SENTENCES (512u << 10)      /* bytes of a run's failures, and of its doubts */
#define HTML_FILE_MAX  ((size_t)2 << 30) /* of a file that is read */

struct html;

struct html *html_new(void); /* NULL: memory is out */
void html_free(struct html *h);

/* One record of a run, in the order in which they came. A new run_id begins another run. 0, or -1
 * with err: FAIL_USAGE (it is no record of ours, or of a newer schema) or FAIL_INTERNAL (memory).
 */
int html_add_record(struct html *h, const json_t *record, struct err *e);

/* The run object: ends the run whose records came before. Errors as above. */
int html_add_run(struct html *h, const json_t *run, struct err *e);

/* Any whole document of ours, or one record. Errors as above. */
int html_add_document(struct html *h, const json_t *document, struct err *e);

/* A file ("-": standard input) that holds documents or lines of records. Errors as above, with the
 * file's name in front. */
int html_add_file(struct html *h, const char *path, struct err *e);

/* The page as one text, the caller's (free); NULL with err. */
char *html_page(struct html *h, size_t *n, struct err *e);

/* Writes the page aside and renames it. 0, or -1 with err (FAIL_INTERNAL). */
int html_write(struct html *h, const char *path, struct err *e);

/* What a subcommand that has its document at hand needs: the page of this one document. */
int html_write_document(const char *path, const json_t *document, struct err *e);

/* Whether a page could be written there: asked before a long run. 0, or -1 with err. */
int html_check_path(const char *path, struct err *e);

#endif
