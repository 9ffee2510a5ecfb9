/* The options of a pool. See options.h; defaults are in forkpool.h. */
#include "options.h"

#include "serialiser.h"

#include <stdio.h>

#define LOAD_MAX 65536u /* calls: their ids are reserved with each worker */

void fp_options_init(struct fp_options *o)
{
	*o = (struct fp_options){.max = 8,
	                         .max_idle = 1,
	                         .load = 2,
	                         .idle_time_ns = FP_S,
	                         .frame_bytes_max = FP_FRAME_BYTES_MAX_DEFAULT,
	                         .grace_ns = FP_S,
	                         .profile = FP_NETWORK,
	                         .serialiser = "string"};
}

void fp_options_init_release(struct fp_options *o)
{
	fp_options_init(o);
	o->max = 4;
	o->max_idle = o->min_idle = 0;
	o->busy_time_ns = 100 * FP_MS;
	o->idle_time_ns = 10 * FP_S;
}

/* An option that must lie within bounds. */
struct bound {
	const char *name;
	uint64_t value, least, most;
};

static const char *check_bounds(const struct bound *b, size_t n)
{
	static char text[160];
	for (size_t i = 0; i < n; i++) {
		if (b[i].value >= b[i].least && b[i].value <= b[i].most)
			continue;
		snprintf(text, sizeof text, "%s: %llu is not from %llu to %llu", b[i].name, (unsigned long long)b[i].value,
		         (unsigned long long)b[i].least, (unsigned long long)b[i].most);
		return text;
	}
	return NULL;
}

const char *fp_options_check(const struct fp_options *o, const char *function)
{
	const struct bound bounds[] = {{"max", o->max, 1, UINT32_MAX - 1},
	                               {"load", o->load, 1, LOAD_MAX},
	                               {"min", o->min, 0, o->max},
	                               {"min_idle", o->min_idle, 0, o->max},
	                               {"frame_bytes_max", o->frame_bytes_max, 0, UINT32_MAX}};
	if ((function == NULL) == (o->command == NULL))
		return "function: either the name of one, or the option command";
	if (function && (strlen(function) == 0 || strlen(function) > 255))
		return "function: its name has 1 to 255 octets";
	if (o->init && strlen(o->init) > 255)
		return "init: its name has at most 255 octets";
	if (!o->serialiser || !fp_serialiser_by_name(o->serialiser))
		return "serialiser: string or json is expected";
	return check_bounds(bounds, sizeof bounds / sizeof bounds[0]);
}

struct fp_engine_config fp_options_config(const struct fp_options *o)
{
	return (struct fp_engine_config){
		.sched = {.min = o->min,
	                  .max = o->max,
	                  .min_idle = o->min_idle,
	                  .max_idle = o->max_idle,
	                  .load = o->load,
	                  .busy_time_ns = o->busy_time_ns,
	                  .idle_time_ns = o->idle_time_ns,
	                  .calls_max = o->calls_max},
		.wire = {o->profile, o->async, (uint32_t)o->frame_bytes_max, fp_serialiser_by_name(o->serialiser)},
		.queue_max = o->queue_max,
		.queue_bytes_max = o->queue_bytes_max,
		.limits = {o->queue_timeout_ns, o->run_timeout_ns, o->retries},
		.grace_ns = o->grace_ns,
		.trace = o->on_trace != NULL};
}
