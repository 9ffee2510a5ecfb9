/* Target: the simulator's reader of scenarios. Must not know what a scenario does. */
#include <string.h>

#include "../../sim/scenario.h"
#include "../rig/fault.h"
#include "../rig/memory.h"
#include "../rig/story.h"
#include "../target.h"

#define NAME "input"

const struct fp_fuzz_target fp_fuzz_target = {
	"scenario", FP_SHAPE_TEXT, "the JSON text of a scenario",
	"its numbers are within their limits, and print and read as the same; half a text is none; a fault has its place"};

static bool parse(struct sim_scenario *s, struct fp_memory *m, struct fp_span text, char why[SIM_WHY_BYTES_MAX])
{
	fp_memory_init(m, 0, text.len);
	sim_scenario_init(s);
	return sim_scenario_is_parsed(s, &m->alloc, NAME, text, why);
}

static void finish(struct sim_scenario *s, struct fp_memory *m)
{
	sim_scenario_fini(s, &m->alloc);
	fp_memory_fini(m);
}

static void check_numbers(const struct sim_scenario *s)
{
	char text[64], why[200];
	for (size_t i = 0; i < sim_fields(); i++) {
		struct sim_field f = sim_field(i);
		uint64_t value = sim_field_get(s, &f), again = 0;
		if (value < f.min || value > f.max)
			fp_fuzz_found("model", "a number is beyond its limits");
		sim_field_print(&f, value, text);
		if (!sim_field_is_parsed(&f, text, strlen(text), &again, why) || again != value)
			fp_fuzz_found("roundtrip", "a number is another when it is printed and read again");
	}
	if (!sim_scenario_is_valid(s, why))
		fp_fuzz_found("model", "a scenario is taken that is none");
}

/* Without its last brace, no text is an object. */
static void check_half(struct fp_span text)
{
	struct sim_scenario s;
	struct fp_memory m;
	char why[SIM_WHY_BYTES_MAX];
	while (text.len && text.data[text.len - 1] != '}')
		text.len--;
	text.len -= text.len > 0;
	if (parse(&s, &m, text, why))
		fp_fuzz_found("cuts", "half a text is a scenario");
	fp_fault_check(why, NAME, text.data, text.len);
	finish(&s, &m);
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct fp_span text = {len ? data : (const uint8_t *)"", len};
	struct sim_scenario s;
	struct fp_memory m;
	char why[SIM_WHY_BYTES_MAX];
	bool is_one = parse(&s, &m, text, why);
	if (is_one)
		check_numbers(&s);
	else
		fp_fault_check(why, NAME, text.data, text.len);
	finish(&s, &m);
	if (is_one)
		check_half(text);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *story)
{
	struct sim_scenario s;
	struct fp_memory m;
	char why[SIM_WHY_BYTES_MAX];
	bool is_one = parse(&s, &m, (struct fp_span){data, len}, why);
	fp_story_tell(story, is_one ? "  a scenario: %s\n" : "  refused: %s\n", is_one ? s.title : why);
	finish(&s, &m);
}
