/* Heads, lines and octets, one by one. See transcript.h. */
#include "transcript.h"

#include <string.h>

#include "../../conformance/transcript/pieces.h"
#include "../target.h"

#define LAID_MAX ((size_t)1 << 16) /* octets, and cuts: a line of a few letters may stand for gigabytes */

static bool is_small(const struct fp_octets *o)
{
	struct fp_measure m = fp_pieces_measure(o);
	return m.octets <= LAID_MAX && m.cuts <= LAID_MAX;
}

static void compare_octets(const struct fp_octets *a, const struct fp_octets *b)
{
	struct fp_layout one, two;
	if (!is_small(a) || !is_small(b))
		return;
	fp_octets_lay(a, true, &one);
	fp_octets_lay(b, true, &two);
	bool is_same = one.len == two.len && one.n_cuts == two.n_cuts && !one.expect == !two.expect &&
	               (!one.len || memcmp(one.data, two.data, one.len) == 0) &&
	               (!one.n_cuts || memcmp(one.cuts, two.cuts, one.n_cuts * sizeof *one.cuts) == 0) &&
	               (!one.expect || memcmp(one.expect, two.expect, one.len) == 0);
	fp_layout_fini(&one);
	fp_layout_fini(&two);
	if (!is_same)
		fp_fuzz_found("roundtrip", "the octets of a line are others when it is printed and read again");
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void compare_lines(const struct fp_line *a, const struct fp_line *b)
{
	if (a->actor != b->actor || a->verb != b->verb || a->worker != b->worker || a->n_items != b->n_items ||
	    a->is_unordered != b->is_unordered || a->is_optional != b->is_optional || a->exit != b->exit || a->status != b->status ||
	    a->size_bytes != b->size_bytes || a->after_ns != b->after_ns || !is_same_text(a->word, b->word) ||
	    !is_same_text(a->class, b->class))
		fp_fuzz_found("roundtrip", "a line is another when it is printed and read again");
	compare_octets(&a->octets, &b->octets);
	for (size_t i = 0; i < a->n_items; i++)
		compare_octets(&a->items[i], &b->items[i]);
}

void fp_model_transcripts_compare(const struct fp_transcripts *a, const struct fp_transcripts *b)
{
	if (a->n != b->n)
		fp_fuzz_found("roundtrip", "there are more cases, or fewer, when they are printed and read again");
	for (size_t i = 0; i < a->n; i++) {
		const struct fp_transcript *x = &a->cases[i], *y = &b->cases[i];
		if (x->n_lines != y->n_lines || x->side != y->side || x->mode != y->mode || x->profile != y->profile || x->vary != y->vary ||
		    x->level != y->level || x->is_json != y->is_json || x->n_clauses != y->n_clauses || x->n_needs != y->n_needs ||
		    x->n_options != y->n_options || !is_same_text(x->name, y->name) || !is_same_text(x->title, y->title))
			fp_fuzz_found("roundtrip", "a head is another when it is printed and read again");
		for (size_t k = 0; k < x->n_lines; k++)
			compare_lines(&x->lines[k], &y->lines[k]);
	}
}
