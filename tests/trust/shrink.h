/* Makes a case smaller while it stays as bad. */
#ifndef TRUST_SHRINK_H
#define TRUST_SHRINK_H

#include "tests/trust/play.h"

/* The smallest scene found in which some command still gets this verdict. Bounded. */
void shrink(struct player *p, struct scene *scene, enum verdict verdict);

#endif
