/* The numbers of a scenario: their names, units and limits, and how they are written. See scenario.h. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>

#define NS_MAX ((uint64_t)1000000 * FP_S) /* eleven days: longer than anything, and sums of it do not wrap */
#define TOTAL_NS_MAX 6e18 /* 200 years: a third of what a time can be */
#define DRAW_MAX 23       /* times the mean: more is never drawn */
#define COUNT_MAX ((uint64_t)1000000)
#define BYTES_MAX ((uint64_t)1 << 30)

static const char *const arrival_words[] = {"poisson", "every", "bursts", "list", NULL};
static const char *const shape_words[] = {"fixed", "exponential", "uniform", "two", "list", NULL};

#define AT(member) offsetof(struct sim_scenario, member)
#define COUNT(s, n, member, usual, min, max)                                                                                \
	{                                                                                                                   \
		s, n, AT(member), SIM_COUNT, usual, min, max, NULL                                                          \
	}
#define TIME(s, n, member, usual)                                                                                           \
	{                                                                                                                   \
		s, n, AT(member), SIM_SECONDS, usual, 0, NS_MAX, NULL                                                       \
	}
#define YES(s, n, member, usual)                                                                                            \
	{                                                                                                                   \
		s, n, AT(member), SIM_YES, usual, 0, 1, NULL                                                                \
	}
#define WORD(s, n, member, usual, max, words)                                                                               \
	{                                                                                                                   \
		s, n, AT(member), SIM_WORD, usual, 0, max, words                                                            \
	}

static const struct sim_field fields[] = {
	COUNT("pool", "min", pool.min, 0, 0, COUNT_MAX),
	COUNT("pool", "max", pool.max, 8, 1, COUNT_MAX),
	COUNT("pool", "min_idle", pool.min_idle, 0, 0, COUNT_MAX),
	COUNT("pool", "max_idle", pool.max_idle, 1, 0, COUNT_MAX),
	COUNT("pool", "load", pool.load, 2, 1, COUNT_MAX),
	TIME("pool", "busy_time", pool.busy_time_ns, 0),
	TIME("pool", "idle_time", pool.idle_time_ns, FP_S),
	COUNT("pool", "calls_max", pool.calls_max, 0, 0, COUNT_MAX),
	COUNT("pool", "retries", pool.retries, 0, 0, COUNT_MAX),
	COUNT("pool", "queue_max", pool.queue_max, 0, 0, COUNT_MAX),
	COUNT("pool", "queue_bytes_max", pool.queue_bytes_max, 0, 0, BYTES_MAX),
	TIME("pool", "queue_timeout", pool.queue_timeout_ns, 0),
	TIME("pool", "run_timeout", pool.run_timeout_ns, 0),
	COUNT("pool", "frame_bytes_max", pool.frame_bytes_max, 1 << 20, 64, BYTES_MAX),
	TIME("pool", "grace", pool.grace_ns, FP_S),
	YES("pool", "async", pool.async, 0),
	YES("pool", "native", pool.native, 0),
	COUNT("arrivals", "jobs", arrivals.jobs, 10, 1, 10 * COUNT_MAX),
	WORD("arrivals", "kind", arrivals.kind, SIM_EVERY, SIM_TIMES, arrival_words),
	TIME("arrivals", "every", arrivals.every_ns, 10 * FP_MS),
	COUNT("arrivals", "burst", arrivals.burst, 1, 1, COUNT_MAX),
	WORD("service", "kind", service.shape, SIM_FIXED, SIM_LISTED, shape_words),
	TIME("service", "mean", service.mean_ns, 10 * FP_MS),
	TIME("service", "other", service.other_ns, 100 * FP_MS),
	{"service", "share", AT(service.share_ppm), SIM_SHARE, 0, 0, SIM_SURE_PPM, NULL},
	COUNT("service", "bytes_max", size_bytes_max, 0, 0, BYTES_MAX / 2),
	COUNT("link", "to_worker_bytes", link.to_worker_bytes, 65536, 1, BYTES_MAX),
	COUNT("link", "to_pool_bytes", link.to_pool_bytes, 65536, 1, BYTES_MAX),
	TIME("link", "delay", link.delay_ns, 20000),
	TIME("link", "step", link.step_ns, FP_MS),
	TIME("process", "start", process.start_ns, FP_MS),
	YES("process", "told", process.told, 1),
	COUNT("process", "span_bytes", process.span_bytes, 256, 1, BYTES_MAX),
	TIME("end", "linger", linger_ns, 0),
	TIME("end", "settle", settle_ns, 600 * FP_S),
};

