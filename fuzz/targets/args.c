/* Target: lists and the string serialiser, both ways. Must not know frames. */
#include "../oracle/perl.h"
#include "../owners/args.h"
#include "../rig/modes.h"
#include "../rig/story.h"
#include "../target.h"
#include "core/args.h"

#define PERL_BYTES_MAX 256u /* octets: Perl needs the square of a length's octets */

const struct fp_fuzz_target fp_fuzz_target = {
	"args", FP_SHAPE_LIST, "one payload: a list of strings in the string serialiser's form",
	"the items or the fault that the second decoder (and Perl's unpack) sees; encoding gives the shortest form and decodes again"};

static enum fp_reason thaw(struct fp_args *a, const uint8_t *data, size_t len, size_t *fault)
{
	return fp_args_thaw(a, &fp_string_serialiser, (struct fp_span){data, len}, fault);
}

static void compare(const struct fp_args *a, enum fp_reason r, size_t fault, const uint8_t *data, size_t len)
{
	uint64_t n, digest;
	size_t second_fault;
	enum fp_second_verdict v = fp_mode_list(data, len, &second_fault, &n, &digest);
	if (!v != !r || (v && (r != FP_MALFORMED || fault != second_fault)))
		fp_fuzz_found("decoder", "a list is refused, or taken, or refused elsewhere than by the second decoder");
	if (!v && (a->n != n || fp_digest_items(a->items, a->n) != digest))
		fp_fuzz_found("decoder", "the second decoder sees other items");
	if (len <= PERL_BYTES_MAX)
		fp_perl_compare(data, len, v);
}

static void run(const uint8_t *data, size_t len, uint64_t fail_at, struct fp_choices choices)
{
	struct fp_memory m;
	struct fp_args list;
	size_t fault = 0;
	fp_memory_init(&m, fail_at, 2 * len);
	fp_args_init(&list, &m.alloc, SIZE_MAX);
	enum fp_reason r = thaw(&list, data, len, &fault);
	if (r == FP_NOMEM && fp_memory_has_failed(&m))
		r = thaw(&list, data, len, &fault);
	compare(&list, r, fault, data, len);
	if (!r)
		fp_args_use(&list, &m, choices);
	fp_args_fini(&list);
	fp_memory_fini(&m);
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct fp_choices choices = {data, len};
	uint64_t fail_at = 1 + fp_choose(&choices, 16);
	run(data, len, 0, choices);
	run(data, len, fail_at, choices);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	fp_story_list(s, 0, data, len);
}
