/* The page itself: the parts of config/report/ with the data between them. */
#include "report/html_parts.h"

#include "base/aside.h"
#include "base/buf.h"
#include "report/page_builtin.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX ((size_t)1 << 30)
#define PAGE_DIGITS                                                                                \
    10 /* poller-lab writes so many, poller no more: the same from JSON and from memory */
#define DIGEST_B64 45 /* 32 bytes in base 64, and a NUL */

static const struct builtin_file *part(const char *name)
{
    for (size_t i = 0; i < report_builtins_n; i++)
        if (strcmp(report_builtins[i].name, name) == 0)
            return &report_builtins[i];
    return NULL;
}

static bool ends_with(const char *name, const char *ending)
{
    size_t n = strlen(name), k = strlen(ending);
    return n >= k && strcmp(name + n - k, ending) == 0;
}

/* Our scripts, one behind the other in the order in which they were built in; the library, which
 * is ".min.js", is an element of its own. */
static int put_scripts(struct html *h, struct buf *out, struct err *e)
{
    (void)h, (void)e;
    int rc = 0;
    for (size_t i = 0; i < report_builtins_n; i++) {
        const struct builtin_file *f = &report_builtins[i];
        if (ends_with(f->name, ".js") && !ends_with(f->name, ".min.js"))
            rc |= buf_add(out, f->text, f->len);
    }
    return rc;
}

static int put_chart(struct html *h, struct buf *out, struct err *e)
{
    (void)h, (void)e;
    const struct builtin_file *f = part("chart.min.js");
    return buf_add(out, f->text, f->len);
}

static int put_style(struct html *h, struct buf *out, struct err *e)
{
    (void)h, (void)e;
    const struct builtin_file *f = part("report.css");
    return buf_add(out, f->text, f->len);
}

/* Only elements whose text has one of these hashes are obeyed. */
static int put_hash(struct html *h, struct buf *out, struct err *e,
                    int (*put)(struct html *h, struct buf *out, struct err *e))
{
    struct buf text;
    unsigned char digest[SHA256_DIGEST_LENGTH] = {0}, b64[DIGEST_B64];
    buf_init(&text, PAGE_MAX);
    int rc = put(h, &text, e);
    if (!SHA256((const unsigned char *)buf_bytes(&text), text.len, digest))
        rc = -1;
    EVP_EncodeBlock(b64, digest, sizeof digest);
    buf_free(&text);
    return rc | buf_addf(out, " 'sha256-%s'", b64);
}

static int put_policy(struct html *h, struct buf *out, struct err *e)
{
    int rc = buf_add_str(out, "default-src 'none'; script-src");
    rc |= put_hash(h, out, e, put_chart);
    rc |= put_hash(h, out, e, put_scripts);
    rc |= buf_add_str(out, "; style-src");
    return rc | put_hash(h, out, e, put_style);
}

/* Inside a script element only "<" could end it; the others cost little and leave nothing to think
 * about. U+2028 and U+2029 are line ends to a script and none to JSON. */
static const struct {
    const char *bytes, *escape;
} escapes[] = {{"<", "\\u003c"},
               {">", "\\u003e"},
               {"&", "\\u0026"},
               {"\xe2\x80\xa8", "\\u2028"},
               {"\xe2\x80\xa9", "\\u2029"}};
#define ESCAPES (sizeof escapes / sizeof *escapes)

/* The number of the escape for the character at text[0..n), or ESCAPES: it needs none. */
static size_t escape_at(const char *text, size_t n)
{
    size_t i = 0;
    while (i < ESCAPES && (strlen(escapes[i].bytes) > n ||
                           memcmp(text, escapes[i].bytes, strlen(escapes[i].bytes)) != 0))
        i++;
    return i;
}

struct escaped {
    struct buf *out;
    int rc; /* remembered: the library does not ask after every piece */
};

/* A piece of JSON, which ends at a whole character. */
static int put_escaped(const char *text, size_t n, void *ctx)
{
    struct escaped *to = ctx;
    size_t good = 0; /* what goes as it is */
    for (size_t i = 0; i < n;) {
        size_t k = strchr("<>&\xe2", text[i]) && text[i] ? escape_at(text + i, n - i) : ESCAPES;
        if (k == ESCAPES) {
            i++;
            continue;
        }
        to->rc |= buf_add(to->out, text + good, i - good);
        to->rc |= buf_add_str(to->out, escapes[k].escape);
        i += strlen(escapes[k].bytes);
        good = i;
    }
    if (n > good)
        to->rc |= buf_add(to->out, text + good, n - good);
    return to->rc;
}

static int put_data(struct html *h, struct buf *out, struct err *e)
{
    if (html_run_end(h, NULL, e) != 0)
        return -1;
    struct escaped to = {out, 0};
    json_t *all = json_pack("{s:i, s:O}", "schema", HTML_SCHEMA, "documents", h->documents);
    int rc = all ? json_dump_callback(all, put_escaped, &to,
                                      JSON_COMPACT | JSON_REAL_PRECISION(PAGE_DIGITS))
                 : -1;
    json_decref(all);
    return rc | to.rc;
}

static const struct {
    const char *name;
    int (*put)(struct html *h, struct buf *out, struct err *e);
} marks[] = {{"@policy@", put_policy},
             {"@style@", put_style},
             {"@data@", put_data},
             {"@chart@", put_chart},
             {"@script@", put_scripts}};
#define MARKS (sizeof marks / sizeof *marks)

/* The marks stand in report.html in the order of the table. */
char *html_page(struct html *h, size_t *n, struct err *e)
{
    struct buf out;
    const char *at = part("report.html")->text;
    int rc = 0;
    buf_init(&out, PAGE_MAX);
    for (size_t i = 0; rc == 0 && i < MARKS; i++) {
        const char *mark = strstr(at, marks[i].name);
        if (!mark)
            continue;
        rc = buf_add(&out, at, (size_t)(mark - at));
        if (rc == 0)
            rc = marks[i].put(h, &out, e);
        at = mark + strlen(marks[i].name);
    }
    if (rc == 0)
        rc = buf_add_str(&out, at);
    char *page = rc == 0 ? buf_take(&out, n) : NULL;
    if (!page)
        html_no_memory(e);
    buf_free(&out);
    return page;
}

int html_write(struct html *h, const char *path, struct err *e)
{
    size_t n;
    char *page = html_page(h, &n, e);
    int rc = page ? aside_put(AT_FDCWD, path, page, n, e) : -1;
    free(page);
    return rc;
}

int html_write_document(const char *path, const json_t *document, struct err *e)
{
    struct html *h = html_new();
    int rc = h ? html_add_document(h, document, e) : html_no_memory(e);
    if (rc == 0)
        rc = html_write(h, path, e);
    html_free(h);
    return rc;
}

int html_check_path(const char *path, struct err *e)
{
    struct aside a;
    if (aside_open(&a, path, e) != 0)
        return -1;
    aside_drop(&a);
    return 0;
}
