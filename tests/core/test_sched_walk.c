/* Random walks through sched: whatever comes in, the world's checks hold, every deadline is true, and the end is clean. */
#include "../rounds.h"
#include "sched_world.h"

#define WALKS 5000u
#define STEPS 60u

static uint32_t seed;

static uint32_t choose(uint32_t n) /* 0 to n - 1; xorshift */
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static struct fp_sched_config any_config(void)
{
	static const uint64_t times_ns[] = {0, 1, 10 * FP_MS, 150 * FP_MS, FP_S, UINT64_MAX};
	struct fp_sched_config config = {.min = choose(4), .max = 1 + choose(4), .min_idle = choose(4), .max_idle = choose(4),
		.load = 1 + choose(3)};
	config.busy_time_ns = times_ns[choose(6)];
	config.idle_time_ns = times_ns[choose(6)];
	config.calls_max = choose(3) ? 0 : 1 + choose(3);
	return config;
}

/* A worker with a job (or, where that does not matter, any that was ever added); 0: none. */
static uint32_t any_worker(const struct world *w, bool has_job)
{
	uint32_t first = w->n_workers ? choose(w->n_workers) : 0;
	for (uint32_t i = 0; i < w->n_workers; i++) {
		uint32_t number = 1 + (first + i) % w->n_workers;
		if (!has_job || w->jobs[number])
			return number;
	}
	return 0;
}

static void remove_any(struct world *w, uint32_t number)
{
	static void (*const ways[])(struct world *w, uint32_t number) = {world_retire, world_lose, world_lose_unproved};
	uint32_t way = choose(3);
	ways[way](w, number);
	while (way && w->jobs[number])
		world_end(w, number);
}

static void step(struct world *w)
{
	uint32_t number, what = choose(17);
	if (what < 4)
		world_jobs(w, 1 + choose(3));
	else if (what < 8 && (number = any_worker(w, true)))
		world_end(w, number);
	else if (what < 12)
		world_run(w, w->now_ns / FP_MS + 1 + choose(choose(2) ? 20 : 2000));
	else if (what == 12 && w->waiting)
		world_leave(w);
	else if (what == 13 && (number = any_worker(w, false)))
		remove_any(w, number);
	else if (what == 14 && (number = any_worker(w, true)))
		world_freeze(w, number);
	else if (what == 15)
		world_prove(w);
	else
		w->fail_next = choose(4);
}

/* A job, or else a frozen worker. */
static void end_any(struct world *w)
{
	uint32_t number = any_worker(w, true);
	if (number)
		world_end(w, number);
	for (number = 1; number <= w->n_workers; number++)
		if (w->frozen[number] && !w->jobs[number])
			world_lose(w, number);
}

static void end_all(struct world *w)
{
	w->fail_next = 0;
	world_close(w);
	for (uint32_t limit = WORLD_WORKERS * 10; w->waiting || w->n_members || world_outstanding(w); limit--) {
		assert_true(limit > 0);
		end_any(w);
		world_run(w, w->now_ns / FP_MS + 20000);
	}
	world_run(w, w->now_ns / FP_MS + 20000); /* the last tick of the clock of starts */
	world_expect_rest(w);
	world_free(w);
}

static void walk(uint32_t from)
{
	struct world w;
	seed = from;
	world_open(&w, any_config());
	for (uint32_t i = 0; i < STEPS && w.n_workers < WORLD_WORKERS - 20; i++) {
		step(&w);
		world_forget_story(&w);
	}
	end_all(&w);
}

static void all_walks_end_well(void **state)
{
	(void)state;
	for (uint32_t from = 1; from <= rounds(WALKS); from++)
		walk(from * 2654435761u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_walks_end_well),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