#define OWN (sizeof fields / sizeof *fields)

size_t sim_fields(void)
{
	return OWN + SIM_KINDS - SIM_DRAWS;
}

struct sim_field sim_field(size_t i)
{
	if (i < OWN)
		return fields[i];
	enum sim_kind k = (enum sim_kind)(SIM_DRAWS + i - OWN);
	return (struct sim_field){
		"faults", sim_kind_name(k), AT(rates_ppm) + k * sizeof(uint32_t), SIM_SHARE, 0, 0, SIM_SURE_PPM, NULL};
}

static bool is_text(const char *s, const char *text, size_t len)
{
	return strlen(s) == len && memcmp(s, text, len) == 0;
}

bool sim_field_is_found(const char *section, size_t section_len, const char *name, size_t len, struct sim_field *f)
{
	for (size_t i = 0; i < sim_fields(); i++) {
		*f = sim_field(i);
		if (is_text(f->section, section, section_len) && is_text(f->name, name, len))
			return true;
	}
	return false;
}

static bool is_rate(const struct sim_field *f)
{
	return f->offset >= AT(rates_ppm) && f->offset < AT(rates_ppm) + sizeof((struct sim_scenario *)0)->rates_ppm;
}

uint64_t sim_field_get(const struct sim_scenario *s, const struct sim_field *f)
{
	const uint8_t *at = (const uint8_t *)s + f->offset;
	return is_rate(f) ? *(const uint32_t *)(const void *)at : *(const uint64_t *)(const void *)at;
}

void sim_field_set(struct sim_scenario *s, const struct sim_field *f, uint64_t value)
{
	uint8_t *at = (uint8_t *)s + f->offset;
	if (is_rate(f))
		*(uint32_t *)(void *)at = (uint32_t)value;
	else
		*(uint64_t *)(void *)at = value;
}

void sim_scenario_init(struct sim_scenario *s)
{
	*s = (struct sim_scenario){.seed = 1, .arrivals.times.shape = SIM_LISTED};
	for (size_t i = 0; i < sim_fields(); i++) {
		struct sim_field f = sim_field(i);
		sim_field_set(s, &f, f.usual);
	}
}

void sim_scenario_fini(struct sim_scenario *s, const struct fp_alloc *memory)
{
	struct sim_times *times[] = {&s->arrivals.times, &s->service};
	for (size_t i = 0; i < 2; i++) {
		fp_alloc_put(memory, (void *)(uintptr_t)times[i]->list, times[i]->n * sizeof(uint64_t));
		times[i]->list = NULL;
		times[i]->n = 0;
	}
}

static double longest_of(const struct sim_times *t)
{
	double longest = (double)(t->mean_ns > t->other_ns ? t->mean_ns : t->other_ns);
	for (size_t i = 0; i < t->n; i++)
		longest = (double)t->list[i] > longest ? (double)t->list[i] : longest;
	return longest;
}

/* What no run takes longer than: virtual time must not wrap. */
static double longest_ns(const struct sim_scenario *s)
{
	double list = longest_of(&s->arrivals.times), every = (double)s->arrivals.every_ns;
	double service = longest_of(&s->service) * (double)(s->pool.retries + 2) * (s->rates_ppm[SIM_SLOW] ? 100 : 1);
	return (double)s->arrivals.jobs * DRAW_MAX * (service + (list > every ? list : every));
}

bool sim_scenario_is_valid(const struct sim_scenario *s, char why[200])
{
	if (s->pool.min > s->pool.max || s->pool.min_idle > s->pool.max)
		snprintf(why, 200, "pool.min and pool.min_idle are at most pool.max");
	else if (s->service.shape == SIM_LISTED && !s->service.n)
		snprintf(why, 200, "service.kind \"list\" needs service.list, an array of seconds");
	else if (s->arrivals.kind == SIM_TIMES && !s->arrivals.times.n)
		snprintf(why, 200, "arrivals.kind \"list\" needs arrivals.list, an array of seconds");
	else if (longest_ns(s) > TOTAL_NS_MAX)
		snprintf(why, 200, "arrivals and service may take 200 years: let calls be fewer or shorter");
	else
		return true;
	return false;
}

