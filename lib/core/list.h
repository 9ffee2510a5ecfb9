/* A doubly linked list of links that their owners embed. Must not know what it lists. A link is in one list at most. */
#ifndef FP_CORE_LIST_H
#define FP_CORE_LIST_H

#include "base.h"

struct fp_link {
	struct fp_link *prev, *next; /* NULL: in no list */
};

struct fp_list {
	struct fp_link ends; /* a ring: next is the first, prev the last */
};

/* The owner of a link. */
#define FP_OWNER(link, type, member) ((type *)(void *)((uint8_t *)(link)-offsetof(type, member)))

static inline void fp_list_init(struct fp_list *l)
{
	l->ends.prev = l->ends.next = &l->ends;
}
static inline bool fp_list_is_empty(const struct fp_list *l)
{
	return l->ends.next == &l->ends;
}
static inline bool fp_link_is_in(const struct fp_link *k)
{
	return k->next != NULL;
}
static inline void fp_list_insert(struct fp_link *before, struct fp_link *k)
{
	FP_ASSERT(!fp_link_is_in(k));
	k->next = before;
	k->prev = before->prev;
	k->prev->next = k->next->prev = k;
}
static inline void fp_list_push(struct fp_list *l, struct fp_link *k) /* at the end */
{
	fp_list_insert(&l->ends, k);
}
static inline void fp_list_push_front(struct fp_list *l, struct fp_link *k)
{
	fp_list_insert(l->ends.next, k);
}
static inline void fp_list_remove(struct fp_link *k)
{
	FP_ASSERT(fp_link_is_in(k));
	k->prev->next = k->next;
	k->next->prev = k->prev;
	k->prev = k->next = NULL;
}
static inline struct fp_link *fp_list_first(const struct fp_list *l) /* NULL: empty */
{
	return fp_list_is_empty(l) ? NULL : l->ends.next;
}
static inline struct fp_link *fp_list_last(const struct fp_list *l) /* NULL: empty */
{
	return fp_list_is_empty(l) ? NULL : l->ends.prev;
}
static inline struct fp_link *fp_list_after(const struct fp_list *l, const struct fp_link *k) /* NULL: k is the last */
{
	return k->next == &l->ends ? NULL : k->next;
}
static inline struct fp_link *fp_list_pop(struct fp_list *l) /* the first; NULL: empty */
{
	struct fp_link *k = fp_list_first(l);
	if (k)
		fp_list_remove(k);
	return k;
}

#endif
