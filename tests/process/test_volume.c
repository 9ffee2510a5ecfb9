/* Much at a time: long arguments and results both ways at once, and very many short calls that wait. */
#include "rig.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((size_t)1 << 20)
#define LONG (64 * MIB) /* octets: of an argument, and of its result */
#define LOAD 8u

#define CALLS 100000u /* that wait */
#define SHORT 64u     /* octets: the payload of each */
#define EACH 300u     /* octets: what one may cost above its payload */

/* ---- long arguments and results ---- */

static uint8_t *long_octets;

static void number_octets(size_t i)
{
	memcpy(long_octets, &i, sizeof i);
	memcpy(long_octets + LONG - sizeof i, &i, sizeof i);
}

static void check_long(struct call *c)
{
	struct rig *r = c->rig;
	size_t i = 0;
	while (r->calls[i] != c)
		i++;
	assert_outcome(c, FP_OK, FP_NONE);
	assert_int_equal(c->len, LONG);
	number_octets(i);
	assert_int_equal(memcmp(c->text, long_octets, LONG), 0);
	free(c->text);
	c->text = NULL;
}

/* What the pool holds: the requests of all calls; while the next is made, a buffer that doubles as it grows, twice as long at
 * most; a buffer for the answer, likewise. The rig copies one answer. */
static void check_memory(long before_kib)
{
	long more_kib = memory_kib("VmHWM") - before_kib, most_kib = (long)((LOAD + 2 + 2 + 1) * LONG / 1024);
	print_message("%u calls of %zu MiB each way: %ld MiB at most\n", LOAD, LONG / MIB, more_kib / 1024);
	if (more_kib > most_kib)
		fail_msg("%ld KiB were taken, and %ld should do", more_kib, most_kib);
}

/* VmHWM begins anew, at what is held now. */
static void forget_peak(void)
{
	FILE *f = rig_must(fopen("/proc/self/clear_refs", "we"));
	fputs("5", f);
	assert_int_equal(fclose(f), 0);
}

static void saturate(const char *function, bool async)
{
	struct rig r;
	long_octets = rig_must(malloc(LONG));
	for (size_t i = 0; i < MIB; i++)
		long_octets[i] = (uint8_t)(i * 2654435761u >> 13);
	for (size_t at = MIB; at < LONG; at += MIB)
		memcpy(long_octets + at, long_octets, MIB);
	const struct fp_item items[] = {fp_item_str("echo"), {long_octets, LONG, FP_STRING}};
	rig_init(&r);
	r.options.async = async;
	r.options.max = 1;
	r.options.load = LOAD;
	r.on_told = check_long;
	forget_peak();
	long before_kib = memory_kib("VmHWM");
	rig_open(&r, function);
	for (size_t i = 0; i < LOAD; i++) {
		number_octets(i);
		rig_call_items(&r, NULL, items, 2);
	}
	rig_until(&r, r.n_told == LOAD);
	check_memory(before_kib);
	assert_true(rig_stats(&r).rx_bytes >= LOAD * LONG && rig_stats(&r).tx_bytes >= LOAD * LONG);
	rig_close(&r);
	free(long_octets);
}

static void a_sync_worker_saturated_both_ways_goes_on(void **state)
{
	(void)state;
	saturate("testworker", false);
}

static void an_async_worker_saturated_both_ways_goes_on(void **state)
{
	(void)state;
	saturate("testworker_async", true);
}

/* ---- many calls ---- */

struct count {
	struct ev_loop *loop;
	unsigned told[FP_OUTCOMES];
	unsigned destroyed;
};

static void on_result(void *data, const struct fp_result *result)
{
	struct count *c = data;
	c->told[result->outcome]++;
}

static void on_destroy(void *data)
{
	struct count *c = data;
	c->destroyed++;
	ev_break(c->loop, EVBREAK_ALL);
}

/* The address sanitizer has an allocator of its own, which counts by itself. */
#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

static size_t octets_held(void)
{
#ifdef __SANITIZE_ADDRESS__
	return __sanitizer_get_current_allocated_bytes();
#else
	return mallinfo2().uordblks;
#endif
}

static struct fp_pool *queue_many(struct count *c)
{
	static const char *const modules[] = {"testworker", NULL};
	struct fp_options o;
	char octets[SHORT] = "echo";
	const struct fp_item items[] = {fp_item_str("echo"), {octets, SHORT - 6, FP_STRING}}; /* 64 with their lengths */
	*c = (struct count){.loop = rig_must(ev_loop_new(EVFLAG_AUTO))};
	fp_options_init(&o);
	o.require = modules;
	o.load = 64;
	o.data = c;
	o.on_destroy = on_destroy;
	struct fp_pool *p = rig_must(fp_pool_new(c->loop, "testworker", &o, NULL));
	size_t before = octets_held();
	for (unsigned i = 0; i < CALLS; i++)
		assert_int_equal(fp_pool_call(p, items, 2, NULL, on_result, c, NULL), FP_NONE);
	double each = (double)(octets_held() - before) / CALLS - SHORT;
	print_message("a call that waits takes %.1f octets above its payload\n", each);
	assert_true(each > 0 && each <= EACH);
	return p;
}

static void await_end(struct count *c)
{
	ev_run(c->loop, 0);
	assert_int_equal(c->destroyed, 1);
	ev_loop_destroy(c->loop);
}

static void a_hundred_thousand_calls_wait_and_run(void **state)
{
	(void)state;
	struct count c;
	unsigned before = open_fds();
	fp_pool_destroy(queue_many(&c));
	await_end(&c);
	assert_int_equal(c.told[FP_OK], CALLS);
	assert_int_equal(open_fds(), before);
}

static void a_hundred_thousand_calls_wait_and_are_dropped(void **state)
{
	(void)state;
	struct count c;
	unsigned before = open_fds();
	fp_pool_abort(queue_many(&c));
	await_end(&c);
	assert_int_equal(c.told[FP_SHUTDOWN], CALLS);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sync_worker_saturated_both_ways_goes_on),
		cmocka_unit_test(an_async_worker_saturated_both_ways_goes_on),
		cmocka_unit_test(a_hundred_thousand_calls_wait_and_run),
		cmocka_unit_test(a_hundred_thousand_calls_wait_and_are_dropped),
	};
	return RUN(tests);
}
