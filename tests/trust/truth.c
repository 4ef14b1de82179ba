#include "tests/trust/truth.h"

#include <string.h>

#define TRUTH_MAX (1u << 18)

void truth_init(struct truth *t)
{
    *t = (struct truth){0};
    buf_init(&t->text, TRUTH_MAX);
    buf_init(&t->behind, TRUTH_MAX);
}

void truth_free(struct truth *t)
{
    buf_free(&t->text);
    buf_free(&t->behind);
}

void truth_clear(struct truth *t)
{
    buf_truncate(&t->text, 0);
    buf_truncate(&t->behind, 0);
    t->blank_is_free = t->read = t->whole = t->followed = false;
}

void truth_add(struct buf *to, const char *wire, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (wire[i] == '\x1b' && i + 1 < n && wire[i + 1] == '[') {
            for (i += 2; i < n && (unsigned char)wire[i] < 0x40;)
                i++;
        } else if (wire[i] != '\r') {
            buf_add_char(to, wire[i]);
        }
    }
}

/* Takes `part` off the front of what is left. */
static bool take(const char **left, size_t *n, const char *part, size_t len)
{
    if (*n < len || memcmp(*left, part, len) != 0)
        return false;
    *left += len;
    *n -= len;
    return true;
}

bool truth_accepts(const struct truth *t, const char *output, size_t n)
{
    if (!take(&output, &n, buf_bytes(&t->text), t->text.len))
        return false;
    if (n == 0)
        return true;
    if (t->blank_is_free && take(&output, &n, "\n", 1) && n == 0)
        return true;
    return t->behind.len > 0 && take(&output, &n, buf_bytes(&t->behind), t->behind.len) && n == 0;
}
