/* Where something stands in a JSON text. Must not know what it means. */
#ifndef FP_SIM_PLACE_H
#define FP_SIM_PLACE_H

#include "../lib/core/base.h"

struct sim_place {
	unsigned line, column; /* from 1; column in characters */
};

/* Of the key `name` in the object `section` of the outermost object, or of the outermost one itself where section is NULL. The
 * text is valid JSON and has that key; without it, its beginning. */
struct sim_place sim_place_find(struct fp_span text, const char *section, const char *name);

#endif
