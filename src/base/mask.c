#include "base/mask.h"

#include <string.h>

#define HELD_MAX (1u << 20)

/* A beginning this long is no accident. */
#define GIVES_AWAY 3

void mask_init(struct mask *m)
{
    *m = (struct mask){.n = 0};
    buf_init(&m->held, HELD_MAX);
}

void mask_free(struct mask *m)
{
    buf_wipe(&m->held);
}

void mask_add(struct mask *m, const char *secret)
{
    if (!secret || !*secret || m->n == MASK_SECRETS_MAX)
        return;
    m->secrets[m->n] = secret;
    m->lengths[m->n++] = strlen(secret);
}

/* The longest secret that stands at the head of text, 0 when none does. *open: text may be the
 * beginning of one that is longer. */
static size_t match_at(const struct mask *m, const char *text, size_t n, bool *open)
{
    size_t longest = 0;
    *open = false;
    for (size_t i = 0; i < m->n; i++) {
        size_t len = m->lengths[i];
        if (n < len && memcmp(text, m->secrets[i], n) == 0)
            *open = true;
        else if (n >= len && len > longest && memcmp(text, m->secrets[i], len) == 0)
            longest = len;
    }
    return longest;
}

int mask_feed(struct mask *m, const char *bytes, size_t n, struct buf *out)
{
    size_t before = out->len;
    if (buf_add(&m->held, bytes, n) != 0)
        return -1;
    const char *text = buf_bytes(&m->held);
    size_t len = m->held.len, at = 0, plain = 0;
    int rc = 0;
    while (at < len && rc == 0) {
        bool open;
        size_t hit = match_at(m, text + at, len - at, &open);
        if (open)
            break;
        if (hit > 0) {
            rc = buf_add(out, text + plain, at - plain) | buf_add_str(out, MASK_TEXT);
            plain = at + hit;
        }
        at += hit > 0 ? hit : 1;
    }
    if (rc == 0)
        rc = buf_add(out, text + plain, at - plain);
    if (rc != 0) {
        buf_truncate(out, before);
        buf_wipe(&m->held);
        return -1;
    }
    buf_drop_front(&m->held, at);
    return 0;
}

static bool tells(const struct mask *m)
{
    const char *text = buf_bytes(&m->held);
    bool open;
    for (size_t at = 0; at < m->held.len; at++)
        if (match_at(m, text + at, m->held.len - at, &open) > 0)
            return true;
    return m->held.len >= GIVES_AWAY;
}

int mask_end(struct mask *m, struct buf *out)
{
    int rc =
        tells(m) ? buf_add_str(out, MASK_TEXT) : buf_add(out, buf_bytes(&m->held), m->held.len);
    buf_wipe(&m->held);
    return rc;
}

/* How much of the piece's front belongs to a secret that began before it; 0 where that could be an
 * accident. */
static size_t rest_at_front(const struct mask *m, const char *bytes, size_t n)
{
    size_t longest = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (n >= GIVES_AWAY && memmem(m->secrets[i], m->lengths[i], bytes, n) != NULL)
            return n;
        for (size_t len = m->lengths[i] - 1; len >= GIVES_AWAY && len > longest; len--)
            if (len < n && memcmp(bytes, m->secrets[i] + m->lengths[i] - len, len) == 0)
                longest = len;
    }
    return longest;
}

int mask_piece(struct mask *m, const char *bytes, size_t n, struct buf *out)
{
    size_t before = out->len;
    bool open;
    size_t rest = rest_at_front(m, bytes, n);
    if (match_at(m, bytes, n, &open) >= rest)
        rest = 0; /* it is whole */
    if ((rest > 0 && buf_add_str(out, MASK_TEXT) != 0) ||
        mask_feed(m, bytes + rest, n - rest, out) != 0 || mask_end(m, out) != 0) {
        buf_truncate(out, before);
        buf_wipe(&m->held);
        return -1;
    }
    return 0;
}
