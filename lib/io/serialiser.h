/* The serialisers that come with the library, by name and by the source text that the original sends for them. Must not
 * know who uses them. */
#ifndef FP_IO_SERIALISER_H
#define FP_IO_SERIALISER_H

#include "../core/args.h"

const struct fp_serialiser *fp_serialiser_by_name(const char *name);         /* NULL: none */
const struct fp_serialiser *fp_serialiser_by_source(const struct fp_item *source); /* NULL: none */
const char *fp_serialiser_source(const struct fp_serialiser *s);

#endif
