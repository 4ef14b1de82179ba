/* Is the tail a pager's mark, and did the device wipe it out after the key that answers it?
 *
 * A key that was sent is stray until the mark is wiped out: the mark may have been text, and then
 * the key waits at the device and lands at its prompt. */
#ifndef POLLER_DIALOGUE_PAGER_H
#define POLLER_DIALOGUE_PAGER_H

#include "dialogue/rules.h"
#include "dialogue/stream.h"

#define STRAY_MAX 64 /* keys that are wiped out before an input */

struct pager {
    size_t line;    /* of the mark that was answered last; NOWHERE: none */
    size_t which;   /* which mark */
    size_t end;     /* behind it */
    size_t len;     /* of its text */
    unsigned stray; /* keys sent that nothing shows to have been taken */
};

/* Which mark the tail is; -1: none. */
int pager_look(const struct stream *s, const struct dialogue_rules *r, const struct matcher *m);

/* Where the mark that is the tail ends: before what shows nothing. */
size_t pager_end(const struct stream *s);

/* Something wiped out the mark that was answered last. */
bool pager_erased(const struct pager *p, const struct stream *s);

/* That was text right over it, after a CR: what of the mark is longer stands there still. */
bool pager_overwritten(const struct pager *p, const struct stream *s);

/* The key that answers a mark. */
const char *pager_key(const struct dialogue_rules *r, size_t which);

/* Where the key came back behind the mark: a terminal's echo, or text that goes on with it;
 * NOWHERE. */
size_t pager_came_back(const struct pager *p, const struct dialogue_rules *r,
                       const struct stream *s);

/* The bytes at the tail's end that may be the echo of stray keys. */
size_t pager_echo(const struct pager *p, const struct dialogue_rules *r, const struct stream *s);

#endif
