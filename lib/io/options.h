/* The options of a pool: their check, and what the engine makes of them. Must not know processes. */
#ifndef FP_IO_OPTIONS_H
#define FP_IO_OPTIONS_H

#include "../core/engine.h"

/* NULL: good; else one line that says which option is wrong and what is expected, good until the next call. */
const char *fp_options_check(const struct fp_options *o, const char *function);
struct fp_engine_config fp_options_config(const struct fp_options *o); /* of options that are good */

#endif
