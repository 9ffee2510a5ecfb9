/* Decisions from a list, a fuzzer's bytes or a seed. See choice.h. */
#include "choice.h"

#include "memory.h"

static const char *const names[SIM_KINDS] = {
	[SIM_ARRIVAL] = "arrival",
	[SIM_SERVICE] = "service",
	[SIM_SIZE] = "size",
	[SIM_SETTING] = "setting",
	[SIM_READ] = "read",
	[SIM_WRITE] = "write",
	[SIM_AGAIN] = "again",
	[SIM_DELAY] = "delay",
	[SIM_RESET] = "reset",
	[SIM_START_FAIL] = "start-fail",
	[SIM_START_SLOW] = "start-slow",
	[SIM_START_LATE] = "start-late",
	[SIM_TEMPLATE] = "template",
	[SIM_CRASH_IN] = "crash-in",
	[SIM_CRASH_OUT] = "crash-out",
	[SIM_CRASH_IDLE] = "crash-idle",
	[SIM_CRASH_BUSY] = "crash-busy",
	[SIM_STATUS] = "status",
	[SIM_HANG] = "hang",
	[SIM_SLOW] = "slow",
	[SIM_WRONG_ID] = "wrong-id",
	[SIM_TWICE] = "twice",
	[SIM_GARBAGE] = "garbage",
	[SIM_HUGE] = "huge",
	[SIM_EVENTS] = "events",
	[SIM_RETIRE] = "retire",
	[SIM_SHUT] = "shut",
	[SIM_STUBBORN] = "stubborn",
	[SIM_UNKILLABLE] = "unkillable",
	[SIM_STAY] = "stay",
	[SIM_HELD] = "held",
	[SIM_LINGER] = "linger",
	[SIM_TELL] = "tell",
	[SIM_ROUND] = "round",
	[SIM_NOMEM] = "nomem",
	[SIM_CHILD_NOMEM] = "child-nomem",
	[SIM_CANCEL] = "cancel",
	[SIM_LIMITS] = "limits",
	[SIM_NESTED] = "nested",
	[SIM_CLOSE] = "close",
	[SIM_ABORT] = "abort",
};

const char *sim_kind_name(enum sim_kind k)
{
	return names[k];
}

bool sim_kind_is_found(const char *name, size_t len, enum sim_kind *k)
{
	for (*k = 0; *k < SIM_KINDS; ++*k)
		if (strlen(names[*k]) == len && memcmp(names[*k], name, len) == 0)
			return true;
	return false;
}

/* ---- changes ---- */

void sim_changes_init(struct sim_changes *c, const struct fp_alloc *memory)
{
	*c = (struct sim_changes){.memory = memory};
}

void sim_changes_fini(struct sim_changes *c)
{
	fp_alloc_put(c->memory, c->list, c->cap * sizeof *c->list);
	sim_changes_init(c, c->memory);
}

static bool is_before(const struct sim_change *a, const struct sim_change *b)
{
	return a->kind != b->kind ? a->kind < b->kind : a->at < b->at;
}

void sim_changes_put(struct sim_changes *c, struct sim_change change)
{
	size_t i = c->n;
	while (i && is_before(&change, &c->list[i - 1]))
		i--;
	if (i && !is_before(&c->list[i - 1], &change)) {
		c->list[i - 1] = change;
		return;
	}
	c->list = sim_grow(c->memory, c->list, &c->cap, c->n, sizeof *c->list);
	memmove(c->list + i + 1, c->list + i, (c->n - i) * sizeof *c->list);
	c->list[i] = change;
	c->n++;
}

void sim_changes_copy(struct sim_changes *to, const struct sim_changes *from)
{
	to->n = 0;
	for (size_t i = 0; i < from->n; i++)
		sim_changes_put(to, from->list[i]);
}

/* ---- choices ---- */

void sim_choice_init(struct sim_choice *c, uint64_t seed, const uint32_t rates_ppm[SIM_KINDS],
                     const struct sim_changes *changes)
{
	*c = (struct sim_choice){.seed = seed, .rates_ppm = rates_ppm, .changes = changes};
	size_t i = 0;
	for (unsigned k = 0; changes && k < SIM_KINDS; k++) {
		while (i < changes->n && changes->list[i].kind < k)
			i++;
		c->next[k] = i;
		c->may_be[k] = i < changes->n && changes->list[i].kind == k;
	}
	for (unsigned k = 0; k < SIM_KINDS; k++)
		c->may_be[k] |= k < SIM_DRAWS || rates_ppm[k];
}

/* The last step of splitmix64: each bit of the input changes each bit of the output half of the time. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t scale(uint64_t bits32, uint64_t n)
{
	return bits32 * n >> 32;
}

static uint64_t from_seed(const struct sim_choice *c, enum sim_kind kind, uint32_t at, uint64_t n)
{
	uint64_t rate = kind < SIM_DRAWS ? SIM_SURE_PPM : c->rates_ppm[kind];
	if (!c->seed || !rate)
		return 0;
	uint64_t bits = mix(mix(c->seed) + ((uint64_t)kind << 32 | at) * 0x9e3779b97f4a7c15u);
	if (kind < SIM_DRAWS)
		return scale(bits >> 32, n);
	return scale(bits >> 32, SIM_SURE_PPM) < rate ? 1 + scale(bits & UINT32_MAX, n - 1) : 0;
}

static uint64_t from_bytes(struct sim_choice *c, enum sim_kind kind, uint64_t n)
{
	if ((kind >= SIM_DRAWS && !c->rates_ppm[kind]) || !c->bytes.len)
		return 0;
	uint8_t b = *c->bytes.data++;
	c->bytes.len--;
	return kind < SIM_DRAWS ? scale((uint64_t)b << 24, n) : b % n;
}

static const struct sim_change *changed(struct sim_choice *c, enum sim_kind kind, uint32_t at)
{
	const struct sim_changes *list = c->changes;
	if (!list || c->next[kind] == list->n)
		return NULL;
	const struct sim_change *change = &list->list[c->next[kind]];
	if (change->kind != kind || change->at != at)
		return NULL;
	c->next[kind]++;
	return change;
}

uint64_t sim_choose_any(struct sim_choice *c, enum sim_kind kind, uint64_t n)
{
	if (n < 2 || (c->is_quiet && kind >= SIM_DRAWS))
		return 0;
	uint32_t at = c->met[kind]++;
	const struct sim_change *change = changed(c, kind, at);
	uint64_t value;
	if (change)
		value = change->value < n ? change->value : n - 1;
	else
		value = c->has_bytes ? from_bytes(c, kind, n) : from_seed(c, kind, at, n);
	if (c->see)
		c->see(c->ctx, kind, at, n, value);
	return value;
}
