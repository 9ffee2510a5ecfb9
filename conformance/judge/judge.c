/* One case to a verdict. See judge.h. */
#include "judge.h"

#include "play.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum fp_judgement judgement_of(enum fp_played how, enum fp_level level)
{
	if (how == FP_PLAYED_NOT)
		return FP_HARNESS;
	return level == FP_LEVEL_SHOULD || level == FP_LEVEL_UNSPECIFIED ? FP_WARN : FP_FAIL;
}

/* Takes over what the play has. */
static void verdict_take(struct fp_verdict *v, struct fp_play *p, const char *variant, enum fp_level level)
{
	v->judgement = judgement_of(p->how, level);
	v->is_late = p->how == FP_PLAYED_LATE;
	v->variant = fp_text("%s", variant);
	v->why = fp_text("%s", p->why);
	v->seen = p->seen.items;
	v->n_seen = p->seen.n;
	v->stderr_text = p->stderr_text;
	p->seen = (struct fp_seen_list){0};
	p->stderr_text = NULL;
}

/* Whether it was kept. */
static bool play(struct fp_verdict *v, const struct fp_case *c, const struct fp_testee *t, const struct fp_variant *how,
                 const char *name)
{
	struct fp_play p;
	fp_play_run(&p, c->of, t, how);
	v->plays++;
	bool is_kept = p.how == FP_PLAYED_KEPT;
	if (!is_kept)
		verdict_take(v, &p, name, c->level);
	fp_play_fini(&p);
	return is_kept;
}

static void harness(struct fp_verdict *v, char *why)
{
	v->judgement = FP_HARNESS;
	v->why = why;
}

void fp_judge_case(struct fp_verdict *v, const struct fp_case *c, const struct fp_testee *t, const char *variant)
{
	uint64_t start_ns = fp_now_ns();
	size_t len = fp_script_octets(c->of, t);
	uint64_t n = fp_variants_count(c->of->vary, len);
	v->judgement = FP_PASS;
	if (n > FP_VARIANTS_MAX) {
		harness(v, fp_text("it varies in %" PRIu64 " ways, more than %u", n, FP_VARIANTS_MAX));
		return;
	}
	for (uint64_t i = 0; i < n; i++) {
		char name[FP_VARIANT_NAME_MAX];
		struct fp_variant how = fp_variant_of(c->of->vary, len, i);
		fp_variant_name(&how, name);
		if ((!variant || !strcmp(variant, name)) && !play(v, c, t, &how, name))
			break;
	}
	if (!v->plays)
		harness(v, variant ? fp_text("there is no variant %s", variant) : fp_text("there is no way to vary %zu octets", len));
	v->time_ns = fp_now_ns() - start_ns;
}
