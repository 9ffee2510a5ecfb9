/* The retirement event. See retire.h. */
#include "retire.h"

static const char head[] = ":t6Z@HK1N%Dx@_7?=~-7NQgWDdAs6a,jFN=wLO0*jD*1%P";
static const char word[] = "quit";
static const char tail[] = "<~53rexz.U`!]X[A235^\"fyEoiTF\\T~oH1l/N6+Djep9b~bI9`\\1x%B~vWO1q*";

static struct fp_item item(const char *s)
{
	return (struct fp_item){s, strlen(s), FP_STRING};
}

void fp_retire_make(struct fp_item items[FP_RETIRE_ITEMS])
{
	items[0] = item(head);
	items[1] = item(word);
	items[2] = item(tail);
}

static bool is_same(const struct fp_item *a, const char *s)
{
	return a->kind == FP_STRING && a->len == strlen(s) && memcmp(a->data, s, a->len) == 0;
}

enum fp_retire fp_retire_look(const struct fp_item *items, size_t n)
{
	if (n != FP_RETIRE_ITEMS || !is_same(&items[0], head) || !is_same(&items[2], tail))
		return FP_RETIRE_NO;
	return is_same(&items[1], word) ? FP_RETIRE_YES : FP_RETIRE_OTHER;
}
