/* Measures a run through its trace. See replication.h. */
#include "replication.h"

#include "system.h"

#include <stdlib.h>

/* Calls in one place: how many at each time, summed over time; and what each call says that it spent there. */
struct place {
	uint64_t n, area_ns, spent_ns;
};

struct measuring {
	struct place line, process, system;
	uint64_t now_ns;
	uint64_t *waits_ns; /* of calls after the warm-up, in order of their outcomes */
	size_t skip, n;
};

static void pass_time(struct measuring *m, uint64_t now_ns)
{
	struct place *const places[] = {&m->line, &m->process, &m->system};
	for (size_t i = 0; i < 3; i++)
		places[i]->area_ns += places[i]->n * (now_ns - m->now_ns);
	m->now_ns = now_ns;
}

static void end_call(struct measuring *m, const struct sim_record *r)
{
	uint64_t wait_ns = r->b, run_ns = r->c;
	m->system.n--;
	m->line.spent_ns += wait_ns;
	m->system.spent_ns += wait_ns + run_ns;
	if (r->job > m->skip)
		m->waits_ns[m->n++] = wait_ns;
}

static void see(void *ctx, const struct sim_record *r)
{
	struct measuring *m = ctx;
	pass_time(m, r->at_ns);
	switch (r->what) {
	case SIM_SUBMIT:
		m->system.n++;
		m->line.n++;
		m->process.spent_ns += r->a;
		break;
	case SIM_BEGINS:
		m->line.n--;
		m->process.n++;
		break;
	case SIM_ANSWERS:
		m->process.n--;
		break;
	case SIM_OUTCOME:
		end_call(m, r);
		break;
	default:
		break;
	}
}

static bool is_equal(const struct place *p)
{
	return !p->n && p->area_ns == p->spent_ns;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void sum_up(const struct measuring *from, double above_ns, struct sim_measured *to)
{
	uint64_t sum_ns = 0, above = 0;
	for (size_t i = 0; i < from->n; i++) {
		sum_ns += from->waits_ns[i];
		above += (double)from->waits_ns[i] > above_ns;
	}
	qsort(from->waits_ns, from->n, sizeof *from->waits_ns, by_size);
	to->wait_mean_ns = (double)sum_ns / (double)from->n;
	to->share_above = (double)above / (double)from->n;
	to->wait_p95_ns = from->waits_ns[(from->n * 95 + 99) / 100 - 1];
	to->is_little = is_equal(&from->line) && is_equal(&from->process) && is_equal(&from->system);
}

void sim_replication_run(const struct sim_scenario *s, uint64_t seed, uint64_t warm_up_calls, double above_ns, struct sim_measured *to)
{
	const struct fp_alloc *memory = &sim_system_memory;
	size_t len = s->arrivals.jobs * sizeof(uint64_t);
	struct measuring m = {.waits_ns = sim_get(memory, len), .skip = warm_up_calls};
	struct sim_run run = {.scenario = s, .seed = seed, .see = see, .ctx = &m};
	struct sim_verdict v;
	sim_world_run(&run, memory, &v);
	*to = (struct sim_measured){.broken = v.broken};
	memcpy(to->why, v.why, sizeof to->why);
	if (m.n)
		sum_up(&m, above_ns, to);
	fp_alloc_put(memory, m.waits_ns, len);
}
