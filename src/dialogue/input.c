#include "dialogue/input.h"

#include <stdio.h>
#include <string.h>

#define WALK_MAX                                                                                   \
    512               /* bytes among which the digits stand, with all that wraps and redraws them  \
                       */
#define MISSING_MAX 4 /* digits that something may have eaten; of fewer the rest proves nothing */

/* splitmix64 (Steele, Lea, Flood 2014): one step of a sequence that begins at a random seed. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

bool input_is_empty(const struct input *in)
{
    return in->kind == INPUT_EMPTY || in->kind == INPUT_SECOND;
}

void input_draw_nonce(struct input *in, uint64_t *sequence)
{
    snprintf(in->nonce, sizeof in->nonce, "%08x", (unsigned)(next(sequence) >> 32));
}

void input_draw_comment(char to[COMMENT_SIZE], const struct platform *p, uint64_t *sequence)
{
    snprintf(to, COMMENT_SIZE, "%.8s%08x", p->comment, (unsigned)(next(sequence) >> 32));
}

const char *input_erase_key(const struct platform *p)
{
    return p->erase ? p->erase : "\x7f";
}

static int erase(const char *key, unsigned times, struct buf *out)
{
    for (unsigned i = 0; i < times; i++)
        if (buf_add_str(out, key) != 0)
            return -1;
    return 0;
}

int input_type(const struct input *in, const struct platform *p, unsigned stray, struct buf *out)
{
    const char *key = input_erase_key(p);
    if (erase(key, stray, out) != 0)
        return -1;
    if (*in->nonce) {
        bool kill = p->kill && *p->kill && strlen(p->kill) < NONCE_LEN * strlen(key);
        if (buf_add_str(out, in->nonce) != 0 ||
            (kill ? buf_add_str(out, p->kill) : erase(key, NONCE_LEN, out)) != 0)
            return -1;
    }
    return buf_add_str(out, in->text);
}

/* Where an escape sequence that begins at i ends. */
static size_t skip_escape(const char *raw, size_t i, size_t n)
{
    if (i + 1 >= n || raw[i + 1] != '[')
        return i + 2 < n ? i + 2 : n;
    for (i += 2; i < n && (unsigned char)raw[i] < 0x40;)
        i++;
    return i < n ? i + 1 : n;
}

/* Walks from i past `want`, over escapes and the marks of wrapping; *to: behind the last byte that
 * matched. Returns how many did before the line ended, 0 where something else came. */
static size_t walk(const char *raw, size_t n, size_t i, const char *want, size_t *to)
{
    size_t k = 0, most = i + WALK_MAX;
    n = n < most ? n : most;
    while (i < n && want[k]) {
        unsigned char c = (unsigned char)raw[i];
        if (c == (unsigned char)want[k]) {
            k++;
            *to = ++i;
        } else if (c == 0x1b) {
            i = skip_escape(raw, i, n);
        } else if (c == '\r' && k > 0 && i + 1 < n && raw[i + 1] == want[k - 1] &&
                   !(want[k] == want[k - 1] && raw[i - 1] == ' ')) {
            i += 2; /* the first byte of the new line, CR, and that byte again */
        } else if (c == '\r' || c == '\0' || (c == ' ' && i + 1 < n && raw[i + 1] == '\r')) {
            i++;
        } else {
            return 0;
        }
    }
    return k;
}

static enum erase_form form_of(const char *raw, size_t n)
{
    size_t i = 0;
    while (i < n && raw[i] == '\0')
        i++;
    if (n - i >= 6 && memcmp(raw + i, "\b \b\b \b", 6) == 0)
        return ERASE_PLAIN;
    if (n - i >= 4 && raw[i] == '^' && raw[i + 2] == '^' && raw[i + 1] == raw[i + 3])
        return ERASE_SHOWN;
    bool goes_back = i < n && (raw[i] == '\b' || raw[i] == '\r' || raw[i] == '\x1b');
    return goes_back ? ERASE_EDITED : ERASE_NONE;
}

static bool find_from(const char *raw, size_t n, const char *want, struct nonce_sight *sight)
{
    const char *at = raw;
    while ((at = memchr(at, want[0], n - (size_t)(at - raw))) != NULL) {
        size_t from = (size_t)(at - raw), to = from;
        size_t k = walk(raw, n, from, want, &to);
        if (k > sight->part) { /* of beginnings the longest */
            sight->from = from;
            sight->to = to;
            sight->part = want[k] ? (unsigned)k : 0;
            if (!want[k]) {
                sight->form = form_of(raw + to, n - to);
                return true;
            }
        }
        at++;
    }
    return sight->part > 0;
}

bool input_find(const char *raw, size_t n, const char *nonce, struct nonce_sight *sight)
{
    *sight = (struct nonce_sight){.from = 0};
    if (!*nonce || n == 0)
        return false;
    if (find_from(raw, n, nonce, sight) && sight->part == 0)
        return true;
    struct nonce_sight part = *sight;
    for (unsigned k = 1; k <= MISSING_MAX && strlen(nonce) == NONCE_LEN; k++) {
        *sight = (struct nonce_sight){.missing = k};
        if (find_from(raw, n, nonce + k, sight) && sight->part == 0)
            return true;
    }
    *sight = part;
    return part.part > 0;
}
