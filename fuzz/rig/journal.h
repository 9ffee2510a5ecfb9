/* What one run of an end gave, as notes that two runs can be compared by. Must not know what a note means. */
#ifndef FP_FUZZ_JOURNAL_H
#define FP_FUZZ_JOURNAL_H

#include "core/base.h"

enum fp_note_kind {
	FP_NOTE_FRAME,   /* id, n octets, digest */
	FP_NOTE_REQUEST, /* id, n items, digest */
	FP_NOTE_RESULT,  /* id: number of the call; n items, digest */
	FP_NOTE_EVENT,   /* n items, digest */
	FP_NOTE_SENT,    /* id, n octets, digest: a frame that this end wrote */
	FP_NOTE_TAKEN,   /* id: number of the call; n: may have run */
	FP_NOTE_FAILED,  /* reason, offset */
	FP_NOTE_ENDED
};

struct fp_note {
	uint64_t kind, id, n, offset, digest, reason;
};

struct fp_journal {
	struct fp_note *notes;
	size_t n, cap;
};

void fp_journal_put(struct fp_journal *j, struct fp_note note);
void fp_journal_free(struct fp_journal *j);
bool fp_journal_is_same(const struct fp_journal *a, const struct fp_journal *b);

/* Digests start at 0. */
uint64_t fp_digest_octets(uint64_t digest, const void *data, size_t len);
uint64_t fp_digest_items(const struct fp_item *items, size_t n);

#endif
