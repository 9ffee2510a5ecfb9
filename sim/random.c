/* Random scenarios: few processes, few calls, small buffers, a random set of faults (swarm testing: a fault that is left out
 * lets others show). See scenario.h. */
#include "scenario.h"

static uint64_t choose(struct sim_choice *c, uint64_t n)
{
	return sim_choose(c, SIM_SETTING, n);
}

/* One of a list. */
#define ONE_OF(c, ...) one_of(c, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static uint64_t one_of(struct sim_choice *c, const uint64_t *list, size_t n)
{
	return list[choose(c, n)];
}

static void random_pool(struct sim_scenario *s, struct sim_choice *c)
{
	s->pool.max = 1 + choose(c, ONE_OF(c, 4, 4, 4, 16));
	s->pool.min = ONE_OF(c, 0, 0, 1, choose(c, s->pool.max + 1));
	s->pool.min_idle = ONE_OF(c, 0, 0, choose(c, s->pool.max + 1));
	s->pool.max_idle = ONE_OF(c, 0, 1, 2, 8);
	s->pool.load = ONE_OF(c, 1, 2, 2, 3, 8);
	s->pool.busy_time_ns = ONE_OF(c, 0, 0, FP_MS, 20 * FP_MS);
	s->pool.idle_time_ns = ONE_OF(c, 0, FP_MS, 50 * FP_MS, FP_S);
	s->pool.calls_max = ONE_OF(c, 0, 0, 0, 1, 3);
	s->pool.retries = ONE_OF(c, 0, 0, 1, 3);
	s->pool.queue_max = ONE_OF(c, 0, 0, 1, 5);
	s->pool.queue_bytes_max = ONE_OF(c, 0, 0, 0, 200);
	s->pool.queue_timeout_ns = ONE_OF(c, 0, 0, 0, 30 * FP_MS);
	s->pool.run_timeout_ns = ONE_OF(c, 0, 0, 0, 50 * FP_MS);
	s->pool.frame_bytes_max = ONE_OF(c, 1 << 20, 1 << 20, 300);
	s->pool.grace_ns = ONE_OF(c, FP_S, FP_S, 20 * FP_MS, 0);
	s->pool.async = choose(c, 2);
	s->pool.native = choose(c, 8) == 0;
}

static void random_work(struct sim_scenario *s, struct sim_choice *c)
{
	s->arrivals.jobs = 1 + choose(c, ONE_OF(c, 5, 20, 60));
	s->arrivals.kind = choose(c, SIM_TIMES);
	s->arrivals.every_ns = ONE_OF(c, 0, FP_MS, 10 * FP_MS, 100 * FP_MS);
	s->arrivals.burst = 1 + choose(c, 8);
	s->service.shape = choose(c, SIM_LISTED);
	s->service.mean_ns = ONE_OF(c, 0, FP_MS, 10 * FP_MS);
	s->service.share_ppm = 200000;
	s->size_bytes_max = ONE_OF(c, 0, 0, 20, 200, 20000);
	s->linger_ns = ONE_OF(c, 0, 10 * FP_MS, 3 * FP_S);
}

static void random_rest(struct sim_scenario *s, struct sim_choice *c)
{
	s->link.to_worker_bytes = ONE_OF(c, 65536, 65536, 1, 7, 50, 1000);
	s->link.to_pool_bytes = ONE_OF(c, 65536, 65536, 1, 7, 50, 1000);
	s->link.delay_ns = ONE_OF(c, 0, 20000, FP_MS);
	s->link.step_ns = ONE_OF(c, 1000, FP_MS, 10 * FP_MS);
	s->process.start_ns = ONE_OF(c, 0, FP_MS, 10 * FP_MS);
	s->process.told = choose(c, 4) != 0;
	if (s->size_bytes_max > 1000 && s->link.to_worker_bytes + s->link.to_pool_bytes < 1000)
		s->size_bytes_max = 200; /* thousands of octets one by one show nothing new */
}

void sim_scenario_random(struct sim_scenario *s, uint64_t seed)
{
	struct sim_choice c;
	sim_scenario_init(s);
	sim_choice_init(&c, seed, s->rates_ppm, NULL);
	random_pool(s, &c);
	random_work(s, &c);
	random_rest(s, &c);
	uint64_t one_in = ONE_OF(&c, 2, 4, 4, 10, 1000); /* of the kinds has a rate */
	for (unsigned k = SIM_DRAWS; k < SIM_KINDS; k++)
		if (!choose(&c, one_in))
			s->rates_ppm[k] = (uint32_t)ONE_OF(&c, 2000, 20000, 100000, 400000);
	s->rates_ppm[SIM_ROUND] *= 2; /* a chain of events at one and the same time is rare */
}
