/* Choices drawn from the end of an input, one octet each. When the octets are used up every choice is 0, the harmless one.
 * The octets stay part of the input, so a recorded session is an input as it stands. Must not know what is chosen. */
#ifndef FP_FUZZ_CHOICES_H
#define FP_FUZZ_CHOICES_H

#include <stddef.h>
#include <stdint.h>

struct fp_choices {
	const uint8_t *data;
	size_t len; /* octets not used yet */
};

/* 0 to n - 1. */
static inline uint32_t fp_choose(struct fp_choices *c, uint32_t n)
{
	return c->len ? c->data[--c->len] % n : 0;
}

#endif
