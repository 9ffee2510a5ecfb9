/* Runs in processes of their own. See attempt.h. */
#include "attempt.h"

#include "system.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FURTHER_PART 30u  /* of what the first run may take: what further ones may */
#define FURTHER_TIMES 20u /* and so many times what one took */

struct sim_attempt {
	struct sim_verdict verdict;
	size_t n; /* choices taken down */
	uint64_t first_ms, limit_ms, used_ms; /* of computing: what the first run may take, a run may, and the longest took */
	bool takes_all, takes_any;
	struct {
		struct sim_met met;
		uint32_t value;
	} choices[SIM_RECORDED_MAX];
};

struct sim_attempt *sim_attempt_new(uint64_t limit_ms)
{
	void *p = mmap(NULL, sizeof(struct sim_attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
	               -1, 0);
	struct sim_attempt *a = p;
	if (p == MAP_FAILED)
		return NULL;
	a->first_ms = a->limit_ms = limit_ms;
	return a;
}

void sim_attempt_free(struct sim_attempt *a)
{
	munmap(a, sizeof *a);
}

static void take_down(void *ctx, enum sim_kind kind, uint32_t at, uint64_t n, uint64_t value)
{
	struct sim_attempt *a = ctx;
	if ((!value && !a->takes_all) || a->n == SIM_RECORDED_MAX)
		return;
	a->choices[a->n].met = (struct sim_met){kind, at, n};
	a->choices[a->n++].value = (uint32_t)value;
}

static void run_here(struct sim_attempt *a, const struct sim_plan *p)
{
	struct sim_run run = {.scenario = &p->scenario, .seed = p->seed, .changes = &p->changes};
	if (a->takes_any) {
		run.see_choice = take_down;
		run.see_choice_ctx = a;
	}
	sim_system_limit(a->limit_ms);
	sim_world_run(&run, &sim_system_memory, &a->verdict);
}

static void run(struct sim_attempt *a, const struct sim_plan *p)
{
	a->n = 0;
	a->verdict = (struct sim_verdict){.broken = SIM_ASSERTION, .why = "the process that ran it ended by a signal"};
	pid_t pid = fork();
	if (pid == 0) {
		sim_system_no_core();
		run_here(a, p);
		_exit(0);
	}
	int status;
	struct rusage used;
	if (pid < 0)
		sim_system_give_up("fork");
	while (wait4(pid, &status, 0, &used) < 0)
		;
	uint64_t ms = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
	              (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
	if (WIFEXITED(status) && ms > a->used_ms)
		a->used_ms = ms;
	a->limit_ms = a->first_ms / FURTHER_PART + FURTHER_TIMES * a->used_ms;
}

const struct sim_verdict *sim_attempt_run(struct sim_attempt *a, const struct sim_plan *p)
{
	a->takes_any = a->takes_all = false;
	run(a, p);
	return &a->verdict;
}

const struct sim_verdict *sim_attempt_record(struct sim_attempt *a, struct sim_plan *p)
{
	a->takes_any = true;
	a->takes_all = false;
	run(a, p);
	p->changes.n = 0;
	p->seed = 0;
	for (size_t i = 0; i < a->n; i++)
		sim_changes_put(&p->changes,
		                (struct sim_change){a->choices[i].met.kind, a->choices[i].met.at, a->choices[i].value});
	return &a->verdict;
}

struct sim_met *sim_attempt_met(struct sim_attempt *a, const struct sim_plan *p, size_t *n)
{
	a->takes_any = a->takes_all = true;
	run(a, p);
	struct sim_met *met = sim_get(&sim_system_memory, (a->n + 1) * sizeof *met);
	for (*n = 0; *n < a->n; ++*n)
		met[*n] = a->choices[*n].met;
	return met;
}
