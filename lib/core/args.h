/* Lists of items, the interface of a serialiser, and the string serialiser. Must not know frames. Clauses SER-1 to SER-10. */
#ifndef FP_CORE_ARGS_H
#define FP_CORE_ARGS_H

#include "buf.h"

/* A list that grows. Items point into memory of somebody else, or into `text` if they were copied. */
struct fp_args {
	const struct fp_alloc *alloc;
	struct fp_item *items;
	size_t n, cap;
	struct fp_buf text;   /* copied octets; items point into it once the list is sealed */
	size_t copied;        /* items copied: all or none */
};

void fp_args_init(struct fp_args *a, const struct fp_alloc *alloc, size_t text_bytes_max);
void fp_args_fini(struct fp_args *a);
void fp_args_clear(struct fp_args *a); /* empty again; keeps small memory for the next use */

enum fp_reason fp_args_grow(struct fp_args *a); /* for refer alone: room for one more item. FP_NOMEM */

/* Adds an item that points to the caller's octets. FP_NOMEM. */
static inline enum fp_reason fp_args_refer(struct fp_args *a, struct fp_item item)
{
	if (a->n == a->cap && fp_args_grow(a))
		return FP_NOMEM;
	a->items[a->n++] = item;
	return FP_NONE;
}

/* Adds a copy of an item; copies and references do not mix in one list. FP_NOMEM; FP_TOO_LONG past text_bytes_max. */
enum fp_reason fp_args_copy(struct fp_args *a, struct fp_item item);
void fp_args_pop(struct fp_args *a); /* takes the last item off */
/* The list as an array: from now on the copies have addresses. Good until the next call for a. */
const struct fp_item *fp_args_seal(struct fp_args *a);

/* How a list becomes a payload, item by item, and back. `ctx` is the serialiser's own. Nothing keeps what it is given. */
struct fp_serialiser {
	const char *name;
	void *ctx;
	/* Appends one more item to a payload that has n. FP_MALFORMED: it cannot be expressed; FP_NOMEM, FP_TOO_LONG. After an
	 * error the caller cuts off what was appended. */
	enum fp_reason (*add)(void *ctx, const struct fp_item *item, size_t n, struct fp_buf *out);
	/* Ends a payload that has n items. Likewise. */
	enum fp_reason (*close)(void *ctx, size_t n, struct fp_buf *out);
	/* Reads a payload into an empty list, whose items may point into the payload. FP_MALFORMED: *fault is the number of
	 * octets before the item at fault; FP_NOMEM. After an error the list's contents mean nothing. */
	enum fp_reason (*thaw)(void *ctx, struct fp_span payload, struct fp_args *list, size_t *fault);
};

extern const struct fp_serialiser fp_string_serialiser;

/* Appends the payload of n items to out, all of it or nothing. FP_MALFORMED, FP_NOMEM, FP_TOO_LONG. */
enum fp_reason fp_args_freeze(const struct fp_serialiser *s, const struct fp_item *items, size_t n, struct fp_buf *out);
/* A payload as a list that can be used: clears the list, thaws, seals. */
enum fp_reason fp_args_thaw(struct fp_args *a, const struct fp_serialiser *s, struct fp_span payload, size_t *fault);

#endif
