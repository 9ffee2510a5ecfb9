/* What the two halves of the test worker share: the table of verbs, and copies of lists. Not for other modules. */
#ifndef TESTWORKER_H
#define TESTWORKER_H

#include "forkpool.h"

/* The exported functions; see testworker.c. */
FP_API fp_function testworker, testworker_async;
FP_API fp_init_function testworker_init, testworker_initlog, testworker_initdie, testworker_initev, testworker_initsig;
FP_API void testworker_mydone(void);
FP_API void testworker_donert(void);

/* A verb's function gets the items behind the verb, and otherwise is what a worker's function is. */
struct testworker_verb {
	const char *name; /* NULL ends a table */
	fp_function *run;
};

/* NULL: not in the table. */
fp_function *testworker_verb_find(const struct testworker_verb *table, const struct fp_item *word);

bool testworker_item_is(const struct fp_item *item, const char *text);
uint64_t testworker_number(const struct fp_item *args, size_t n, size_t i); /* leading digits of item i; none: 0 */

/* A copy of a list of items and their octets, in one piece of memory; free() it. */
struct testworker_list {
	size_t n;
	struct fp_item items[];
};
struct testworker_list *testworker_list_copy(const struct fp_item *items, size_t n); /* NULL: no memory */

#endif
