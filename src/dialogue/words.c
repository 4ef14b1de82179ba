#include "dialogue/words.h"

#include "base/escape.h"
#include "base/mask.h"

#include <stdio.h>
#include <string.h>

/* text, masked, its last max bytes escaped into to; -1: memory is out. */
static int show(const struct dialogue_config *c, const char *text, size_t n, size_t max, bool first,
                char *to, size_t size)
{
    struct mask secrets;
    struct buf masked;
    mask_init(&secrets);
    if (c) {
        mask_add(&secrets, c->password);
        mask_add(&secrets, c->enable);
    }
    buf_init(&masked, n * sizeof MASK_TEXT + sizeof MASK_TEXT);
    int rc = mask_piece(&secrets, text, n, &masked);
    if (rc == 0) {
        size_t shown = masked.len < max ? masked.len : max;
        const char *from = buf_bytes(&masked) + (first ? 0 : masked.len - shown);
        escape_bytes(ESCAPE_SENTENCE, from, shown, to, size);
    }
    mask_free(&secrets);
    buf_wipe(&masked);
    return rc;
}

const char *words_of(const struct dialogue_config *c, const char *text, size_t n, char *to)
{
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\n'))
        n--;
    while (n > 0 && *text == ' ')
        text++, n--;
    n = n < 2 * WORDS_MAX ? n : 2 * WORDS_MAX;
    if (show(c, text, n, WORDS_MAX, true, to, WORDS_SIZE) != 0)
        snprintf(to, WORDS_SIZE, "something, but memory is out");
    return to;
}

const char *words_tail(const struct dialogue_config *c, const struct stream *s, char *to)
{
    size_t n = (size_t)stream_tail_shown(s, TAIL_MAX), most = WORDS_MAX / 2;
    size_t from = n > most ? n - most : 0;
    return words_of(c, s->tail + from, n - from, to);
}

const char *words_last_seen(const struct dialogue_config *c, const struct stream *s, char *to)
{
    size_t n = s->in.len < SHOWN_MAX * 2 ? s->in.len : SHOWN_MAX * 2;
    if (n == 0) {
        snprintf(to, WORDS_SIZE, "nothing");
        return to;
    }
    to[0] = '"';
    if (show(c, buf_bytes(&s->in) + s->in.len - n, n, SHOWN_MAX, false, to + 1, WORDS_SIZE - 2) !=
        0) {
        snprintf(to, WORDS_SIZE, "something, but memory is out");
        return to;
    }
    size_t end = strlen(to);
    to[end] = '"';
    to[end + 1] = '\0';
    return to;
}
