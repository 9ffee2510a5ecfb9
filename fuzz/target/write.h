/* Writes a life as a transcript: what was sent, and what is due. Must not know processes. */
#ifndef FP_TARGET_WRITE_H
#define FP_TARGET_WRITE_H

#include <stdio.h>

#include "play.h"

void fp_life_write(const struct fp_life *l, const struct fp_dialect *d, const struct fp_finding *f, const char *name, FILE *to);

#endif
