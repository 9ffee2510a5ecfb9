/* Runs as text. See plan.h. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>

static char why[SIM_WHY_BYTES_MAX];

void sim_plan_init(struct sim_plan *p, const struct fp_alloc *memory)
{
	sim_scenario_init(&p->scenario);
	p->seed = p->scenario.seed;
	sim_changes_init(&p->changes, memory);
	p->has_begun = false;
}

void sim_plan_fini(struct sim_plan *p)
{
	sim_scenario_fini(&p->scenario, p->changes.memory);
	sim_changes_fini(&p->changes);
}

static bool is_whole(const char *text, uint64_t max, uint64_t *v)
{
	char *end;
	*v = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *v <= max;
}

static const char *take_seed(const char *value, uint64_t *seed)
{
	return is_whole(value, UINT64_MAX, seed) ? NULL : "a seed is a whole number";
}

static const char *begin(struct sim_plan *p)
{
	if (p->has_begun)
		return "a run has one scenario; another one was given before";
	p->has_begun = true;
	return NULL;
}

static const char *take_file(struct sim_plan *p, const char *path)
{
	const char *wrong = begin(p);
	if (wrong)
		return wrong;
	sim_scenario_fini(&p->scenario, p->changes.memory);
	sim_scenario_init(&p->scenario);
	bool is_read = sim_scenario_is_read(&p->scenario, p->changes.memory, path, why);
	p->seed = p->scenario.seed;
	return is_read ? NULL : why;
}

static const char *take_random(struct sim_plan *p, const char *value)
{
	const char *wrong = begin(p);
	if (!wrong)
		wrong = take_seed(value, &p->seed);
	if (!wrong)
		sim_scenario_random(&p->scenario, p->seed);
	return wrong;
}

/* "crash-in.0=17" */
static const char *take_change(struct sim_plan *p, enum sim_kind kind, const char *at, const char *value)
{
	uint64_t position, v;
	char digits[24];
	size_t len = (size_t)(value - 1 - at);
	snprintf(digits, sizeof digits, "%.*s", (int)(len < 23 ? len : 23), at);
	if (!is_whole(digits, UINT32_MAX - 1, &position) || !is_whole(value, UINT32_MAX, &v))
		return "a choice is KIND.POSITION=VALUE, both whole numbers";
	sim_changes_put(&p->changes, (struct sim_change){kind, (uint32_t)position, (uint32_t)v});
	return NULL;
}

/* "pool.max", or "max" where only one section has it. How many there are; the last of them. */
static int fields_named(const char *name, size_t len, struct sim_field *f)
{
	const char *dot = memchr(name, '.', len);
	int found = 0;
	if (dot)
		return sim_field_is_found(name, (size_t)(dot - name), dot + 1, len - (size_t)(dot + 1 - name), f);
	for (size_t i = 0; i < sim_fields(); i++) {
		struct sim_field one = sim_field(i);
		if (strlen(one.name) != len || memcmp(one.name, name, len) != 0)
			continue;
		*f = one;
		found++;
	}
	return found;
}

static const char *take_field(struct sim_plan *p, const char *word, const char *value)
{
	struct sim_field f;
	uint64_t v;
	int found = fields_named(word, (size_t)(value - 1 - word), &f);
	if (found > 1)
		snprintf(why, sizeof why, "%.80s: several sections have it; write it as %s.%s", word, f.section, f.name);
	if (found == 0)
		snprintf(why, sizeof why, "%.80s: no such name; `forkpool-sim fields` lists what there is", word);
	if (found != 1)
		return why;
	if (!sim_field_is_parsed(&f, value, strlen(value), &v, why))
		return why;
	sim_field_set(&p->scenario, &f, v);
	return NULL;
}

static const char *take(struct sim_plan *p, const char *word)
{
	const char *equals = strchr(word, '='), *dot = strchr(word, '.');
	enum sim_kind kind;
	if (!equals) {
		snprintf(why, sizeof why, "%.80s: expected NAME=VALUE", word);
		return why;
	}
	if (strncmp(word, "seed=", 5) == 0)
		return take_seed(equals + 1, &p->seed);
	if (strncmp(word, "scenario=", 9) == 0)
		return take_file(p, equals + 1);
	if (strncmp(word, "random=", 7) == 0)
		return take_random(p, equals + 1);
	if (dot && dot < equals && sim_kind_is_found(word, (size_t)(dot - word), &kind) && dot[1] >= '0' && dot[1] <= '9')
		return take_change(p, kind, dot + 1, equals + 1);
	return take_field(p, word, equals + 1);
}

const char *sim_plan_take(struct sim_plan *p, const char *words)
{
	char word[600];
	while (*(words += strspn(words, " \t\n"))) {
		size_t len = strcspn(words, " \t\n");
		snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), words);
		const char *wrong = take(p, word);
		if (wrong)
			return wrong;
		words += len;
	}
	return NULL;
}

const char *sim_plan_check(const struct sim_plan *p)
{
	return sim_scenario_is_valid(&p->scenario, why) ? NULL : why;
}

char *sim_plan_print(const struct sim_plan *p)
{
	size_t room = 80 + (sim_fields() + p->changes.n) * 100, n = 0;
	char *text = malloc(room), value[64];
	FP_ASSERT(text);
	for (size_t i = 0; i < sim_fields(); i++) {
		struct sim_field f = sim_field(i);
		uint64_t v = sim_field_get(&p->scenario, &f);
		if (v == f.usual)
			continue;
		sim_field_print(&f, v, value);
		n += (size_t)snprintf(text + n, room - n, "%s.%s=%s ", f.section, f.name, value);
	}
	for (size_t i = 0; i < p->changes.n; i++) {
		const struct sim_change *c = &p->changes.list[i];
		n += (size_t)snprintf(text + n, room - n, "%s.%u=%u ", sim_kind_name(c->kind), c->at, c->value);
	}
	snprintf(text + n, room - n, "seed=%llu", (unsigned long long)p->seed);
	return text;
}
