/* Notes of a run. See journal.h. */
#include "journal.h"

#include <stdlib.h>

void fp_journal_put(struct fp_journal *j, struct fp_note note)
{
	if (j->n == j->cap) {
		j->cap = j->cap ? 2 * j->cap : 64;
		j->notes = realloc(j->notes, j->cap * sizeof *j->notes);
		if (!j->notes)
			abort();
	}
	j->notes[j->n++] = note;
}

void fp_journal_free(struct fp_journal *j)
{
	free(j->notes);
	*j = (struct fp_journal){0};
}

bool fp_journal_is_same(const struct fp_journal *a, const struct fp_journal *b)
{
	return a->n == b->n && (!a->n || memcmp(a->notes, b->notes, a->n * sizeof *a->notes) == 0);
}

static uint64_t mix(uint64_t digest, uint64_t word)
{
	digest = (digest ^ word) * 0x9e3779b97f4a7c15u;
	return digest ^ digest >> 29;
}

uint64_t fp_digest_octets(uint64_t digest, const void *data, size_t len)
{
	const uint8_t *p = data;
	digest = mix(digest, len + 1);
	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		digest = mix(digest, word);
	}
	for (; len; p++, len--)
		digest = mix(digest, *p);
	return digest;
}

uint64_t fp_digest_items(const struct fp_item *items, size_t n)
{
	uint64_t digest = 0;
	for (size_t i = 0; i < n; i++)
		digest = fp_digest_octets(digest, items[i].data, items[i].len) + (uint64_t)items[i].kind;
	return digest;
}
