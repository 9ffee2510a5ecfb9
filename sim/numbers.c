/* A logarithm and what is drawn with it. See numbers.h. */
#include "numbers.h"

#define LN2 0.693147180559945309417
#define SQRT2 1.41421356237309504880

/* x = m * 2^e with m about 1, so ln x = e ln 2 + 2 artanh((m - 1) / (m + 1)), whose series ends soon: |s| < 0.172. */
double sim_log(double x)
{
	int e = 0;
	for (; x >= 2; x /= 2)
		e++;
	for (; x < 1; x *= 2)
		e--;
	if (x > SQRT2) {
		x /= 2;
		e++;
	}
	double s = (x - 1) / (x + 1), square = s * s, sum = 0;
	for (int i = 21; i > 0; i -= 2)
		sum = sum * square + 1.0 / i;
	return e * LN2 + 2 * s * sum;
}

static double share(uint64_t draw)
{
	return (double)draw / (double)SIM_CHOICES_MAX;
}

uint64_t sim_time_ns(const struct sim_times *t, struct sim_choice *c, enum sim_kind kind)
{
	if (t->shape == SIM_FIXED)
		return t->mean_ns;
	if (t->shape == SIM_LISTED)
		return t->n ? t->list[c->met[kind]++ % t->n] : 0;
	uint64_t draw = sim_choose(c, kind, SIM_CHOICES_MAX);
	double mean = (double)t->mean_ns;
	if (t->shape == SIM_UNIFORM)
		return (uint64_t)(2 * mean * share(draw));
	if (t->shape == SIM_TWO)
		return share(draw) * SIM_SURE_PPM >= (double)(SIM_SURE_PPM - t->share_ppm) ? t->other_ns : t->mean_ns;
	return (uint64_t)(-mean * sim_log(1 - share(draw)));
}
