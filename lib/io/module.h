/* Shared objects in a process: finding and loading them, compiling C source into one, looking functions up by the names
 * that the original uses. Must not know what the functions are for. */
#ifndef FP_IO_MODULE_H
#define FP_IO_MODULE_H

#include "../core/base.h"

/* Loads NAME.so from FORKPOOL_PATH or from where forkpool's own modules are; a name that ends in .so is a path. NULL: loaded;
 * else why not, good until the next call. */
const char *fp_module_load(const char *name);

/* Compiles C source with cc and loads it. As above; the compiler's own messages go to standard error. */
const char *fp_module_compile(struct fp_item source);

/* A function that a loaded object or the program exports: `A::b` is looked for as A__b, `main::b` as b. NULL: none. */
void *fp_module_find(const char *name);

/* Looks for a function that processes forked from this one will look for: they find it without a search, which in a new process
 * costs a page fault for each page of the tables. Good until a module is loaded. */
void fp_module_remember(const char *name);

/* The newest loaded object's own function of this name; NULL: it has none. */
void *fp_module_find_newest(const char *name);

#endif
