/* The ways of cutting. See vary.h. */
#include "vary.h"

#include <stdio.h>
#include <string.h>

static uint64_t count_of(enum fp_vary what, uint64_t len)
{
	uint64_t places = len ? len - 1 : 0;
	switch (what) {
	case FP_VARY_CUTS:
	case FP_VARY_TRUNCATED:
		return places;
	case FP_VARY_PAIRS:
		return places < 2 ? 0 : places * (places - 1) / 2;
	default:
		return 1;
	}
}

uint64_t fp_variants_count(unsigned vary, size_t len)
{
	uint64_t n = 0;
	for (unsigned bit = 1; bit <= FP_VARY_TRUNCATED; bit <<= 1)
		if (vary & bit)
			n += count_of(bit, len);
	return n;
}

/* The pairs in order: (1,2), (1,3), … (2,3), … */
static struct fp_variant pair_of(size_t len, uint64_t number)
{
	size_t at = 1;
	for (uint64_t row = len - 2; number >= row; row--, at++)
		number -= row;
	return (struct fp_variant){FP_VARY_PAIRS, at, at + 1 + (size_t)number};
}

struct fp_variant fp_variant_of(unsigned vary, size_t len, uint64_t number)
{
	unsigned bit = 1;
	for (; !(vary & bit) || number >= count_of(bit, len); bit <<= 1)
		if (vary & bit)
			number -= count_of(bit, len);
	return bit == FP_VARY_PAIRS ? pair_of(len, number) : (struct fp_variant){bit, (size_t)number + 1, 0};
}

bool fp_variant_is_cut_at(const struct fp_variant *v, size_t at)
{
	switch (v->what) {
	case FP_VARY_OCTETS:
		return true;
	case FP_VARY_PAIRS:
		return at == v->at || at == v->at_2;
	case FP_VARY_CUTS:
		return at == v->at;
	default:
		return false;
	}
}

void fp_variant_name(const struct fp_variant *v, char name[FP_VARIANT_NAME_MAX])
{
	switch (v->what) {
	case FP_VARY_AS_WRITTEN:
		snprintf(name, FP_VARIANT_NAME_MAX, "as-written");
		break;
	case FP_VARY_WHOLE:
		snprintf(name, FP_VARIANT_NAME_MAX, "whole");
		break;
	case FP_VARY_OCTETS:
		snprintf(name, FP_VARIANT_NAME_MAX, "octets");
		break;
	case FP_VARY_CUTS:
		snprintf(name, FP_VARIANT_NAME_MAX, "cut-%zu", v->at);
		break;
	case FP_VARY_PAIRS:
		snprintf(name, FP_VARIANT_NAME_MAX, "cut-%zu-%zu", v->at, v->at_2);
		break;
	case FP_VARY_TRUNCATED:
		snprintf(name, FP_VARIANT_NAME_MAX, "truncated-%zu", v->at);
		break;
	}
}

bool fp_variant_is_name(const char *text)
{
	struct fp_variant v = {0};
	char name[FP_VARIANT_NAME_MAX] = "";
	sscanf(text + strcspn(text, "0123456789"), "%zu-%zu", &v.at, &v.at_2);
	for (v.what = FP_VARY_AS_WRITTEN; v.what <= FP_VARY_TRUNCATED; v.what <<= 1) {
		fp_variant_name(&v, name);
		if (!strcmp(text, name))
			return true;
	}
	return false;
}