/* ---- as text ---- */

void sim_field_expect(const struct sim_field *f, char why[200])
{
	int n = snprintf(why, 200, "%s.%s is ", f->section, f->name);
	char *rest = why + n;
	size_t room = 200 - (size_t)n;
	if (f->unit == SIM_COUNT)
		snprintf(rest, room, "a whole number from %llu to %llu", (unsigned long long)f->min,
		         (unsigned long long)f->max);
	else if (f->unit == SIM_SECONDS)
		snprintf(rest, room, "a time in seconds, 0 to %llu", (unsigned long long)(f->max / FP_S));
	else if (f->unit == SIM_SHARE)
		snprintf(rest, room, "a share from 0 to 1");
	else if (f->unit == SIM_YES)
		snprintf(rest, room, "true or false");
	else
		for (size_t i = 0; i <= f->max; i++) {
			n = snprintf(rest, room, "%s\"%s\"", i == 0 ? "" : i == f->max ? " or " : ", ", f->words[i]);
			rest += n;
			room -= (size_t)n;
		}
}

/* A decimal number times `scale`, rounded. */
static bool is_number(const char *text, uint64_t scale, uint64_t *value, char **end)
{
	double d = strtod(text, end);
	if (*end == text || !(d >= 0) || d * (double)scale > 1e18)
		return false;
	*value = (uint64_t)(d * (double)scale + 0.5);
	return true;
}

static uint64_t scale_of(const struct sim_field *f, const char **unit)
{
	static const struct {
		const char *name;
		uint64_t scale;
	} units[] = {{"ns", 1}, {"us", 1000}, {"ms", FP_MS}, {"s", FP_S}};
	for (size_t i = 0; f->unit == SIM_SECONDS && i < 4; i++)
		if (strcmp(*unit, units[i].name) == 0) {
			*unit += strlen(*unit);
			return units[i].scale;
		}
	if (f->unit == SIM_SHARE && strcmp(*unit, "ppm") == 0) {
		*unit += 3;
		return 1;
	}
	return f->unit == SIM_SECONDS ? FP_S : f->unit == SIM_SHARE ? SIM_SURE_PPM : 1;
}

static bool is_word(const char *const *words, const char *text, uint64_t *value)
{
	for (*value = 0; words[*value]; ++*value)
		if (strcmp(words[*value], text) == 0)
			return true;
	return false;
}

static bool is_value(const struct sim_field *f, const char *text, uint64_t *value)
{
	static const char *const yes[] = {"false", "true", NULL};
	if (f->unit == SIM_YES && is_word(yes, text, value))
		return true;
	if (f->unit == SIM_WORD)
		return is_word(f->words, text, value);
	const char *unit = text + strspn(text, "0123456789.");
	uint64_t scale = scale_of(f, &unit);
	char *end;
	if (*unit || (scale == 1 && strchr(text, '.')))
		return false;
	return is_number(text, scale, value, &end) && *value >= f->min && *value <= f->max;
}

bool sim_field_is_parsed(const struct sim_field *f, const char *text, size_t len, uint64_t *value, char why[200])
{
	char copy[64];
	if (len < sizeof copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		if (is_value(f, copy, value))
			return true;
	}
	sim_field_expect(f, why);
	return false;
}

void sim_field_print(const struct sim_field *f, uint64_t value, char text[64])
{
	unsigned long long v = value;
	if (f->unit == SIM_WORD)
		snprintf(text, 64, "%s", f->words[value]);
	else if (f->unit == SIM_YES)
		snprintf(text, 64, "%s", value ? "true" : "false");
	else if (f->unit == SIM_SECONDS && v % FP_S == 0)
		snprintf(text, 64, "%llus", v / FP_S);
	else if (f->unit == SIM_SECONDS && v % FP_MS == 0)
		snprintf(text, 64, "%llums", v / FP_MS);
	else
		snprintf(text, 64, "%llu%s", v, f->unit == SIM_SECONDS ? "ns" : f->unit == SIM_SHARE ? "ppm" : "");
}
