/* A world for one sched. See sched.h. */
#include "sched.h"

#include "../rig/story.h"
#include "../target.h"

#define DECISIONS_MAX 1000u /* after one input */
#define JOBS_MAX 40u        /* that wait */
#define END_STEPS_MAX 2000u

struct world {
	struct fp_memory memory;
	struct fp_sched sched;
	struct fp_sched_model model;
	struct fp_sched_worker workers[FP_MODEL_WORKERS_MAX];
	uint32_t jobs[FP_MODEL_WORKERS_MAX]; /* given and not ended */
	unsigned n_workers;                  /* ever */
	uint32_t fail_next;                  /* starts that are to fail */
	struct fp_choices choices;
	struct fp_story *story;
};

static uint32_t choose(struct world *w, uint32_t n)
{
	return fp_choose(&w->choices, n);
}

static void tell(struct world *w, const char *what, uint64_t number)
{
	if (w->story)
		fp_story_tell(w->story, "  @%llu ns %s %llu\n", (unsigned long long)w->model.now_ns, what, (unsigned long long)number);
}

static struct fp_sched_config any_config(struct world *w)
{
	static const uint64_t times_ns[] = {0, 10 * FP_MS, 150 * FP_MS, FP_S, 1, UINT64_MAX};
	struct fp_sched_config c = {.max = 1 + choose(w, 5)}; /* one by one: compilers differ in the order within a list */
	c.load = 1 + choose(w, 3);
	c.min = choose(w, 4);
	c.min_idle = choose(w, 4);
	c.max_idle = choose(w, 4);
	c.busy_time_ns = times_ns[choose(w, 6)];
	c.idle_time_ns = times_ns[choose(w, 6)];
	c.calls_max = choose(w, 4) == 3 ? 1 + choose(w, 3) : 0;
	return c;
}

/* ---- decisions ---- */

static void fail_start(struct world *w)
{
	tell(w, "=> start fails", 0);
	fp_sched_start_failed(&w->sched);
	fp_sched_model_fail(&w->model);
}

static void on_start(struct world *w)
{
	if (w->model.n >= w->model.config.max)
		fp_fuzz_found("model", "a worker is started past max");
	if (w->fail_next || w->n_workers == FP_MODEL_WORKERS_MAX) {
		w->fail_next -= w->fail_next > 0;
		fail_start(w);
		return;
	}
	unsigned number = w->n_workers++;
	if (fp_sched_worker_add(&w->sched, &w->workers[number])) {
		if (!fp_memory_has_failed(&w->memory))
			fp_fuzz_found("allocation", "a worker is not added, though there is memory");
		fail_start(w);
		return;
	}
	tell(w, "=> start", number);
	fp_sched_model_add(&w->model, number);
}

static void on_give_up(struct world *w)
{
	tell(w, "=> give up", w->model.waiting);
	for (; w->model.waiting; w->model.waiting--, w->model.looks++)
		fp_sched_job_leave(&w->sched);
}

static enum fp_model_due due_of(const struct fp_decision *d)
{
	static const enum fp_model_due due[] = {FP_DUE_ASSIGN, FP_DUE_START, FP_DUE_STOP, FP_DUE_GIVE_UP};
	return due[d->kind];
}

static void answer(struct world *w, const struct fp_decision *d, const bool *candidates)
{
	unsigned number = d->worker ? (unsigned)(d->worker - w->workers) : 0;
	if (d->worker && !candidates[number])
		fp_fuzz_found("model", "a decision is about another worker");
	if (d->kind == FP_START_WORKER) {
		on_start(w);
	} else if (d->kind == FP_GIVE_UP) {
		on_give_up(w);
	} else if (d->kind == FP_ASSIGN) {
		tell(w, "=> give", number);
		w->jobs[number]++;
	} else {
		tell(w, "=> stop", number);
		fp_sched_model_stopped(&w->model, number);
	}
}

static void drain(struct world *w)
{
	bool candidates[FP_MODEL_WORKERS_MAX], is_more = true;
	for (unsigned i = 0; is_more; i++) {
		struct fp_decision d = {FP_START_WORKER, NULL};
		enum fp_model_due due = fp_sched_model_next(&w->model, candidates);
		is_more = fp_sched_next(&w->sched, &d);
		if (i == DECISIONS_MAX || (is_more ? due_of(&d) : FP_DUE_NOTHING) != due)
			fp_fuzz_found("model", "sched decides something else than the model");
		if (is_more)
			answer(w, &d, candidates);
	}
	uint64_t from_ns, to_ns, deadline_ns = fp_sched_deadline_ns(&w->sched);
	fp_sched_model_deadline_ns(&w->model, &from_ns, &to_ns);
	if (deadline_ns < from_ns || deadline_ns > to_ns || deadline_ns <= w->model.now_ns)
		fp_fuzz_found("model", "the deadline is not when something is due");
	if (fp_sched_workers(&w->sched) != w->model.n)
		fp_fuzz_found("model", "the number of workers is another");
}

/* ---- inputs ---- */

/* A worker with a job, or any; FP_MODEL_WORKERS_MAX: none. */
static unsigned any_worker(struct world *w, bool has_job)
{
	unsigned first = w->n_workers ? choose(w, w->n_workers) : 0;
	for (unsigned i = 0; i < w->n_workers; i++) {
		unsigned number = (first + i) % w->n_workers;
		if (!has_job || w->jobs[number])
			return number;
	}
	return FP_MODEL_WORKERS_MAX;
}

