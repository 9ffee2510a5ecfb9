/* Target: a pool in the simulator's world, where the input decides all that is not determined: which scenario, which faults,
 * when. The simulator's oracle judges. Then, by the same octets from their end, a pool whose host does whatever it may.
 * Must not know how a pool decides. */
#include <inttypes.h>
#include <stdio.h>

#include "../../sim/system.h"
#include "../../sim/world.h"
#include "../owners/engine.h"
#include "../rig/story.h"
#include "../target.h"

#define AGAIN_ONE_IN 8u /* worlds are gone through twice, to see that their traces are the same */
#define SEED_BYTES 2u /* at the beginning: of the random scenario; the rest are its choices */

const struct fp_fuzz_target fp_fuzz_target = {
	"engine", FP_SHAPE_CHOICES, "choices: a scenario, then every fault and every moment of it",
	"the promises of a pool, by the simulator's oracle; the same choices give the same trace; any host ends clean"};

static void run(const uint8_t *data, size_t len, struct sim_verdict *v)
{
	struct sim_scenario s;
	size_t head = len < SEED_BYTES ? len : SEED_BYTES;
	uint64_t seed = 0;
	for (size_t i = 0; i < head; i++)
		seed = seed << 8 | data[i];
	sim_scenario_random(&s, 1 + seed);
	struct sim_run r = {.scenario = &s, .seed = 1, .bytes = {len > head ? data + head : (const uint8_t *)"", len - head}};
	sim_world_run(&r, &sim_system_memory, v);
	sim_scenario_fini(&s, &sim_system_memory);
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct sim_verdict v, again;
	char what[300];
	run(data, len, &v);
	if (v.broken) {
		snprintf(what, sizeof what, "%s: %s", sim_promise_name(v.broken), v.why);
		fp_fuzz_found("model", what);
	}
	if (v.hash % AGAIN_ONE_IN == 0) {
		run(data, len, &again);
		if (again.hash != v.hash)
			fp_fuzz_found("model", "the same choices give another trace");
	}
	fp_engine_life((struct fp_choices){data, len});
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *story)
{
	struct sim_verdict v;
	run(data, len, &v);
	fp_story_tell(story, "  %" PRIu64 " calls, %" PRIu64 " events, trace %016" PRIx64 "\n", v.calls, v.events, v.hash);
	if (v.broken)
		fp_story_tell(story, "  %s: %s\n", sim_promise_name(v.broken), v.why);
}
