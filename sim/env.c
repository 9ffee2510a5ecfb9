/* What everything in a world shares. See env.h. */
#include "env.h"

uint64_t sim_env_grace_steps(struct sim_env *e, enum sim_kind kind, uint64_t n)
{
	return sim_choose(&e->choice, kind, n) * (e->scenario->pool.grace_ns / 4);
}

struct fp_item sim_decimal(uint64_t v, char text[SIM_DECIMAL_MAX])
{
	char *end = text + SIM_DECIMAL_MAX, *s = end;
	do
		*--s = (char)('0' + v % 10);
	while (v /= 10);
	return (struct fp_item){s, (size_t)(end - s), FP_STRING};
}

uint64_t sim_decimal_value(const struct fp_item *item)
{
	uint64_t v = 0;
	for (size_t i = 0; i < item->len; i++)
		v = 10 * v + (uint64_t)(((const char *)item->data)[i] - '0');
	return v;
}
