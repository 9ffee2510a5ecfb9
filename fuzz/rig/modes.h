/* The ways a connection speaks; a target tries every input in each. Must not know the ends. */
#ifndef FP_FUZZ_MODES_H
#define FP_FUZZ_MODES_H

#include "../oracle/second.h"
#include "core/wire.h"
#include "journal.h"

#define FP_MODES 4

struct fp_mode {
	const char *name;
	enum fp_profile profile;
	bool async;
	uint32_t payload_max; /* octets; small in one profile, so that the limit can be met by what an input holds */
};

static const struct fp_mode fp_modes[FP_MODES] = {
	{"sync network", FP_NETWORK, false, 1 << 20},
	{"async network", FP_NETWORK, true, 1 << 20},
	{"sync native", FP_NATIVE, false, 512},
	{"async native", FP_NATIVE, true, 512},
};

static inline struct fp_second_form fp_mode_form(const struct fp_mode *m, bool has_id)
{
	return (struct fp_second_form){m->profile == FP_NETWORK, has_id, m->payload_max};
}

/* Judges a list with the second decoder; GOOD: its items and their digest. */
static inline enum fp_second_verdict fp_mode_list(const uint8_t *in, size_t len, size_t *fault, uint64_t *n, uint64_t *digest)
{
	enum fp_second_verdict v = FP_SECOND_GOOD;
	*n = *digest = 0;
	for (size_t at = 0, item_len; at < len; ++*n) {
		const uint8_t *item;
		*fault = at;
		v = fp_second_item(in, len, &at, &item, &item_len);
		if (v)
			return v;
		*digest = fp_digest_octets(*digest, item, item_len);
	}
	return v;
}

#endif