static void end_job(struct world *w, unsigned number)
{
	tell(w, "end of a job of", number);
	w->jobs[number]--;
	fp_sched_job_end(&w->sched, &w->workers[number]);
	fp_sched_model_end(&w->model, number);
	drain(w);
}

static void in_job(struct world *w)
{
	if (w->model.waiting == JOBS_MAX)
		return;
	tell(w, "job", 0);
	fp_sched_job_wait(&w->sched);
	w->model.waiting++;
	w->model.looks++;
}

static void in_end(struct world *w)
{
	unsigned number = any_worker(w, true);
	if (number < w->n_workers)
		end_job(w, number);
}

static void in_leave(struct world *w)
{
	if (!w->model.waiting)
		return;
	tell(w, "a job leaves", 0);
	fp_sched_job_leave(&w->sched);
	w->model.waiting--;
	w->model.looks++;
}

static void in_time(struct world *w)
{
	static const uint64_t steps_ns[] = {FP_MS, 50 * FP_MS, FP_S, 30 * FP_S, 0};
	uint64_t deadline_ns = fp_sched_deadline_ns(&w->sched), now_ns = w->model.now_ns;
	uint32_t c = choose(w, 8);
	if (c < 5)
		now_ns += steps_ns[c];
	else if (deadline_ns != FP_NEVER)
		now_ns = deadline_ns - (c == 5);
	fp_sched_tick(&w->sched, c == 7 && now_ns ? 0 : now_ns); /* time never goes back */
	if (c != 7)
		w->model.now_ns = now_ns;
	tell(w, "time", 0);
}

static void in_retire(struct world *w)
{
	unsigned number = any_worker(w, false);
	if (number == FP_MODEL_WORKERS_MAX || !w->workers[number].calls)
		return;
	tell(w, "retire", number);
	fp_sched_worker_remove(&w->sched, &w->workers[number]);
	fp_sched_model_retire(&w->model, number);
}

/* It dies; all its jobs end. */
static void lose(struct world *w, unsigned number)
{
	tell(w, "lose", number);
	fp_sched_worker_lose(&w->sched, &w->workers[number]);
	fp_sched_model_lose(&w->model, number);
	drain(w);
	while (w->jobs[number])
		end_job(w, number);
}

static void in_lose(struct world *w)
{
	unsigned number = any_worker(w, false);
	if (number == FP_MODEL_WORKERS_MAX)
		return;
	if (choose(w, 2))
		fail_start(w); /* it never answered */
	lose(w, number);
}

static void in_freeze(struct world *w)
{
	unsigned number = any_worker(w, choose(w, 4));
	if (number == FP_MODEL_WORKERS_MAX)
		return;
	tell(w, "freeze", number);
	fp_sched_worker_freeze(&w->sched, &w->workers[number]);
	fp_sched_model_freeze(&w->model, number);
}

static void in_prove(struct world *w)
{
	tell(w, "a worker answered", 0);
	fp_sched_start_proved(&w->sched);
	w->model.failures = w->model.pause_until_ns = 0;
}

static void in_failures(struct world *w)
{
	w->fail_next = choose(w, 8);
	tell(w, "starts to fail", w->fail_next);
}

static void in_no_memory(struct world *w)
{
	tell(w, "the next request for memory fails", 0);
	w->memory.fail_at = w->memory.requests + 1;
}

static void in_close(struct world *w)
{
	tell(w, "close", 0);
	fp_sched_close(&w->sched);
	w->model.closing = true;
	w->model.looks++;
}

static void step(struct world *w)
{
	static void (*const inputs[])(struct world *) = {in_time, in_job, in_job, in_end, in_end, in_job, in_time, in_time, in_leave,
	                                                 in_retire, in_lose, in_freeze, in_prove, in_failures, in_no_memory, in_close};
	inputs[choose(w, sizeof inputs / sizeof *inputs)](w);
	drain(w);
}

/* Time goes on, jobs end, frozen workers are lost: nothing is left. */
static void finish(struct world *w)
{
	w->fail_next = 0;
	in_close(w);
	drain(w);
	for (unsigned i = 0; w->model.n || w->model.waiting || fp_sched_deadline_ns(&w->sched) != FP_NEVER; i++) {
		if (i == END_STEPS_MAX)
			fp_fuzz_found("model", "a closed pool does not come to an end");
		unsigned number = any_worker(w, true);
		if (number < w->n_workers)
			end_job(w, number);
		else if (w->model.n && w->model.workers[w->model.order[0]].is_frozen)
			lose(w, w->model.order[0]);
		w->model.now_ns = fp_after(w->model.now_ns, 20 * FP_S);
		fp_sched_tick(&w->sched, w->model.now_ns);
		drain(w);
	}
}

void fp_sched_life(struct fp_choices choices, struct fp_story *story)
{
	static struct world w; /* large */
	w = (struct world){.choices = choices, .story = story};
	struct fp_sched_config config = any_config(&w);
	fp_memory_init(&w.memory, choose(&w, 8) == 7, 0); /* the very first request may fail */
	fp_sched_init(&w.sched, &w.memory.alloc, &config, 0);
	fp_sched_model_init(&w.model, &config);
	drain(&w);
	while (w.choices.len)
		step(&w);
	finish(&w);
	fp_sched_fini(&w.sched);
	fp_memory_fini(&w.memory);
}
